"""The number on the application's screen, typed on the phone: it binds the two screens."""

from playwright.sync_api import expect

from tests.browser.asking import Request
from tests.browser.phone import Phone


def test_a_wrong_number_can_be_corrected(phone: Phone, careful_request: Request) -> None:
    """The page says how many tries are left, empties the field, and takes the right number without a reload."""
    phone.page.goto(careful_request.url)
    type_code(phone, careful_request.wrong_code())
    phone.says("Tries left: 2")
    code = phone.page.get_by_label("The number shown on your computer")
    expect(code).to_have_value("")
    expect(code).to_be_focused()
    type_code(phone, careful_request.code)
    phone.shows("Approved")
    careful_request.signatures_verify()


def test_the_number_is_asked_for_before_the_passkey(phone: Phone, careful_request: Request) -> None:
    """Nothing is sent without it."""
    phone.page.goto(careful_request.url)
    phone.tap("Approve")
    phone.says("First enter the 2-digit number.")
    assert careful_request.is_open()


def test_the_third_wrong_number_ends_the_request(phone: Phone, careful_request: Request) -> None:
    """Both sides are told that the number was the reason."""
    phone.page.goto(careful_request.url)
    for left in (2, 1):
        type_code(phone, careful_request.wrong_code())
        phone.says(f"Tries left: {left}")
        phone.can_tap("Approve")
    type_code(phone, careful_request.wrong_code())
    phone.shows("The number was wrong too often")
    told = careful_request.check()
    assert (told["error"], told["reason"]) == ("access_denied", "wrong_code")


def type_code(phone: Phone, code: str | None) -> None:
    assert code is not None
    phone.page.get_by_label("The number shown on your computer").fill(code)
    phone.tap("Approve")
