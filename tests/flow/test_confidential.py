"""Confidential requests: what they are about is shown to nobody whose passkey was not seen just now."""

import pytest

from tests.flow.browser import Browse, Browser
from tests.flow.parties import Person
from tests.harness.sessions import age_session
from tests.harness.stack import Application, Stack

SECRETS = ("Sale of the house", "deed.pdf")


@pytest.fixture
def person(stack: Stack) -> Person:
    return Person(stack)


@pytest.fixture
def browser(stack: Stack, person: Person, browse: Browse) -> Browser:
    return browse(stack, person.passkey).signed_in()


def ask(shop: Application, person: Person) -> str:
    fields = {"description": SECRETS[0], "documentLabels": [SECRETS[1]], "confidential": True}
    return str(shop.authorize(person.credential_id, **fields)["handle"])


def grow_old(browser: Browser, seconds: int) -> None:
    age_session(browser.stack, browser.http.cookies["natsuin"], seconds)


def shown(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text]


def test_start_page_says_that_it_is_there_and_no_more(shop: Application, person: Person, browser: Browser) -> None:
    ask(shop, person)
    page, listed = browser.get("/"), browser.get("/inbox", Accept="application/json")
    assert shown(page.text + listed.text) == []
    assert [(one["confidential"], one["documents"]) for one in listed.json()["waiting"]] == [(True, 1)]


def test_after_a_fresh_sign_in_it_is_open(shop: Application, person: Person, browser: Browser) -> None:
    """No tap more than any other request takes."""
    handle = ask(shop, person)
    assert shown(browser.get(f"/approve/{handle}").text) == list(SECRETS)
    assert browser.approve(handle).json() == {"state": "approved"}


def test_later_the_passkey_opens_it_again(shop: Application, person: Person, browser: Browser) -> None:
    """Neither page nor program reads it before; afterwards both do."""
    handle = ask(shop, person)
    grow_old(browser, 301)
    closed = browser.get(f"/approve/{handle}")
    assert (closed.status_code, shown(closed.text)) == (200, [])
    assert "A confidential request" in closed.text
    refused = browser.get(f"/approve/{handle}", Accept="application/json")
    assert (refused.status_code, refused.json()) == (403, {"error": "passkey_needed"})
    assert shown(browser.signed_in().get(f"/approve/{handle}").text) == list(SECRETS)


def test_its_end_does_not_tell_it_either(shop: Application, person: Person, browser: Browser) -> None:
    handle = ask(shop, person)
    grow_old(browser, 301)
    assert browser.refuse(handle).json()["state"] == "refused"
    assert shown(browser.get(f"/approve/{handle}").text) == []


def test_other_requests_need_no_fresh_sign_in(shop: Application, person: Person, browser: Browser) -> None:
    handle = shop.authorize(person.credential_id, description=SECRETS[0])["handle"]
    grow_old(browser, 301)
    assert shown(browser.get(f"/approve/{handle}").text) == [SECRETS[0]]
