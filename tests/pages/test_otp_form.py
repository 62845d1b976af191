"""The fields for PIN and one-time password, on the approval page and on the sign-in page; the server's answers are canned."""

import pytest
from playwright.sync_api import Locator, Page, expect

from .browsing import answer, reloads

REFUSED = (403, {"error": "otp_refused", "tries_left": 3})
OPENS = "Approve without the phone: PIN and one-time password"
SIGNS_IN = "Without your phone: PIN and one-time password"


def fields(page: Page) -> tuple[Locator, Locator]:
    return page.get_by_label("Your PIN for this service"), page.get_by_label("One-time password", exact=True)


def fill(page: Page, pin: str = "739154", code: str = "123456") -> None:
    for field, text in zip(fields(page), (pin, code), strict=True):
        field.fill(text)


def says(page: Page, sentence: str) -> None:
    expect(page.locator("#otp-say")).to_contain_text(sentence)


def test_it_is_offered_and_never_opens_by_itself(page: Page) -> None:
    page.goto("/approve-otp?lang=en")
    pin, code = fields(page)
    expect(pin).to_be_hidden()
    page.get_by_text(OPENS).click()
    expect(code).to_be_visible()
    expect(page.get_by_role("button", name="Approve", exact=True)).to_be_hidden()


def test_a_keyboard_opens_fills_and_sends_it(page: Page) -> None:
    """Digits of any width, and in groups; Enter sends them, and the fields are empty then."""
    sent = answer(page, "/approve-otp", REFUSED, (200, {"state": "approved"}))
    page.goto("/approve-otp?lang=en")
    page.locator("#code").fill("47")
    page.get_by_text(OPENS).focus()
    page.keyboard.press("Enter")
    fill(page, "７３９１５４", "123 456")
    page.keyboard.press("Enter")
    says(page, "The PIN or the one-time password is wrong.")
    says(page, "Tries left: 3")
    for field in fields(page):
        expect(field).to_have_value("")
        expect(field).to_have_attribute("aria-invalid", "true")
    expect(fields(page)[0]).to_be_focused()
    fill(page)
    expect(fields(page)[1]).not_to_have_attribute("aria-invalid", "true")
    reloads(page, lambda: page.keyboard.press("Enter"))
    assert sent == [{"otp": {"token_id": f"{'totp':T<22}", "pin": "739154", "code": "123456"}, "code": "47"}] * 2


@pytest.mark.parametrize(("pin", "code"), [("", "123456"), ("739154", ""), ("abc", "123456"), ("739154", "12a456")])
def test_what_is_missing_is_said_before_anything_is_sent(page: Page, pin: str, code: str) -> None:
    sent = answer(page, "/approve-visiting", (200, {"state": "approved"}))
    page.goto("/approve-visiting?lang=en")
    page.locator("#code").fill("47")
    fill(page, pin, code)
    page.get_by_role("button", name="Approve").click()
    says(page, "Enter your PIN and the one-time password, both in digits.")
    wrong = fields(page)[0 if not pin.isdigit() else 1]
    expect(wrong).to_have_attribute("aria-invalid", "true")
    expect(wrong).to_be_focused()
    assert sent == []


def test_the_applications_number_is_asked_first(page: Page) -> None:
    """PIN and code stay in their fields until they are sent."""
    sent = answer(page, "/approve-visiting", (403, {"error": "wrong_code", "tries_left": 2}))
    page.goto("/approve-visiting?lang=en")
    fill(page)
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#say")).to_contain_text("First enter the 2-digit number.")
    expect(fields(page)[0]).to_have_value("739154")
    assert sent == []
    page.locator("#code").fill("11")
    page.keyboard.press("Enter")
    expect(page.locator("#say")).to_contain_text("Tries left: 2")
    expect(page.locator("#otp-say")).to_be_empty()


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("otp_locked", "Locked: PIN and one-time password were wrong too often."),
        ("evidence_refused", "This token cannot be used now."),
        ("key_unusable", "Not approved: your key is paused or can no longer sign."),
        ("unavailable", "The service does not answer right now."),
    ],
)
def test_other_refusals_are_told_beside_the_fields(page: Page, error: str, sentence: str) -> None:
    answer(page, "/approve-visiting-ocra", (403, {"error": error}))
    page.goto("/approve-visiting-ocra?lang=en")
    fill(page)
    page.keyboard.press("Enter")
    says(page, sentence)


def test_the_fifth_wrong_try_shows_how_it_ended(page: Page) -> None:
    answer(page, "/approve-visiting-ocra", (409, {"error": "ended", "state": "refused", "reason": "wrong_code"}))
    page.goto("/approve-visiting-ocra?lang=en")
    fill(page)
    reloads(page, lambda: page.keyboard.press("Enter"))


def test_another_token_shows_its_own_number(page: Page) -> None:
    sent = answer(page, "/approve-otp-two", (200, {"state": "approved"}))
    page.goto("/approve-otp-two?lang=en")
    page.locator("#code").fill("47")
    page.get_by_text(OPENS).click()
    expect(page.get_by_text("4829 1375")).to_be_hidden()
    page.get_by_label("With which token").select_option("Token …0093")
    expect(page.get_by_text("4829 1375")).to_be_visible()
    fill(page)
    reloads(page, lambda: page.keyboard.press("Enter"))
    assert sent[0]["otp"]["token_id"] == f"{'ocra':T<22}"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("otp_closed", "Wrong too often: this request can now be opened with a registered device only."),
        ("otp_locked", "Locked: PIN and one-time password were wrong too often."),
        ("sign_in_over", "That took too long, or this one-time password was used before."),
        ("not_found", "This request cannot be opened any more."),
        ("sign_in_refused", "This token cannot be used now."),
    ],
)
def test_the_sign_in_page_says_what_to_do(page: Page, error: str, sentence: str) -> None:
    sent = answer(page, "/sign-in/otp", (400, {"error": error}))
    page.goto("/sign-in-otp-two?lang=en")
    page.get_by_text(SIGNS_IN).click()
    page.get_by_label("With which token").select_option("Token 2")
    fill(page)
    page.get_by_role("button", name="Go on without the phone").click()
    says(page, sentence)
    assert sent == [{"authorization": "r" * 22, "asked": "s" * 22, "token": 1, "pin": "739154", "code": "123456"}]


def test_signing_in_goes_on_to_the_request(page: Page) -> None:
    answer(page, "/sign-in/otp", REFUSED, (200, {"user_id": "hanako", "expires_in": 900}))
    page.goto("/sign-in-otp?lang=en")
    page.get_by_text(SIGNS_IN).click()
    fill(page)
    page.keyboard.press("Enter")
    says(page, "Tries left: 3")
    fill(page)
    with page.expect_navigation(url="**/approve/rB6m0Zb7Qk2yq3sJ"):
        page.keyboard.press("Enter")


def test_browsers_are_asked_to_keep_nothing(page: Page) -> None:
    """The PIN is a password that no form holds; the code is what browsers may fill in from a message."""
    page.goto("/approve-visiting?lang=en")
    pin, code = fields(page)
    expect(pin).to_have_attribute("type", "password")
    expect(pin).to_have_attribute("autocomplete", "off")
    expect(code).to_have_attribute("autocomplete", "one-time-code")
    for field in (pin, code):
        expect(field).to_have_attribute("inputmode", "numeric")
    assert page.locator("form").count() == 0
