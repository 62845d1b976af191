"""The signer says no: *Decline*, and *I did not expect this*."""

from playwright.sync_api import expect

from tests.browser.asking import Request
from tests.browser.conftest import Person
from tests.browser.phone import Phone
from tests.harness.stack import Application


def test_a_declined_request_ends_for_both_sides(phone: Phone, asked: Request) -> None:
    """Declining needs no passkey; the application is told that it was refused, and why."""
    phone.page.goto(asked.url)
    phone.tap("Decline")
    phone.shows("Declined")
    assert_refused(asked, phone, "declined")


def test_an_unexpected_request_is_refused_and_reported(shop: Application, old_phone: Phone, newcomer: Person) -> None:
    """One question in between; going back from it decides nothing."""
    phone, asked = old_phone, Request(shop, newcomer.credential_id)  # a second report of anybody would freeze the key
    phone.page.goto(asked.url)
    phone.tap("I did not expect this")
    phone.tap("Go back")
    expect(phone.page.get_by_role("dialog")).to_be_hidden()
    assert phone.facts(asked.url)["state"] == "pending"
    phone.tap("I did not expect this")
    phone.tap("Refuse and report")
    phone.shows("Refused and reported")
    assert_refused(asked, phone, "not_me")


def assert_refused(request: Request, phone: Phone, reason: str) -> None:
    told = request.check()
    assert (told["error"], told["reason"]) == ("access_denied", reason)
    facts = phone.facts(request.url)
    assert (facts["state"], facts["reason"], facts["publicKey"]) == ("refused", reason, None)
