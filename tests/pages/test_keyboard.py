"""Every page without a pointer: Tab goes through all of it in the order of reading, visibly; a question is left with Escape."""

import pytest
from playwright.sync_api import Page, expect

from .samples import SAMPLES
from .states import STILL, open_sample

PLACES = "a[href], button, input, summary"
# Each place is numbered in the order of reading; what is focused, and whether it can be seen, is told by its number.
NUMBER = """(places) => [...document.querySelectorAll(places)].filter((place) => place.checkVisibility()).map((place, number) => {
  place.dataset.number = number;
  return number;
})"""
FOCUSED = """() => {
  const place = document.activeElement;
  const box = place.closest(".digits") ?? place;
  const { left, right, top, bottom } = place.getBoundingClientRect();
  return {
    number: "number" in place.dataset ? Number(place.dataset.number) : null,
    html: place.outerHTML.slice(0, 120),
    outlined: getComputedStyle(box).outlineStyle !== "none",
    uncovered: place.contains(document.elementFromPoint((left + right) / 2, (top + bottom) / 2)),
  };
}"""


def walk(page: Page, count: int) -> list[int | None]:
    """Press Tab so many times; gives the numbers of the places that were focused, each of which must show it."""
    walked: list[int | None] = []
    for _ in range(count):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        walked.append(focused["number"])
        assert focused["number"] is None or focused["outlined"], focused["html"]
        assert focused["number"] is None or focused["uncovered"], focused["html"]
    return walked


@pytest.mark.parametrize("name", [name for name in SAMPLES if not name.endswith("hostile")])
def test_tab_goes_through_the_whole_page(page: Page, name: str) -> None:
    """Each place once, in the order of reading, outlined and not covered, and out of the page; also with text twice as large."""
    page.add_init_script(STILL)
    open_sample(page, name, "en")
    for size in ("106.25%", "212.5%"):
        page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
        places = [*page.evaluate(NUMBER, PLACES), None]
        walked = walk(page, len(places))
        begun = places.index(walked[0])  # where the page set the focus by itself, it begins there
        assert walked == places[begun:] + places[:begun]


@pytest.mark.parametrize("name", ["approve", "approve-paused", "destroy", "device"])
def test_a_question_is_asked_and_left_by_keyboard(page: Page, name: str) -> None:
    """It begins at the harmless answer, keeps the focus in itself, goes away with Escape, and gives the focus back."""
    page.goto(f"/{name}?lang=en")
    if name == "destroy":
        page.get_by_role("checkbox").focus()
        page.keyboard.press("Space")
    page.locator("#ask").focus()
    for _ in range(2):
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Go back")).to_be_focused()
        answers = page.evaluate(NUMBER, "dialog button")
        assert answers == [0, 1]
        assert set(walk(page, 4)) <= {0, 1, None}
        page.keyboard.press("Escape")
        expect(page.locator("#ask")).to_be_focused()
        expect(page.get_by_role("dialog")).to_be_hidden()
