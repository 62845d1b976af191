"""Signing in with the passkey: where it leads, and what is not told before."""

import pytest
from playwright.sync_api import expect

from tests.browser.asking import DESCRIPTION, LABELS, Request
from tests.browser.conftest import MakePhone
from tests.browser.phone import Phone
from tests.harness.stack import Stack

LIES = ("isBogusSignature", "isBadUV", "isBadUP")


def test_an_approval_link_leads_through_sign_in_to_the_request(phone: Phone, asked: Request) -> None:
    """Before the sign-in, nothing of the transaction is in what the server sends."""
    sent: list[str] = []
    phone.page.on("response", lambda response: sent.append(response.text()) if response.ok else None)
    phone.page.goto(asked.url)
    expect(phone.page).to_have_url(f"{phone.origin}/sign-in?next=/approve/{asked.handle}")
    expect(phone.page.locator("main")).to_contain_text("A request waits for your answer.")
    phone.page.wait_for_load_state("networkidle")
    assert sent
    secrets = ("青葉建設", DESCRIPTION, *LABELS, *(digest.hex()[:4] for digest in asked.digests))
    assert [secret for secret in secrets if secret in "".join(text for text in sent if "<html" in text)] == []
    refused = phone.context.request.get(asked.url, headers={"Accept": "application/json"})
    assert (refused.status, refused.json()) == (401, {"error": "session_required"})

    phone.sign_in()
    assert phone.page.url == asked.url
    phone.shows("You are asked to sign")


@pytest.mark.parametrize("elsewhere", ["https://elsewhere.example/", "//elsewhere.example", "/approve/../../sign-out", "javascript:alert(1)"])
def test_sign_in_leads_nowhere_else(phone: Phone, elsewhere: str) -> None:
    """A link that names another place after sign-in leads to the start page."""
    phone.page.goto(f"/sign-in?next={elsewhere}")
    phone.sign_in()
    assert phone.page.url == f"{phone.origin}/"


def test_sign_out_ends_the_session(phone: Phone, asked: Request) -> None:
    """Afterwards the same link asks for the passkey again."""
    phone.open("/")
    phone.tap("Sign out")
    phone.page.wait_for_url("**/sign-in")
    phone.page.goto(asked.url)
    phone.shows("Sign in")


def test_a_session_that_ended_elsewhere_leads_back_through_sign_in(phone: Phone, asked: Request) -> None:
    """The open approval page goes to the sign-in page and comes back; nothing was decided."""
    phone.open(asked.url)
    phone.context.clear_cookies()
    with phone.page.expect_navigation(url="**/sign-in?next=*"):
        phone.tap("Decline")
    phone.sign_in()
    assert phone.page.url == asked.url
    phone.shows("You are asked to sign")


def test_another_person_sees_no_such_page(stack: Stack, make_phone: MakePhone, asked: Request) -> None:
    """Someone else's request looks like one that never was."""
    other = make_phone()
    other.enroll(stack.enrollment_url(name="鈴木 花子"))
    other.page.goto(asked.url)
    other.shows("There is no such page")
    assert "青葉" not in other.page.content()


@pytest.mark.parametrize("lie", LIES)
def test_a_passkey_answer_that_does_not_verify_signs_nobody_in(phone: Phone, lie: str) -> None:
    """The page says what to do; with the right answer it goes on, without a reload."""
    phone.page.goto("/sign-in")
    phone.page.wait_for_load_state("networkidle")
    phone.authenticator.lie(**{lie: True})
    phone.tap("Sign in")
    phone.says("This passkey cannot sign in here. Try again and choose the one you registered")
    assert phone.context.cookies() == []
    phone.authenticator.lie()
    phone.can_tap("Sign in")
    phone.sign_in()
    phone.shows("Waiting for you")


def test_a_person_who_is_not_recognized_is_not_signed_in(phone: Phone) -> None:
    """The page says that the passkey was not confirmed; once recognized, it goes on."""
    phone.page.goto("/sign-in")
    phone.page.wait_for_load_state("networkidle")
    phone.authenticator.verify_user(False)
    phone.tap("Sign in")
    phone.says("You are not signed in yet.")
    assert phone.context.cookies() == []
    phone.authenticator.verify_user(True)
    phone.can_tap("Sign in")
    phone.sign_in()
    phone.shows("Waiting for you")
