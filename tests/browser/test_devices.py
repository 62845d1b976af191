"""Two devices of one person, each a browser with an authenticator of its own: adding, approving with the new one, removing the old one."""

import re
import sqlite3
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.asking import Request, transaction_in
from tests.browser.conftest import MakePhone, Person
from tests.browser.own import add, asked, join, number, open_link, open_ready, show_link
from tests.browser.phone import Phone
from tests.browser.test_keyboard import tabbed
from tests.browser.words import ENGLISH, JAPANESE, Words
from tests.harness.chromium import PATIENCE_MS
from tests.harness.stack import Application


@pytest.mark.parametrize(("words", "synced"), [(JAPANESE, True), (ENGLISH, False)], ids=["ja-synced", "en-device-bound"])
def test_second_device_is_added_approves_and_removes_the_first(
    shop: Application, make_phone: MakePhone, newcomer: Person, words: Words, synced: bool
) -> None:
    """The whole way in each language; what each page says of the new device is what the passkey signs."""
    old, new = make_phone(words), make_phone(words, synced=synced)
    old.authenticator.put(newcomer.passkey)
    old.context.add_cookies(newcomer.session)
    add(old, new, "書斎のパソコン")
    expect(new.page.locator("main")).to_contain_text("書斎のパソコン")  # the start page tells it

    old.page.goto("/account")
    devices = old.page.locator("#devices > li")
    expect(devices).to_have_count(2)
    kept = {("ja", True): "ほかの端末にも", ("en", False): "Only on this device"}[words.locale[:2], synced]
    expect(devices.nth(1)).to_contain_text(kept)

    request = Request(shop, newcomer.credential_id)
    new.page.goto(request.url)
    new.tap(words.approve)
    new.shows(words.approved)
    request.signatures_verify()

    new.page.goto("/account")
    name = new.page.locator("#devices > li").nth(0).get_by_role("link")
    with new.page.expect_response("**/account/change"):
        name.click()
    new.tap(words.remove_ask)
    new.tap(words.remove)
    new.shows(words.account)
    expect(new.page.locator("#devices > li")).to_have_count(1)
    old.page.goto("/")
    old.shows(words.sign_in)  # it was signed out with its passkey


def test_page_shows_the_bytes_that_are_signed(old_phone: Phone, make_phone: MakePhone) -> None:
    """The name on the page comes from the transaction, and the challenge is its digest."""
    composed: list[dict[str, Any]] = []
    old_phone.page.on("response", lambda answer: composed.append(answer.json()) if answer.url.endswith("/account/change") else None)
    join(make_phone(), show_link(old_phone), "<b>My</b> tablet")
    asked(old_phone)
    _, transaction = transaction_in(composed[-1])
    assert (transaction["type"], transaction["name"]) == ("add_passkey", "<b>My</b> tablet")
    expect(old_phone.page.locator("[data-shown=name]")).to_have_text("<b>My</b> tablet")


def test_qr_code_is_drawn(old_phone: Phone) -> None:
    """Dark on white in both colour schemes, large enough for a camera."""
    show_link(old_phone)
    for scheme in ("light", "dark"):
        old_phone.page.emulate_media(color_scheme=scheme)
        picture = old_phone.page.locator("#qr")
        box = picture.bounding_box()
        assert box is not None
        assert box["width"] >= 200
        assert picture.evaluate("element => getComputedStyle(element).backgroundColor") == "rgb(255, 255, 255)"


def test_refused_device_is_told(old_phone: Phone, make_phone: MakePhone) -> None:
    """Both say that it may approve nothing; the new device can't sign in."""
    new = make_phone()
    join(new, show_link(old_phone))
    asked(old_phone)
    old_phone.tap("Do not add")
    old_phone.shows("The device was not added")
    new.shows("This device was not added")
    new.open_sign_in()
    new.tap("Sign in")
    new.says("This passkey cannot sign in here.")


def test_cancelled_link_is_dead(old_phone: Phone, make_phone: MakePhone) -> None:
    """Leaving the page with the link takes it back."""
    link = show_link(old_phone)
    old_phone.tap("Cancel")
    old_phone.shows("Key and devices")
    new = make_phone()
    new.page.goto(link)
    new.shows("This device was not added")


def test_time_that_ran_out_is_told(shop: Application, old_phone: Phone, make_phone: MakePhone) -> None:
    """On the new device, and on the old one, which offers to begin again."""
    new = make_phone()
    join(new, show_link(old_phone))
    asked(old_phone)
    end_additions(shop)
    new.shows("The time ran out")
    old_phone.page.reload()
    old_phone.shows("The time ran out")
    old_phone.page.get_by_role("link", name="Add a device").click()
    expect(old_phone.page.locator("#link")).to_contain_text("/new-device#")


def test_link_is_good_for_one_device(old_phone: Phone, make_phone: MakePhone) -> None:
    """Another device that follows it later is told so, and has no passkey made."""
    new, late = make_phone(), make_phone()
    link = show_link(old_phone)
    digits = join(new, link)
    late.page.goto(link)
    late.shows("Now go back to your other device")  # it holds the secret: it may see that a passkey waits
    expect(number(late)).to_have_text(digits)
    assert late.authenticator.passkeys() == []
    asked(old_phone)
    old_phone.tap("Add")
    old_phone.shows("The device is added")
    stranger = make_phone()
    stranger.page.goto(link)
    stranger.shows("This device is added")
    stranger.open_sign_in()
    stranger.tap("Sign in")
    stranger.says("You are not signed in yet.")


def test_two_devices_race_on_one_link(old_phone: Phone, make_phone: MakePhone) -> None:
    """The one that followed it last may go on; the other is told what may have happened, and its number is nowhere."""
    first, second = make_phone(), make_phone()
    link = show_link(old_phone)
    open_link(first, link)
    open_link(second, link)
    first.tap("Add this device")
    first.says("perhaps the link was opened on another device too")
    second.page.reload()
    digits = join(second, link)
    asked(old_phone)
    expect(number(old_phone)).to_have_text(digits)
    first.tap("Add this device")
    first.shows("This link cannot be used")


def test_device_that_is_registered_is_not_added_again(old_phone: Phone) -> None:
    """The browser knows the passkey, and the page says that there is nothing more to do."""
    link = show_link(old_phone)
    open_link(old_phone, link)
    old_phone.tap("Add this device")
    old_phone.shows("This device is registered already")


def test_somebody_elses_passkey_adds_nothing(old_phone: Phone, newcomer: Person, hanako: Person, make_phone: MakePhone) -> None:
    """A session in foreign hands: the passkey that these hands have is not among those that are asked for."""
    thief, new = make_phone(), make_phone()
    thief.context.add_cookies(newcomer.session)
    with hanako.holding(thief):
        join(new, show_link(thief))
        asked(thief)
        thief.tap("Add")
        thief.says("Not added yet: the passkey was not confirmed.")
    old_phone.page.goto("/account")
    expect(old_phone.page.locator("#devices > li")).to_have_count(1)
    expect(old_phone.page.locator("main")).to_contain_text("A new device waits for your answer")


def test_answer_that_does_not_verify_adds_nothing(old_phone: Phone, make_phone: MakePhone) -> None:
    """The page says so; with the right answer the same page goes on."""
    join(make_phone(), show_link(old_phone))
    asked(old_phone)
    old_phone.authenticator.lie(isBogusSignature=True)
    old_phone.tap("Add")
    old_phone.says("Not added: the passkey could not be verified.")
    old_phone.can_tap("Add")
    old_phone.authenticator.lie(isBogusSignature=False)
    old_phone.tap("Add")
    old_phone.shows("The device is added")


def test_device_is_added_with_keys_only(old_phone: Phone, make_phone: MakePhone) -> None:
    """On both devices everything is reached with Tab, visibly, and done with Enter."""
    new = make_phone()
    open_link(new, show_link(old_phone))
    reach(new.page, "name")
    new.page.keyboard.press("Control+A")
    new.page.keyboard.type("Tablet")
    reach(new.page, "register")
    new.page.keyboard.press("Enter")
    new.shows("Now go back to your other device")
    asked(old_phone)
    reach(old_phone.page, "approve")
    old_phone.page.keyboard.press("Enter")
    old_phone.shows("The device is added")
    new.shows("This device is added")


def test_device_is_renamed(old_phone: Phone) -> None:
    """The name is on every page afterwards, as text."""
    old_phone.page.goto("/account")
    old_phone.page.locator("#devices a").click()
    old_phone.page.get_by_label("What it is called").fill("<i>孫の iPad</i>")
    old_phone.tap("Save the name")
    old_phone.says("The name is saved.")
    old_phone.page.goto("/")
    expect(old_phone.page.locator("main")).to_contain_text("is now <i>孫の iPad</i>")


def test_removing_with_its_own_passkey_does_not_work(old_phone: Phone, make_phone: MakePhone) -> None:
    """The page says that another device has to confirm it."""
    add(old_phone, make_phone())
    old_phone.page.goto("/account")
    mine = old_phone.page.locator("#devices > li", has_text="You are signed in with this one").get_by_role("link")
    open_ready(old_phone, str(mine.get_attribute("href")))
    expect(old_phone.page.locator("main")).to_contain_text("You are using this very device.")
    old_phone.tap("Remove…")
    old_phone.tap("Remove it")
    old_phone.says("Not removed: the passkey was not confirmed.")


def reach(page: Page, name: str) -> None:
    """Press Tab until this has the focus."""
    for _ in range(15):
        if re.search(name, tabbed(page)):
            return
    raise AssertionError(f"{name} is not reached with Tab")


def end_additions(shop: Application) -> None:
    """Let the time of whatever is being added be over."""
    with sqlite3.connect(shop.stack.data / "app" / "natsuin.db", timeout=PATIENCE_MS / 1000) as database:
        assert database.execute("UPDATE additions SET expires = 1 WHERE state = 'made'").rowcount >= 1
    database.close()
