"""The approval page without a pointer: everything is reached with Tab, and Enter does it."""

from playwright.sync_api import Page, expect

from tests.browser.asking import Request
from tests.browser.conftest import Person
from tests.browser.phone import Phone
from tests.harness.stack import Application

FOCUSED = "(document.activeElement.id || document.activeElement.className || document.activeElement.tagName).toLowerCase()"


def test_the_approval_page_is_walked_through_with_tab(phone: Phone, careful_request: Request) -> None:
    """In the order of reading, each place visibly focused, none skipped; Enter approves."""
    phone.page.goto(careful_request.url)
    page = phone.page
    walked = [tabbed(page) for _ in range(10)]
    assert walked == ["brand", "pause", "language", "summary", "summary", "code", "decline", "approve", "ask", "wrong-document"]
    for _ in range(4):
        page.keyboard.press("Shift+Tab")
    page.keyboard.type(careful_request.code or "")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Approve", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    phone.shows("Approved")


def test_the_question_is_answered_and_left_with_keys(shop: Application, old_phone: Phone, newcomer: Person) -> None:
    """The question begins at the harmless answer, keeps the focus in itself, and gives it back."""
    asked = Request(shop, newcomer.credential_id)  # a second report of anybody would freeze the key
    old_phone.page.goto(asked.url)
    page = old_phone.page
    ask = page.get_by_role("button", name="I did not expect this")
    ask.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Go back")).to_be_focused()
    page.keyboard.press("Escape")
    expect(ask).to_be_focused()
    assert asked.is_open()
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Refuse and report")).to_be_focused()
    page.keyboard.press("Enter")
    old_phone.shows("Refused and reported")


def tabbed(page: Page) -> str:
    """Press Tab, and say where that leads; the place must be on the screen and outlined."""
    page.keyboard.press("Tab")
    name: str = page.evaluate(FOCUSED)
    outline = "getComputedStyle(document.activeElement.closest('.digits') ?? document.activeElement).outlineStyle"
    assert page.evaluate(outline) != "none", name
    middle = "(() => { const { left, right, top, bottom } = document.activeElement.getBoundingClientRect();"
    middle += " return document.elementFromPoint((left + right) / 2, (top + bottom) / 2); })()"
    assert page.evaluate(f"document.activeElement.contains({middle})"), f"{name} is covered or off the screen"
    return name
