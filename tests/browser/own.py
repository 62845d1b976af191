"""What people do with their own keys and devices in a browser, step by step, as the pages lead them."""

from playwright.sync_api import Locator, expect

from tests.browser.phone import Phone
from tests.harness.chromium import PATIENCE_MS


def show_link(old: Phone) -> str:
    """Ask for the link for a new device, on the page that shows it; gives its text."""
    old.page.goto("/account/add")
    link = old.page.locator("#link")
    expect(link).to_contain_text("/new-device#", timeout=PATIENCE_MS)
    return link.inner_text()


def open_link(new: Phone, link: str) -> None:
    """Follow the link on the new device, up to its button."""
    new.page.goto(link)
    expect(new.page.get_by_role("button", name=new.words.add_this)).to_be_visible(timeout=PATIENCE_MS)


def join(new: Phone, link: str, name: str | None = None) -> str:
    """Make the passkey on the new device; gives the six digits that it shows."""
    open_link(new, link)
    if name is not None:
        new.page.get_by_label(new.words.call_it).fill(name)
    new.tap(new.words.add_this)
    new.shows(new.words.go_back)
    return number(new).inner_text()


def number(phone: Phone) -> Locator:
    return phone.page.locator(".number:visible")


def asked(old: Phone) -> None:
    """Wait until the registered device asks about the new one, and has its challenge: passkeys are asked for inside the tap."""
    old.shows(old.words.is_it_yours)
    old.page.wait_for_load_state("networkidle")


def add(old: Phone, new: Phone, name: str | None = None) -> None:
    """Add a device, to the end on both; the new one is signed in then."""
    digits = join(new, show_link(old), name)
    asked(old)
    expect(number(old)).to_have_text(digits)
    old.tap(old.words.add)
    old.shows(old.words.added)
    new.shows(new.words.this_added)
    with new.page.expect_response("**/sign-in/options"):
        new.page.get_by_role("link", name=new.words.sign_in).click()
    new.sign_in()


def open_ready(phone: Phone, address: str) -> None:
    """Open a page that asks for a passkey, and wait until it can."""
    with phone.page.expect_response("**/account/change"):
        phone.page.goto(address)
