"""Registering a phone: the letter and its typing errors, the link that was used, the authenticator that lies, the phone that has one."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.asking import Request
from tests.browser.conftest import MakePhone, Person
from tests.browser.phone import Phone
from tests.browser.words import ENGLISH, JAPANESE, Words
from tests.flow.letters import Letter, new_letter
from tests.harness.stack import Application, Stack


def test_a_link_works_once_and_is_never_sent_in_an_address(stack: Stack, make_phone: MakePhone) -> None:
    """Who opens it again reads that it can't be used; so does who had it open. It leaves the address bar when it is spent."""
    url = stack.enrollment_url()
    first, late, later = make_phone(), make_phone(), make_phone()
    addresses: list[str] = []
    first.context.on("request", lambda request: addresses.append(request.url.partition("#")[0]))
    late.page.goto(url)
    first.enroll(url)
    secret = url.partition("#")[2].partition(".")[0]
    assert addresses
    assert [address for address in [*addresses, first.page.url] if secret in address] == []

    late.tap("Register this phone")
    late.shows("This link cannot be used")
    later.page.goto(url)
    later.shows("This link cannot be used")
    later.page.get_by_role("link", name="Sign in").click()
    later.shows("Sign in")


def test_a_link_that_is_not_complete_is_said_so(make_phone: MakePhone) -> None:
    """Whatever stands behind the #; without anything the page asks for the code of the letter."""
    for rest in ("", "#"):
        phone = make_phone()  # in one tab a second # would be no new page
        phone.page.goto(f"/enroll{rest}")
        phone.shows("Enter the code from the letter")
    for rest in ("#not-a-link", "#%3Cb%3E.%00"):
        phone = make_phone()
        phone.page.goto(f"/enroll{rest}")
        phone.shows("This link cannot be used")


def test_a_passkey_made_without_its_person_is_refused(stack: Stack, make_phone: MakePhone) -> None:
    """The page says so each time; with a passkey that is right it goes on, without a reload."""
    phone = make_phone()
    phone.page.goto(stack.enrollment_url())
    for lie in ("isBadUV", "isBadUP"):
        phone.authenticator.lie(**{lie: True})
        phone.tap("Register this phone")
        phone.says("The passkey was not accepted. Try again.")
        phone.can_tap("Register this phone")
        phone.authenticator.lie(**{lie: False})
    phone.authenticator.verify_user(False)
    phone.tap("Register this phone")
    phone.says("The passkey was not made. Tap the button to try again.")
    phone.authenticator.verify_user(True)
    phone.can_tap("Register this phone")
    phone.tap("Register this phone")
    phone.shows("This phone is registered")


def test_a_second_link_is_for_a_second_phone(stack: Stack, shop: Application, make_phone: MakePhone, hanako: Person) -> None:
    """The phone that has the person's passkey is told so and leaves the link unused; another one gets a key of its own with it."""
    url = stack.enrollment_url(hanako.user_id, "鈴木 花子")
    with hanako.holding(make_phone()) as known:
        known.page.goto(url)
        known.tap("Register this phone")
        known.shows("This phone is registered already")
    second = make_phone()
    second.enroll(url)
    both = shop.post("credentials/list", {"userID": hanako.user_id}).json()["credentialIDs"]
    (new,) = set(both) - {hanako.credential_id}
    request = Request(shop, new)
    second.page.goto(request.url)
    second.tap("Approve")
    second.shows("Approved")
    request.signatures_verify()


def test_the_square_on_the_letter_leads_to_the_end(stack: Stack, make_phone: MakePhone, tmp_path: Path) -> None:
    """As the phone's camera opens it; the code is in no address that is sent, and gone from the address bar at the end."""
    letter, phone = new_letter(stack, tmp_path), make_phone(JAPANESE)
    addresses: list[str] = []
    phone.context.on("request", lambda request: addresses.append(request.url.partition("#")[0]))
    phone.enroll(letter.url)
    assert [address for address in [*addresses, phone.page.url] if letter.printed in address or letter.code in address] == []
    phone.page.get_by_role("link", name=JAPANESE.go_on).click()
    phone.shows(JAPANESE.second_way)
    phone.tap(JAPANESE.later)
    phone.shows(JAPANESE.receipt)
    used = make_phone()
    used.page.goto(letter.url)
    used.shows("This code cannot be used")


def test_the_code_is_typed_with_errors_and_mended(stack: Stack, make_phone: MakePhone, tmp_path: Path) -> None:
    """A swap is told with the last letter, and nothing is sent; in small letters, with o for 0 and l for 1, it is as good."""
    letter, phone = new_letter(stack, tmp_path), make_phone()
    posts: list[str] = []
    phone.context.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    phone.page.goto("/enroll")
    field = phone.page.get_by_label("Code from the letter")
    field.press_sequentially(swapped(letter.code))
    phone.says("There is a mistake in the code. Please look at the letter again")
    expect(field).to_have_attribute("aria-invalid", "true")
    phone.tap("Next")
    assert posts == []
    field.fill("")
    field.press_sequentially(letter.printed.lower().replace("0", "o").replace("1", "l"))
    expect(field).to_have_value(letter.printed)
    phone.tap("Next")
    phone.page.get_by_text(letter.user_id).wait_for()
    phone.tap(ENGLISH.register)
    phone.shows(ENGLISH.registered)


def test_a_letter_is_used_with_keys_alone(stack: Stack, make_phone: MakePhone, tmp_path: Path) -> None:
    """From the address to the end: Tab and Enter, in the order of reading; what is said is announced where the reader is."""
    letter, phone = new_letter(stack, tmp_path), make_phone()
    page = phone.page
    page.goto("/enroll")
    phone.shows("Enter the code from the letter")
    press_until(page, "code")
    page.keyboard.type(letter.code[:-1])
    page.keyboard.press("Enter")
    phone.says("here there are: 19")
    page.keyboard.type(letter.code[-1])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Register your phone for signing")).to_be_focused()
    press_until(page, "register")
    page.keyboard.press("Enter")
    phone.shows(ENGLISH.registered)


def test_a_closed_browser_loses_nothing(stack: Stack, make_phone: MakePhone, tmp_path: Path) -> None:
    """Closed before the passkey, and after the key: the same code goes on each time, with one passkey on the phone in the end."""
    letter, phone = new_letter(stack, tmp_path), make_phone()
    begin_with(phone, letter)
    phone.page.goto("about:blank")
    begin_with(phone, letter)
    phone.page.route("**/enroll", lambda route: route.abort() if route.request.method == "POST" else route.fallback())
    phone.tap(ENGLISH.register)
    phone.says("No connection.")
    expect(phone.page.locator(".steps > .past:visible")).to_have_count(2)
    phone.page.unroute("**/enroll")
    phone.page.goto("about:blank")
    begin_with(phone, letter)
    expect(phone.page.locator("#begun")).to_be_visible()
    phone.tap("Go on")
    phone.shows("The registration is complete")
    assert len(phone.authenticator.passkeys()) == 1
    phone.page.get_by_role("link", name="Sign in").click()
    phone.open_sign_in()
    phone.sign_in()
    phone.shows(ENGLISH.nothing)


def test_the_phone_that_comes_second_is_told(stack: Stack, make_phone: MakePhone, tmp_path: Path) -> None:
    """It had the page open while the first one registered: its tap makes nothing, and it reads that the code was used."""
    letter, first, second = new_letter(stack, tmp_path), make_phone(), make_phone()
    begin_with(second, letter)
    begin_with(first, letter)
    first.tap(ENGLISH.register)
    first.shows(ENGLISH.registered)
    second.tap(ENGLISH.register)
    second.shows("This code cannot be used")
    second.page.goto("/")
    second.shows("Sign in")


def begin_with(phone: Phone, letter: Letter, words: Words = ENGLISH) -> None:
    """Type the code, and wait for what comes."""
    phone.page.goto("/enroll")
    phone.page.locator("#code").fill(letter.printed)
    phone.tap(words.next)
    phone.page.get_by_text(letter.user_id).wait_for()


def swapped(code: str) -> str:
    """Change the places of the first two neighbours that differ."""
    place = next(place for place in range(19) if code[place] != code[place + 1])
    return code[:place] + code[place + 1] + code[place] + code[place + 2 :]


def press_until(page: Page, name: str) -> None:
    """Press Tab until a place has the focus; it is outlined."""
    for _ in range(8):
        page.keyboard.press("Tab")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        if page.evaluate("document.activeElement.id") == name:
            return
    raise AssertionError(f"Tab does not lead to {name}")
