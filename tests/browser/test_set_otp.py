"""PIN and one-time password in a real browser: from the end of enrolment to the account page, and back out again."""

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Locator, expect

from tests.browser.phone import Phone
from tests.browser.test_keyboard import tabbed
from tests.browser.words import ENGLISH, JAPANESE, Words
from tests.harness.authenticator import GOOD_PIN, App, Token, delivered
from tests.harness.stack import Stack

Newcomer = Callable[..., Phone]
WAY = {"en": "PIN and one-time password", "ja": "暗証番号とワンタイムパスワード"}
BY_APP = {"en": "An authenticator app", "ja": "認証アプリ"}
SET_UP = {"en": "Set up", "ja": "設定する"}
IS_SET_UP = {"en": "PIN and one-time password are set up", "ja": "設定が完了しました"}
APP = {"en": "Authenticator app", "ja": "認証アプリ"}


@pytest.fixture
def newcomer(browser: Browser, otp_stack: Stack) -> Iterator[Newcomer]:
    """Hand out phones of people who have just enrolled, on the page that says so; their keys may be used with PIN and code."""
    made: list[Phone] = []

    def make(words: Words = ENGLISH) -> Phone:
        made.append(Phone(browser, otp_stack.origin, words))
        made[-1].enroll(otp_stack.enrollment_url())
        return made[-1]

    yield make
    for phone in made:
        phone.close()
    assert [phone.faults for phone in made] == [[] for _ in made]


def read(picture: Locator) -> str:
    """Read a QR code from the screen, as a camera does."""
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture.screenshot())))
    return str(found.text)


def to_fields(phone: Phone) -> None:
    """Go on to PIN and code, and wait for the challenge: passkeys are asked for inside the tap."""
    with phone.page.expect_response("**/account/change"):
        phone.tap(phone.words.next)
    expect(phone.page.locator("#pin")).to_be_visible()


def name_token(phone: Phone, token: Token) -> None:
    phone.page.goto("/account/otp")
    phone.tap("A token that was given to me")
    phone.page.get_by_label("Serial number").fill(token.serial)
    to_fields(phone)


def type_in(phone: Phone, pin: str, code: str) -> None:
    phone.page.locator("#pin").fill(pin)
    phone.page.locator("#code").fill(code)
    phone.tap(SET_UP[phone.words.locale[:2]])


@pytest.mark.parametrize("words", [JAPANESE, ENGLISH], ids=["ja", "en"])
def test_enrolment_ends_with_an_app_as_second_way(newcomer: Newcomer, words: Words) -> None:
    """Without signing in: the choice, the QR code that a foreign reader reads, PIN and code, the passkey, and on to what waits."""
    phone, lang = newcomer(words), words.locale[:2]
    phone.page.get_by_role("link", name=words.go_on).click()
    phone.shows(words.second_way)
    phone.page.get_by_role("link").filter(has_text=WAY[lang]).click()
    phone.tap(BY_APP[lang])
    expect(phone.page.locator("#qr path")).to_have_attribute("d", re.compile("M"))
    app = App(read(phone.page.locator("#qr")))
    to_fields(phone)
    type_in(phone, GOOD_PIN, app.code())
    phone.shows(IS_SET_UP[lang])
    phone.page.get_by_role("link", name=words.go_on).click()
    phone.shows(words.second_way)
    phone.tap(words.go_on)
    phone.shows(words.receipt)
    phone.page.goto("/")
    phone.shows(words.nothing)
    expect(phone.page.locator("a[href='/second-way']")).to_have_count(0)
    phone.page.goto("/account")
    expect(phone.page.get_by_role("link", name=APP[lang], exact=True)).to_be_visible()


def test_choice_that_was_put_off_is_still_to_be_made_on_the_account_page(newcomer: Newcomer) -> None:
    """The start page reminds whoever leaves without an answer, and no more after "later"."""
    phone = newcomer()
    phone.page.goto("/")
    phone.page.get_by_role("link").filter(has_text="Still to do: choose a second way").click()
    phone.shows(ENGLISH.second_way)
    phone.tap(ENGLISH.later)
    phone.shows(ENGLISH.receipt)
    phone.page.goto("/")
    phone.shows(ENGLISH.nothing)
    expect(phone.page.locator("a[href='/second-way']")).to_have_count(0)
    phone.page.goto("/account")
    expect(phone.page.locator("main")).to_contain_text("You have one device only")
    expect(phone.page.get_by_role("link", name="Set up PIN and one-time password")).to_be_visible()


def test_token_is_set_up_set_right_and_removed(newcomer: Newcomer, otp_stack: Stack, tmp_path: Path) -> None:
    """Mistakes are said beside their fields, and the same page goes on; each step ends with the passkey."""
    phone, (token,) = newcomer(), delivered(otp_stack, tmp_path)
    name_token(phone, token)
    type_in(phone, "121212", "123456")
    expect(phone.page.locator("#pin-says")).to_contain_text("Others would try this PIN first")
    type_in(phone, GOOD_PIN, str((int(token.code()) + 1) % 10**6).zfill(6))
    expect(phone.page.locator("#code-says")).to_contain_text("the code did not fit")
    phone.can_tap("Set up")
    phone.authenticator.verify_user(False)
    code = token.code()
    type_in(phone, GOOD_PIN, code)
    phone.says("Not set up yet: the passkey was not confirmed.")
    phone.can_tap("Set up")
    phone.authenticator.verify_user(True)
    type_in(phone, GOOD_PIN, code)
    phone.shows("PIN and one-time password are set up")

    phone.page.goto("/account")
    with phone.page.expect_response("**/account/change"):
        phone.page.get_by_role("link", name="Change the PIN").click()
    phone.page.get_by_label("New PIN").fill("123456")
    phone.tap("Change the PIN")
    expect(phone.page.locator("#pin-says")).to_contain_text("Others would try this PIN first")
    phone.page.get_by_label("New PIN").fill("846205")
    phone.page.keyboard.press("Enter")
    phone.shows("The PIN is changed")

    token.presses += 60
    phone.page.goto("/account")
    phone.page.get_by_role("link", name=f"Token ending in {token.serial[-4:]}").click()
    with phone.page.expect_response("**/account/change"):
        phone.page.get_by_role("link", name="Set it right with two codes").click()
    phone.page.get_by_label("First code").fill(token.code())
    phone.page.get_by_label("The next code").fill(token.code())
    phone.page.wait_for_load_state("networkidle")
    phone.tap("Set it right")
    phone.shows("Its codes are accepted again")

    phone.page.goto("/account")
    with phone.page.expect_response("**/account/change"):
        phone.page.get_by_role("link", name=f"Token ending in {token.serial[-4:]}").click()
    phone.tap("Remove…")
    phone.tap("Remove it")
    phone.shows(ENGLISH.account)
    expect(phone.page.get_by_role("link", name="Set up PIN and one-time password")).to_be_visible()
    phone.page.goto("/history")
    expect(phone.page.locator("main")).to_contain_text("What showed one-time passwords was removed")


def test_page_that_was_forgotten_while_in_the_app_goes_on(newcomer: Newcomer) -> None:
    """A phone that reloads the page when its owner comes back: the code of the app is good, no second secret is needed."""
    phone = newcomer()
    phone.page.goto("/account/otp")
    phone.tap("An authenticator app")
    link = phone.page.locator("#open")
    expect(link).to_have_attribute("href", re.compile("^otpauth://totp/"))
    app = App(str(link.get_attribute("href")))
    phone.page.reload()
    with phone.page.expect_response("**/account/change"):
        phone.tap("It is in my app: go on")
    phone.page.wait_for_load_state("networkidle")
    type_in(phone, GOOD_PIN, app.code())
    phone.shows("PIN and one-time password are set up")


def test_token_is_set_up_with_keys_only(newcomer: Newcomer, otp_stack: Stack, tmp_path: Path) -> None:
    """Everything is reached with Tab, visibly, and done with Enter."""
    phone, (token,) = newcomer(), delivered(otp_stack, tmp_path)
    keys = phone.page.keyboard
    phone.page.goto("/account/otp")
    reach(phone, "with-token")
    keys.press("Enter")
    reach(phone, "serial")
    keys.type(token.serial)
    with phone.page.expect_response("**/account/change"):
        keys.press("Enter")
    phone.page.wait_for_load_state("networkidle")
    reach(phone, "pin")
    keys.type(GOOD_PIN)
    reach(phone, "code")
    keys.type(token.code())
    reach(phone, "go")
    keys.press("Enter")
    phone.shows("PIN and one-time password are set up")
    expect(phone.page.get_by_role("heading", name="PIN and one-time password are set up")).to_be_focused()


def reach(phone: Phone, name: str) -> None:
    """Press Tab until this has the focus."""
    for _ in range(15):
        if tabbed(phone.page) == name:
            return
    raise AssertionError(f"{name} is not reached with Tab")
