"""The end of enrolment: signed in at once, led to a second way, which is chosen or put off; the start page reminds until then."""

from pathlib import Path

import pytest

from tests.flow.browser import Browse, Browser, link_of
from tests.flow.parties import Person, new_enrollment_url
from tests.flow.test_set_otp import set_token, told
from tests.harness.authenticator import delivered
from tests.harness.stack import Stack

REMINDER = "Still to do: choose a second way"


@pytest.fixture
def browser(otp_stack: Stack, browse: Browse) -> Browser:
    """Somebody who has just enrolled, with this browser, and has signed in by nothing else."""
    browser = browse(otp_stack)
    assert browser.register(link_of(new_enrollment_url(otp_stack))).json()["here"] is True
    return browser


def reminds(browser: Browser) -> bool:
    return REMINDER in browser.get("/", Accept_Language="en").text


def ways(browser: Browser) -> dict[str, object]:
    answer = browser.get("/second-way", Accept="application/json")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_enrolment_leads_to_a_second_way(otp_stack: Stack, browser: Browser) -> None:
    """The page is there at once, without signing in; every way that the key allows, and later, with its risk."""
    assert 'href="/second-way"' in browser.get("/enroll").text
    page = browser.get("/second-way", Accept_Language="en").text
    assert all(f'href="{way}"' in page for way in ("/account/add", "/account/otp", "/account/recovery"))
    assert "you cannot sign any more" in page
    assert ways(browser) == {"devices": 1, "otp": False, "codes": 0, "there": False, "next": "/receipt"}


def test_key_for_passkeys_only_is_not_offered_a_pin(stack: Stack, browse: Browse) -> None:
    browser = browse(stack, Person(stack).passkey).signed_in()
    assert ways(browser)["otp"] is None
    assert "/account/otp" not in browser.get("/second-way").text
    assert reminds(browser)


def test_start_page_reminds_until_it_is_put_off(browser: Browser) -> None:
    """As often as it is put off; the account page goes on to say that there is one device only."""
    assert reminds(browser)
    for _ in range(2):
        assert told(browser.post("/second-way", {})) == (200, {"next": "/receipt"})
    assert not reminds(browser)
    assert "You have one device only" in browser.get("/account", Accept_Language="en").text
    assert ways(browser)["there"] is False


def test_second_device_ends_the_reminder(otp_stack: Stack, browse: Browse) -> None:
    person = Person(otp_stack)
    browser = browse(otp_stack, person.passkey).signed_in()
    assert reminds(browser)
    person.add_phone("Tablet")
    assert not reminds(browser)
    assert (ways(browser)["devices"], ways(browser)["there"]) == (2, True)


def test_pin_and_token_end_the_reminder(otp_stack: Stack, browser: Browser, tmp_path: Path) -> None:
    """And bring it back when the token is removed, unless it was put off; the page leads back to the choice only while that is open."""
    assert 'href="/second-way"' in browser.get("/account/otp").text
    token_id = set_token(browser, delivered(otp_stack, tmp_path)[0])
    assert not reminds(browser)
    assert "You have one device only" not in browser.get("/account", Accept_Language="en").text
    browser.change("remove_otp", token_id)
    assert reminds(browser)
    browser.post("/second-way", {})
    assert 'href="/second-way"' not in browser.get("/account/otp").text


def test_putting_off_is_each_signers_own(otp_stack: Stack, browser: Browser, browse: Browse) -> None:
    """Nor does a page of another site, or somebody without a session, do it."""
    other = browse(otp_stack, Person(otp_stack).passkey).signed_in()
    other.post("/second-way", {})
    assert browser.post("/second-way", {}, Origin="https://evil.example").status_code == 403
    assert browse(otp_stack).post("/second-way", {}).status_code == 401
    assert reminds(browser)


def test_who_ended_it_from_elsewhere_signs_in_first(otp_stack: Stack, browse: Browse) -> None:
    """Without the new passkey's answer there is no session: the page leads to the sign-in, and from there on."""
    begun, elsewhere = browse(otp_stack), browse(otp_stack)
    link = link_of(new_enrollment_url(otp_stack))
    offered = begun.post("/enroll/options", {"link": link}).json()
    made = begun.passkey.create(offered["publicKey"], otp_stack.origin)
    assert begun.post("/enroll/key", {"link": link, "credential": made}).status_code == 200
    ended = elsewhere.enroll(link)
    assert (ended.json()["here"], "set-cookie" in ended.headers) == (False, False)
    asked = elsewhere.get("/second-way")
    assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in?next=/second-way")
    assert begun.signed_in().get("/second-way").status_code == 200
