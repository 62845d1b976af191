"""The broken phone, in a real browser: a PC with no session and no passkey, an authenticator app elsewhere, and a request's link."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.asking import DESCRIPTION, LABELS, Request
from tests.browser.conftest import MakePhone
from tests.browser.phone import Phone
from tests.browser.words import JAPANESE
from tests.flow.browser import Browser as Client
from tests.flow.otp_visit import enrollment_of
from tests.flow.parties import Person, new_application
from tests.harness.contents import pdf
from tests.harness.hand import OTHER_PIN, Hand, give_token
from tests.harness.stack import Application, Stack

SCREEN: ViewportSize = {"width": 1280, "height": 900}
OPENS = "Without your phone: PIN and one-time password"
GO_ON = "Go on without the phone"


@pytest.fixture
def hanako(otp_stack: Stack) -> Person:
    with ThreadPoolExecutor(1) as pool:  # the browser keeps an event loop running in this thread
        return pool.submit(Person, otp_stack, name="鈴木 花子").result()


@pytest.fixture
def hand(otp_stack: Stack, hanako: Person) -> Hand:
    return give_token(otp_stack, hanako, enrollment_of(otp_stack, hanako))


@pytest.fixture
def store(otp_stack: Stack) -> Application:
    return new_application(otp_stack)


@pytest.fixture
def pc(make_phone: MakePhone, otp_stack: Stack) -> Phone:
    """A browser without a session, whose authenticator holds no passkey."""
    return make_phone(origin=otp_stack.origin, viewport=SCREEN)


def type_in(page: Page, pin: str, code: str) -> None:
    page.get_by_label("Your PIN for this service").fill(pin)
    page.get_by_label("One-time password", exact=True).fill(code)
    page.keyboard.press("Enter")


def says(page: Page, sentence: str) -> None:
    expect(page.locator("#otp-say")).to_contain_text(sentence)


def open_link(pc: Phone, request: Request) -> None:
    pc.page.goto(request.url)
    expect(pc.page).to_have_url(f"{pc.origin}/sign-in?next=/approve/{request.handle}")
    pc.page.get_by_text(OPENS).click()


def test_from_the_link_to_the_applications_signature(pc: Phone, store: Application, hanako: Person, hand: Hand) -> None:
    """The link, PIN and code, a look, PIN and the next code; the application gets signatures that verify, and learns the factor."""
    request = Request(store, hanako.credential_id)
    open_link(pc, request)
    shown = pc.page.content()
    assert [secret for secret in ("鈴木", DESCRIPTION, *LABELS) if secret in shown] == []
    code = hand.code()
    type_in(pc.page, hand.pin, code)
    pc.shows("You are asked to sign")
    for text in (*LABELS, DESCRIPTION):
        expect(pc.page.get_by_text(text)).to_be_visible()
    expect(pc.page.get_by_text("The one you signed in with is used up.")).to_be_visible()
    type_in(pc.page, hand.pin, code)
    says(pc.page, "The PIN or the one-time password is wrong.")
    assert request.is_open()
    type_in(pc.page, hand.pin, hand.code())
    pc.shows("Approved")
    expect(pc.page.get_by_text("PIN and one-time password")).to_be_visible()
    assert request.check()["factor"] == "otp"
    request.signatures_verify()
    pc.page.reload()
    pc.shows("Signed")


def test_the_number_of_the_application_is_asked_as_ever(pc: Phone, otp_stack: Stack, hanako: Person, hand: Hand) -> None:
    request = Request(new_application(otp_stack, asks_code=True), hanako.credential_id)
    open_link(pc, request)
    type_in(pc.page, hand.pin, hand.code())
    pc.shows("You are asked to sign")
    pc.page.locator("#code").fill(request.wrong_code())
    type_in(pc.page, hand.pin, hand.code())
    pc.says("That is a different number.")
    pc.page.locator("#code").fill(str(request.code))
    type_in(pc.page, hand.pin, hand.code())
    pc.shows("Approved")


def test_a_swapped_document_ends_approving_here_too(pc: Phone, store: Application, hanako: Person, hand: Hand) -> None:
    """PIN and code are asked for no more, and Enter in what was there sends nothing."""
    shown = pdf()
    asked = store.authorize(hanako.credential_id, shown.digest, documents=[shown.field])
    pc.page.goto(asked["approval_url"])
    pc.page.get_by_text(OPENS).click()
    type_in(pc.page, hand.pin, hand.code())
    pc.shows("You are asked to sign")
    pc.page.get_by_label("Your PIN for this service").fill(hand.pin)
    code = pc.page.get_by_label("One-time password", exact=True)
    code.fill(hand.code())
    field, sent = code.element_handle(), list[str]()
    pc.page.on("request", lambda one: sent.append(one.url) if one.method == "POST" else None)
    pc.page.route("**/documents/0", lambda route: route.fulfill(status=200, body=shown.file.replace(b"AK-2026-118", b"AK-2026-119")))
    pc.tap("Open the document")
    pc.says("This is not the document that would be signed")
    expect(pc.page.get_by_role("textbox")).to_have_count(0)
    expect(pc.page.get_by_role("button", name="Approve", exact=True)).to_have_count(0)
    field.evaluate("field => field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter' }))")
    pc.can_tap("Decline")
    assert sent == []


def test_five_wrong_tries_close_the_link_for_this_way(pc: Phone, store: Application, hanako: Person, hand: Hand) -> None:
    """The page says how many are left, then what remains; the request waits for the phone."""
    request = Request(store, hanako.credential_id)
    open_link(pc, request)
    for left in (4, 3, 2, 1):
        type_in(pc.page, OTHER_PIN, hand.wrong_code())
        says(pc.page, f"Tries left: {left}")
    type_in(pc.page, OTHER_PIN, hand.wrong_code())
    says(pc.page, "Wrong too often: this request can now be opened with a registered device only.")
    assert request.is_open()
    assert pc.context.cookies() == []


def test_locked_is_said_clearly(pc: Phone, store: Application, hanako: Person, hand: Hand) -> None:
    """On the page of a request that was open already; it can still be declined there."""
    request, other = Request(store, hanako.credential_id), Request(store, hanako.credential_id)
    open_link(pc, request)
    type_in(pc.page, hand.pin, hand.code())
    pc.shows("You are asked to sign")
    for url in (request.url, other.url):
        pc.page.goto(url)
        for left in (4, 3, 2, 1):
            type_in(pc.page, OTHER_PIN, hand.wrong_code())
            says(pc.page, f"Tries left: {left}")
    third = Request(store, hanako.credential_id)
    pc.page.goto(third.url)
    type_in(pc.page, OTHER_PIN, hand.wrong_code())
    says(pc.page, "Tries left: 1")
    type_in(pc.page, OTHER_PIN, hand.wrong_code())
    locked = "Locked: PIN and one-time password were wrong too often."
    says(pc.page, locked)
    pc.page.reload()
    expect(pc.page.get_by_text(locked)).to_be_visible()
    expect(pc.page.get_by_role("button", name="Approve")).to_have_count(0)
    pc.tap("Decline")
    pc.shows("Declined")


def test_a_refusal_and_a_pause_need_no_second_code(pc: Phone, store: Application, hanako: Person, hand: Hand) -> None:
    """The page of an unexpected request is one tap from pausing the key; pages that are for registered devices ask for a passkey."""
    request = Request(store, hanako.credential_id)
    open_link(pc, request)
    type_in(pc.page, hand.pin, hand.code())
    pc.shows("You are asked to sign")
    pc.tap("I did not expect this")
    pc.tap("Refuse and report")
    pc.shows("Refused and reported")
    assert request.check()["reason"] == "not_me"
    pc.tap("Pause for one hour")
    expect(pc.page.get_by_text("Your key is paused until")).to_be_visible()
    pc.page.goto("/account")
    pc.shows("Sign in")


def test_in_japanese_and_by_keyboard_alone(make_phone: MakePhone, otp_stack: Stack, store: Application, hanako: Person, hand: Hand) -> None:
    """From the line that opens the fields to the end, with Tab and Enter."""
    pc = make_phone(JAPANESE, origin=otp_stack.origin, viewport=SCREEN)
    request = Request(store, hanako.credential_id)
    pc.page.goto(request.url)
    tab_to(pc, "SUMMARY", "スマートフォンを使わない場合")
    pc.page.keyboard.press("Enter")
    tab_to(pc, "INPUT", "")
    pc.page.keyboard.type(hand.pin)
    pc.page.keyboard.press("Tab")
    pc.page.keyboard.type(hand.code())
    pc.page.keyboard.press("Enter")
    pc.shows("署名を求められています")
    tab_to(pc, "INPUT", "")
    pc.page.keyboard.type(hand.pin)
    pc.page.keyboard.press("Tab")
    pc.page.keyboard.type(hand.code())
    tab_to(pc, "BUTTON", "承認する")
    pc.page.keyboard.press("Enter")
    pc.shows("承認しました")
    assert request.check()["factor"] == "otp"


def tab_to(pc: Phone, tag: str, text: str) -> None:
    """Press Tab until the focus is on this."""
    for _ in range(30):
        pc.page.keyboard.press("Tab")
        focused: dict[str, Any] = pc.page.evaluate("({ tag: document.activeElement.tagName, text: document.activeElement.textContent })")
        if focused["tag"] == tag and text in focused["text"]:
            return
    raise AssertionError(f"no {tag} {text} to be reached by Tab")


def test_beside_the_documents_for_who_is_signed_in(
    make_phone: MakePhone, otp_stack: Stack, store: Application, hanako: Person, hand: Hand
) -> None:
    """A quiet line opens the fields; the passkey's button stays until then."""
    client = Client(otp_stack, hanako.passkey).signed_in()
    phone = make_phone(origin=otp_stack.origin)
    phone.context.add_cookies([{"name": "natsuin", "value": client.http.cookies["natsuin"], "url": otp_stack.origin}])
    client.close()
    request = Request(store, hanako.credential_id)
    phone.page.goto(request.url)
    expect(phone.page.get_by_role("button", name="Approve", exact=True)).to_be_visible()
    expect(phone.page.get_by_label("Your PIN for this service")).to_be_hidden()
    phone.page.get_by_text("Approve without the phone: PIN and one-time password").click()
    type_in(phone.page, hand.pin, hand.code())
    phone.shows("Approved")
    assert request.check()["factor"] == "otp"
