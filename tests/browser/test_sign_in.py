"""Signing in with the passkey: where it leads, and what is not told before."""

from playwright.sync_api import expect

from tests.browser.asking import DESCRIPTION, LABELS, Request
from tests.browser.conftest import MakePhone, Person
from tests.browser.phone import Phone

ELSEWHERE = ("https://elsewhere.example/", "//elsewhere.example", "/approve/../../sign-out", "javascript:alert(1)")


def test_an_approval_link_leads_through_sign_in_to_the_request(signed_out_phone: Phone, asked: Request) -> None:
    """Before the sign-in, nothing of the transaction is in what the server sends."""
    phone = signed_out_phone
    pages: list[str] = []
    phone.page.on(
        "response", lambda response: pages.append(response.text()) if response.request.is_navigation_request() and response.ok else None
    )
    phone.open_sign_in(asked.url)
    expect(phone.page).to_have_url(f"{phone.origin}/sign-in?next=/approve/{asked.handle}")
    expect(phone.page.locator("main")).to_contain_text("A request waits for your answer.")
    (page,) = pages
    secrets = ("青葉建設", DESCRIPTION, *LABELS, "山田", *(digest.hex()[:8] for digest in asked.digests))
    assert [secret for secret in secrets if secret in page] == []
    refused = phone.context.request.get(asked.url, headers={"Accept": "application/json"})
    assert (refused.status, refused.json()) == (401, {"error": "session_required"})

    phone.sign_in()
    assert phone.page.url == asked.url
    phone.shows("You are asked to sign")


def test_sign_in_leads_nowhere_else(signed_out_phone: Phone) -> None:
    """A link that names another place for afterwards leads to the start page."""
    for elsewhere in ELSEWHERE:
        signed_out_phone.open_sign_in(f"/sign-in?next={elsewhere}")
        signed_out_phone.sign_in()
        assert signed_out_phone.page.url == f"{signed_out_phone.origin}/"


def test_sign_out_ends_the_session(signed_out_phone: Phone, asked: Request) -> None:
    """Afterwards the same link asks for the passkey again."""
    phone = signed_out_phone
    phone.open_sign_in()
    phone.sign_in()
    phone.tap("Sign out")
    phone.page.wait_for_url("**/sign-in")
    phone.page.goto(asked.url)
    phone.shows("Sign in")


def test_a_session_that_ended_leads_back_through_sign_in(phone: Phone, asked: Request) -> None:
    """The open approval page goes to the sign-in page and comes back; nothing was decided."""
    phone.page.goto(asked.url)
    phone.context.clear_cookies()
    with phone.page.expect_response("**/sign-in/options"):
        phone.tap("Decline")
    phone.sign_in()
    assert phone.page.url == asked.url
    phone.shows("You are asked to sign")


def test_another_person_sees_no_such_page(make_phone: MakePhone, hanako: Person, asked: Request) -> None:
    """Someone else's request looks like one that never was."""
    phone = make_phone()
    phone.context.add_cookies(hanako.session)
    phone.page.goto(asked.url)
    phone.shows("There is no such page")
    assert "青葉" not in phone.page.content()


def test_a_passkey_answer_that_does_not_verify_signs_nobody_in(signed_out_phone: Phone) -> None:
    """The page says what to do; with the right answer it goes on, without a reload."""
    phone = signed_out_phone
    phone.open_sign_in()
    for lie in ("isBogusSignature", "isBadUV", "isBadUP"):
        phone.authenticator.lie(**{lie: True})
        phone.tap("Sign in")
        phone.says("This passkey cannot sign in here. Try again and choose the one you registered")
        phone.can_tap("Sign in")
        phone.authenticator.lie(**{lie: False})
    phone.authenticator.change_passkey(backupEligibility=True)  # so it is not the one that was registered
    phone.tap("Sign in")
    phone.says("This passkey cannot sign in here.")
    phone.can_tap("Sign in")
    phone.authenticator.change_passkey(backupEligibility=False)
    assert phone.context.cookies() == []
    phone.sign_in()
    phone.shows("Waiting for you")


def test_a_person_who_is_not_recognized_is_not_signed_in(signed_out_phone: Phone) -> None:
    """The page says that the passkey was not confirmed; once recognized, it goes on."""
    phone = signed_out_phone
    phone.open_sign_in()
    phone.authenticator.verify_user(False)
    phone.tap("Sign in")
    phone.says("You are not signed in yet.")
    assert phone.context.cookies() == []
    phone.authenticator.verify_user(True)
    phone.can_tap("Sign in")
    phone.sign_in()
    phone.shows("Waiting for you")
