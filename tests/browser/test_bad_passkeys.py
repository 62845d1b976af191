"""Approving with an authenticator that lies or does not know its user: refused each time, said in words, and nothing is approved."""

import pytest

from tests.browser.asking import Request
from tests.browser.phone import Phone

NOT_VERIFIED = "Not approved: the passkey could not be verified. Try again with the passkey you registered on this phone."
NOT_CONFIRMED = "Not approved yet: the passkey was not confirmed. Tap Approve to try again."


@pytest.mark.parametrize("lie", ["isBogusSignature", "isBadUV", "isBadUP"])
def test_an_answer_that_does_not_verify_approves_nothing(phone: Phone, asked: Request, lie: str) -> None:
    """The page says what to do, and the right answer approves without a reload."""
    phone.page.goto(asked.url)
    phone.authenticator.lie(**{lie: True})
    phone.tap("Approve")
    phone.says(NOT_VERIFIED)
    assert asked.is_open()
    phone.authenticator.lie()
    approves_after_all(phone, asked)


def test_a_person_who_is_not_recognized_approves_nothing(phone: Phone, asked: Request) -> None:
    """The browser gives no answer at all; the page says that nothing is approved yet."""
    phone.page.goto(asked.url)
    phone.authenticator.verify_user(False)
    phone.tap("Approve")
    phone.says(NOT_CONFIRMED)
    assert asked.is_open()
    phone.authenticator.verify_user(True)
    approves_after_all(phone, asked)


def test_a_passkey_whose_backup_eligibility_changed_approves_nothing(phone: Phone, asked: Request) -> None:
    """It can't be the passkey that was registered (WebAuthn L3 §7.2 step 18)."""
    phone.page.goto(asked.url)
    phone.authenticator.change_passkey(backupEligibility=True)
    phone.tap("Approve")
    phone.says(NOT_VERIFIED)
    assert asked.is_open()
    phone.authenticator.change_passkey(backupEligibility=False)
    approves_after_all(phone, asked)


def approves_after_all(phone: Phone, request: Request) -> None:
    phone.can_tap("Approve")
    phone.tap("Approve")
    phone.shows("Approved")
    request.signatures_verify()
