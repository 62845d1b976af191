"""
The seal (印影): the family name of the signer in a red ring, as outlines of a font, for the page (SVG) and for the PDF (ISO 32000-1 §8.5).

The font is BIZ UD Gothic (Debian `fonts-morisawa-bizud-gothic`). It is a picture of a signature, and proves nothing.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont
from pyhanko.pdf_utils.content import RawContent
from pyhanko.pdf_utils.layout import AxisAlignment, BoxConstraints, Margins, SimpleBoxLayoutRule
from pyhanko.stamp import StaticStampStyle

FONT = Path("/usr/share/fonts/truetype/bizud-gothic/BIZUDGothic-Bold.ttf")
SIDE = 100  # everything is drawn in a square of this side, from its lower left corner
RING, RING_WIDTH = 47.0, 4.5
MOST_CHARACTERS = 4
TYPE_SIZES = {1: 58.0, 2: 38.0, 3: 26.5, 4: 20.5}  # by the number of characters
LINE = 1.02  # from character to character, for one of type size
RED = (0.784, 0.216, 0.176)
KAPPA = 0.5523  # how far the handles of four Bézier curves are out, for a circle

Point = tuple[float, float]
Stroke = tuple[str, tuple[Point, ...]]
"""One operator of PDF (`m`, `l`, `c`, `h`), and its points."""


class SealImpossible(Exception):
    """This name can't be drawn: the font is not on this machine, or has no letter for it."""


def name_on_seal(name: str) -> str:
    """Choose what stands on the seal: the family name of a Japanese name, else initials."""
    words = name.split() or ["?"]
    if not words[0].isascii():
        return words[0][:MOST_CHARACTERS]
    return "".join(word[0].upper() for word in words[:2])


def draw_svg(text: str) -> str:
    """Draw it for a page; raises SealImpossible."""
    path = " ".join(_SVG[operator] + " ".join(f"{x:.2f} {y:.2f}" for x, y in points) for operator, points in _outlines(text))
    ring = f'<circle cx="50" cy="50" r="{RING}" fill="none" stroke="#c8372d" stroke-width="{RING_WIDTH}"/>'
    drawn = f'<g transform="matrix(1 0 0 -1 0 {SIDE})">{ring}<path fill="#c8372d" d="{path}"/></g>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}">{drawn}</svg>'


def stamp_style(text: str, turned: int) -> StaticStampStyle:
    """Draw it for a PDF, on a page that viewers turn clockwise by so many degrees (0, 90, 180, 270); raises SealImpossible."""
    colour = "{:.3f} {:.3f} {:.3f}".format(*RED)
    letters = " ".join(f"{_flat(points)} {operator}".strip() for operator, points in _outlines(text))
    ring = " ".join(f"{_flat(points)} {operator}".strip() for operator, points in _circle())
    drawn = f"q {_turn(turned)} cm {colour} RG {colour} rg {RING_WIDTH} w {ring} S {letters} f Q"
    content = RawContent(drawn.encode("ascii"), box=BoxConstraints(SIDE, SIDE))
    layout = SimpleBoxLayoutRule(x_align=AxisAlignment.ALIGN_MID, y_align=AxisAlignment.ALIGN_MID, margins=Margins())
    return StaticStampStyle(border_width=0, background=content, background_layout=layout, background_opacity=1)


_SVG = {"m": "M", "l": "L", "c": "C", "h": "Z"}


def _flat(points: tuple[Point, ...]) -> str:
    return " ".join(f"{x:.2f} {y:.2f}" for x, y in points)


def _turn(degrees: int) -> str:
    """Turn the square counterclockwise around its middle, so that it stands upright on the turned page."""
    return {0: "1 0 0 1 0 0", 90: f"0 1 -1 0 {SIDE} 0", 180: f"-1 0 0 -1 {SIDE} {SIDE}", 270: f"0 -1 1 0 0 {SIDE}"}[degrees]


def _circle() -> Iterator[Stroke]:
    middle, handle = SIDE / 2, RING * KAPPA
    ends = [(1, 0), (0, 1), (-1, 0), (0, -1)]
    yield "m", ((middle + RING, middle),)
    for (x, y), (to_x, to_y) in zip(ends, [*ends[1:], ends[0]], strict=True):
        first = (middle + x * RING + to_x * handle, middle + y * RING + to_y * handle)
        second = (middle + to_x * RING + x * handle, middle + to_y * RING + y * handle)
        yield "c", (first, second, (middle + to_x * RING, middle + to_y * RING))
    yield "h", ()


@cache
def _outlines(text: str) -> tuple[Stroke, ...]:
    """Give the letters: Japanese from top to bottom, others in a line."""
    try:
        font = TTFont(FONT)
    except OSError:
        raise SealImpossible(f"{FONT}: install fonts-morisawa-bizud-gothic") from None
    with font:
        letters, glyphs = font.getBestCmap(), font.getGlyphSet()
        missing = [letter for letter in text if ord(letter) not in letters]
        if missing or not 0 < len(text) <= MOST_CHARACTERS:
            raise SealImpossible(f"the font has no {' '.join(missing)}")
        em: int = font["head"].unitsPerEm
        size, is_upright = TYPE_SIZES[len(text)], not text.isascii()
        names = [letters[ord(letter)] for letter in text]
        if is_upright:
            names = [_vertical_forms(font).get(name, name) for name in names]
        scale = size / em
        middle_of_letter = (font["OS/2"].sTypoAscender + font["OS/2"].sTypoDescender) / 2 if is_upright else font["OS/2"].sCapHeight / 2
        widths = [glyphs[name].width * scale for name in names]
        x, y = (SIDE - sum(widths)) / 2, SIDE / 2 - middle_of_letter * scale
        strokes: list[Stroke] = []
        for position, name in enumerate(names):
            if is_upright:
                x = (SIDE - widths[position]) / 2
                y = SIDE / 2 + ((len(names) - 1) / 2 - position) * size * LINE - middle_of_letter * scale
            glyphs[name].draw(_Pen(strokes, glyphs, scale, (x, y)))
            x += widths[position]
        return tuple(strokes)


def _vertical_forms(font: Any) -> dict[str, str]:
    """Read which letters have another form from top to bottom (OpenType feature `vert`)."""
    forms: dict[str, str] = {}
    table = font["GSUB"].table
    for record in table.FeatureList.FeatureRecord:
        if record.FeatureTag == "vert":
            for index in record.Feature.LookupListIndex:
                for part in table.LookupList.Lookup[index].SubTable:
                    forms |= getattr(part, "mapping", None) or getattr(part.ExtSubTable, "mapping", {})
    return forms


class _Pen(BasePen):  # type: ignore[misc]  # fontTools has no types
    """Collects outlines, scaled and moved; quadratic curves become cubic ones, which PDF has."""

    def __init__(self, strokes: list[Stroke], glyphs: Any, scale: float, at: Point) -> None:
        super().__init__(glyphs)
        self._strokes, self._scale, self._at = strokes, scale, at

    def _add(self, operator: str, *points: Point) -> None:
        moved = tuple((self._at[0] + x * self._scale, self._at[1] + y * self._scale) for x, y in points)
        self._strokes.append((operator, moved))

    def _moveTo(self, pt: Point) -> None:  # noqa: N802  # the name that fontTools calls
        self._add("m", pt)

    def _lineTo(self, pt: Point) -> None:  # noqa: N802
        self._add("l", pt)

    def _curveToOne(self, pt1: Point, pt2: Point, pt3: Point) -> None:  # noqa: N802
        self._add("c", pt1, pt2, pt3)

    def _closePath(self) -> None:  # noqa: N802
        self._add("h")
