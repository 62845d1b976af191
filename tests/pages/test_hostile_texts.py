"""
Texts that try to change the page: each is refused at the door, or shown as text, in its own box, with everything of ours in its place.

What is painted is looked at too: a page with and without these texts differs inside their boxes only.
"""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageDraw
from playwright.sync_api import Page, Route

from hsm.messages import MAX_DESCRIPTION_CHARACTERS, MAX_LABEL_CHARACTERS, MAX_NAME_CHARACTERS, is_plain_text

from .hostile_corpus import CORPUS, SHOWN
from .preview import POLICY
from .rendering import render
from .sample import Sample, documents
from .samples import approval, ended, inbox

SLACK_PX = 6  # as far as `clip-path` lets letters reach beyond their box
READY = """() => "ready" in document.body.dataset || !document.querySelector("script[type=module]")"""
# Nothing polls: what is looked at stands still.
STILL = "window.setInterval = () => 0;"
# Whatever is ours stays between the edges of the screen, and the buttons in view.
ASTRAY = """() => {
  const found = document.documentElement.scrollWidth > innerWidth ? ["the page is wider than the screen"] : [];
  for (const part of document.querySelectorAll("body *:not(bdi, bdi *, template, script)")) {
    if (!part.checkVisibility() || part.closest("dialog:not([open])")) continue;
    const { left, right } = part.getBoundingClientRect();
    if (left < -1 || right > innerWidth + 1) found.push(`beside the screen: ${part.outerHTML.slice(0, 200)}`);
  }
  for (const button of document.querySelectorAll(".acts:not(.still) > button")) {
    const { top, bottom } = button.getBoundingClientRect();
    if (top < 0 || bottom > innerHeight) found.push(`out of view: ${button.outerHTML}`);
  }
  return found;
}"""
TEXTS = """() => [...document.querySelectorAll("bdi")].filter((one) => one.checkVisibility()).map((one) => one.textContent)"""
# All that the page says beside these texts.
OURS = """() => {
  const copy = document.body.cloneNode(true);
  for (const one of copy.querySelectorAll("bdi, .initial, .time, script, template")) one.remove();
  return copy.textContent;
}"""
BOXES = """() => [...document.querySelectorAll("bdi, .initial")].filter((one) => one.checkVisibility()).flatMap((one) =>
  [...one.getClientRects()].map(({ left, top, right, bottom }) => [left, top + scrollY, right, bottom + scrollY]))"""
PAINT_ELSEWHERE = """() => {
  const one = document.querySelector("strong bdi");
  one.style.clipPath = "none";
  const stray = document.createElement("span");
  stray.textContent = "承認済み";
  stray.style.cssText = "position: absolute; top: 600px";
  one.append(stray);
}"""
# What an application wrote, and nothing else, is not painted.
COLOUR = "(colour) => { for (const one of document.querySelectorAll('bdi, .initial')) one.style.color = colour; }"


@pytest.mark.parametrize("hostile", CORPUS, ids=lambda one: one.name)
def test_the_door_takes_what_can_be_shown_and_nothing_else(hostile: Any) -> None:
    """Each text is known to be one of the two."""
    assert is_plain_text(hostile.text) != hostile.refused


def test_the_corpus_is_large_enough() -> None:
    """A hundred that are shown, beside those that are refused; and no text in it twice."""
    assert len({one.text for one in CORPUS}) == len(CORPUS)
    assert len(SHOWN) >= 100


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_approval_page_stays_as_it_is(page: Page, lang: str) -> None:
    """The name, the description and two labels are the hostile text; no script runs, nothing of ours moves or says anything else."""
    ours = [page.evaluate(OURS) for _ in open_each(page, "/approve-hostile", _approval, lang, {"harmless": "契約書"})]
    for name, _, opened in open_each(page, "/approve-hostile", _approval, lang):
        assert page.evaluate(ASTRAY) == [], name
        assert page.evaluate("() => window.ran") is None, name
        assert page.evaluate(TEXTS)[:4] == opened, name
        assert [page.evaluate(OURS)] == ours, name


def test_nothing_is_painted_outside_its_box(page: Page) -> None:
    """However high or wide its letters are."""
    for name, _, _ in open_each(page, "/approve-hostile", _approval, "ja"):
        assert painted_outside(page) is None, name


@pytest.mark.parametrize("kind", ["ended", "inbox"])
def test_other_pages_stay_as_they_are(page: Page, kind: str) -> None:
    """How it ended, and the start page."""
    for name, _, _ in open_each(page, f"/{kind}-hostile", {"ended": _ended, "inbox": _inbox}[kind], "en"):
        assert page.evaluate(ASTRAY) == [], name
        assert page.evaluate("() => window.ran") is None, name


def test_a_long_text_is_cut_and_opens_at_a_tap(page: Page) -> None:
    """Cut after three lines, with an ellipsis; whole after a tap, and nothing leaves the screen."""
    for _, text, _ in open_each(page, "/approve-hostile", _approval, "ja", {"long": SHOWN["long in Japanese"]}):
        cut = page.locator("details.cut > summary").first
        letters = cut.locator("bdi")
        closed = letters.evaluate("(one) => [one.scrollHeight > one.clientHeight + 1, one.clientHeight]")
        assert closed[0], text
        cut.click()
        assert letters.evaluate("(one) => one.scrollHeight <= one.clientHeight + 1")
        assert letters.evaluate("(one) => one.clientHeight") > closed[1]
        assert page.evaluate(ASTRAY) == []


def test_the_measures_find_what_is_wrong(page: Page) -> None:
    """With a text out of its box, and with a wide one that does not break."""
    for _ in open_each(page, "/approve-hostile", _approval, "ja", {"one": "契約書"}):
        assert painted_outside(page) is None
        page.evaluate(PAINT_ELSEWHERE)
        assert painted_outside(page) is not None
        page.evaluate("() => { document.querySelector('h1').style.translate = '300px'; }")
        assert page.evaluate(ASTRAY) != []


def open_each(page: Page, path: str, make: Any, lang: str, texts: dict[str, str] = SHOWN) -> Iterator[tuple[str, str, list[str]]]:
    """Open a page for each text, on a small phone; gives its name, the text, and what name, description and labels are then."""
    page.set_viewport_size({"width": 360, "height": 640})
    page.add_init_script(STILL)
    current: list[str] = []

    def fulfil(route: Route) -> None:
        if "json" in route.request.headers["accept"]:
            route.fallback()
            return
        headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": POLICY}
        route.fulfill(body=render(make(current[0]), lang), headers=headers)

    page.route(f"**{path}?*", fulfil)
    page.route("**/inbox", lambda route: route.fulfill(json={"waiting": []}))
    for name, text in texts.items():
        current[:] = [text]
        page.goto(f"{path}?{lang}")
        page.wait_for_function(READY)
        label = text[:MAX_LABEL_CHARACTERS]
        yield name, text, [text[:MAX_NAME_CHARACTERS], text[:MAX_DESCRIPTION_CHARACTERS], label, label]


def painted_outside(page: Page) -> tuple[int, int, int, int] | None:
    """Give where the page would look otherwise without these texts, beside their own boxes."""
    page.set_viewport_size({"width": 360, "height": 3_000})  # all of it is in view, and the buttons cover nothing
    boxes = page.evaluate(BOXES)
    with_texts = picture(page)
    page.evaluate(COLOUR, "transparent")
    difference = ImageChops.difference(with_texts, picture(page))
    page.evaluate(COLOUR, "")
    inside = ImageDraw.Draw(difference)
    for left, top, right, bottom in boxes:
        inside.rectangle((left - SLACK_PX, top - SLACK_PX, right + SLACK_PX, bottom + SLACK_PX), fill=(0, 0, 0))
    page.set_viewport_size({"width": 360, "height": 640})
    return difference.getbbox()


def picture(page: Page) -> Image.Image:
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def _approval(text: str) -> Sample:
    label = text[:MAX_LABEL_CHARACTERS]
    return approval(
        application_name=text[:MAX_NAME_CHARACTERS],
        application_initial=text[0],
        description=text[:MAX_DESCRIPTION_CHARACTERS],
        documents=[one | {"label": label} for one in documents("契約書", "契約書")],
        is_lasting=True,
    )


def _ended(text: str) -> Sample:
    label = text[:MAX_LABEL_CHARACTERS]
    return ended("refused", "wrong_document", application_name=text[:MAX_NAME_CHARACTERS], documents=[{"label": label}] * 2)


def _inbox(text: str) -> Sample:
    one = {"id": "r", "application": text[:MAX_NAME_CHARACTERS], "description": text[:MAX_DESCRIPTION_CHARACTERS], "documents": 1}
    one["confidential"] = False
    return inbox([one | {"expires_in": 60, "lasting": False}, one | {"expires_in": 1_641_600, "expires": 1_797_068_600, "lasting": True}])
