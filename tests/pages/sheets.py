"""
Every page and state in every look, to be looked at: `python -m tests.pages.sheets [LOOK…]`, part of `make screens`.

The pages are those of the samples; a state is what the server makes of a page, or a part that its script shows in place of another. Each is
a picture in docs/screens/all, which git does not keep; in four of the looks all stand side by side on the sheets in docs/screens/sheets.
"""

import sys
import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Literal, NamedTuple

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, ViewportSize

from tests.harness.chromium import PATIENCE_MS, chromium

from .preview import serve
from .samples import SAMPLES
from .states import OTHERS, SHOW, STILL, open_sample

SCREENS = Path(__file__).parents[2] / "docs" / "screens"
ACROSS, PER_SHEET, GAP, NAME = 12, 72, 10, 14  # pictures in a row and on a sheet, pixels between them and for a name
MOST, COLUMN = 3, 560  # how many screens long and how many pixels wide a page may be on a sheet
GROUND = "#8c847b"
# Where a page has come to an end, or does not know yet how it goes on, its script takes the buttons away.
WITHOUT_ACTS = """(id) => {
  const part = document.getElementById(id);
  const acts = document.querySelector(".acts");
  if (acts && part.localName === "section") acts.hidden = part.matches(".end, #checking, #waiting, #made");
}"""


class Look(NamedTuple):
    """A language, colours, a screen, and how much smaller it is drawn on a sheet, where it is on one."""

    lang: Literal["ja", "en"]
    scheme: Literal["light", "dark"]
    size: ViewportSize
    scale: float | None = None

    @property
    def name(self) -> str:
        return f"{self.lang}-{self.scheme}-{self.size['width']}"


PHONE, SMALL, DESKTOP = ViewportSize(width=390, height=844), ViewportSize(width=360, height=640), ViewportSize(width=1280, height=800)
LOOKS = (
    *(Look("ja", "light", PHONE, 0.45), Look("ja", "dark", PHONE), Look("en", "light", PHONE), Look("en", "dark", PHONE, 0.45)),
    *(Look("ja", "light", SMALL), Look("ja", "dark", SMALL), Look("en", "light", SMALL, 0.35), Look("en", "dark", SMALL)),
    *(Look("ja", "light", DESKTOP), Look("ja", "dark", DESKTOP, 0.3), Look("en", "light", DESKTOP), Look("en", "dark", DESKTOP)),
)


def main(*names: str) -> None:
    """Draw the looks that are named, or all."""
    server = serve()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with chromium() as browser:
        for look in LOOKS:
            if not names or look.name in names:
                draw(browser, f"http://localhost:{server.server_port}", look)
    server.shutdown()
    server.server_close()


def draw(browser: Browser, origin: str, look: Look) -> None:
    """Take all pictures of one look, and make its sheets."""
    folder = SCREENS / "all" / look.name
    folder.mkdir(parents=True, exist_ok=True)
    small: list[tuple[str, Image.Image]] = []
    for name, picture in taken(browser, origin, look):
        picture.save(folder / f"{name}.webp", quality=80)
        if look.scale is not None:
            side = max(0, picture.width - COLUMN) // 2
            part = picture.crop((side, 0, picture.width - side, min(picture.height, MOST * look.size["height"])))
            small.append((name, part.resize((round(part.width * look.scale), round(part.height * look.scale)), Image.Resampling.LANCZOS)))
    for start in range(0, len(small), PER_SHEET):
        file = SCREENS / "sheets" / f"{look.name}-{start // PER_SHEET + 1}.webp"
        file.parent.mkdir(exist_ok=True)
        sheet(small[start : start + PER_SHEET]).save(file, quality=35, method=6)
    print(look.name)


def taken(browser: Browser, origin: str, look: Look) -> Iterator[tuple[str, Image.Image]]:
    """Take every page, and each further part of it once: most samples of a page have the same."""
    context = browser.new_context(base_url=origin, viewport=look.size, color_scheme=look.scheme, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.add_init_script(STILL)
    seen = set[tuple[str, str]]()
    for name, sample in SAMPLES.items():
        open_sample(page, name, look.lang)
        yield name, screen(page, look)
        for part in page.evaluate(OTHERS):
            if (sample.template, part) not in seen:
                seen.add((sample.template, part))
                page.evaluate(SHOW, part)
                page.evaluate(WITHOUT_ACTS, part)
                yield f"{name}.{part}", screen(page, look)
    context.close()


def screen(page: Page, look: Look) -> Image.Image:
    """Take the whole page, as on a screen of its height: so what sticks to the bottom covers nothing. Of a dialog, what is seen at once."""
    height = page.evaluate("document.querySelector('dialog[open]') ? 0 : document.documentElement.scrollHeight")
    page.set_viewport_size({"width": look.size["width"], "height": max(height, look.size["height"])})
    page.evaluate("scrollTo(0, 0)")  # some pages begin with the focus on their heading
    shot = page.screenshot()
    page.set_viewport_size(look.size)
    with Image.open(BytesIO(shot)) as read:
        return read.convert("RGB")


def sheet(pictures: list[tuple[str, Image.Image]]) -> Image.Image:
    """Put pictures in rows, each under its name."""
    width = pictures[0][1].width
    rows = [pictures[start : start + ACROSS] for start in range(0, len(pictures), ACROSS)]
    heights = [max(picture.height for _, picture in row) + NAME + GAP for row in rows]
    made = Image.new("RGB", (GAP + ACROSS * (width + GAP), GAP + sum(heights)), GROUND)
    drawing = ImageDraw.Draw(made)
    for number, row in enumerate(rows):
        for column, (name, picture) in enumerate(row):
            left, top = GAP + column * (width + GAP), GAP + sum(heights[:number])
            drawing.text((left, top), name[: width // 6], "#ffffff")
            made.paste(picture, (left, top + NAME))
    return made


if __name__ == "__main__":
    main(*sys.argv[1:])
