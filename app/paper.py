"""
Sheets of paper as PDF: A4, Japanese with English below, to be read at seventy; what stands on them, others know.

The fonts are BIZ UD Gothic (Debian `fonts-morisawa-bizud-gothic`), made for reading. Nothing here is signed.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import WrapMode

from app.errors import FontsMissing

FONTS = Path("/usr/share/fonts/truetype/bizud-gothic")
FONT, FIXED = "BIZ UDPGothic", "BIZ UDGothic"
FILES = {FONT: "BIZUDPGothic", FIXED: "BIZUDGothic"}
LEFT, TOP, WIDTH, BOTTOM = 22.0, 24.0, 166.0, 22.0
NAMES_WIDTH = 52.0
LEADING = 0.55
"""Millimetres from line to line for each point of type size."""
INK, QUIET, RULE, SEAL = (27, 25, 23), (88, 84, 79), (196, 190, 182), (184, 39, 45)
MISSING = "〓"  # what Japanese printers set where they have no type for a letter
ZONE = ZoneInfo("Asia/Tokyo")

Text = str | Sequence[str]
"""A paragraph, which breaks anywhere; or its phrases, which break between them."""


class Paper:
    """
    Sheets while they are written, from top to bottom; a new one begins where one is full.

    Raises:
        FontsMissing: the fonts are not on this machine.
    """

    def __init__(self, title: str, *, author: str, subject: str, now: float) -> None:
        if not has_fonts():
            raise FontsMissing(f"{FONTS}: install fonts-morisawa-bizud-gothic")
        self._pdf = pdf = FPDF(format="A4")
        pdf.set_margins(LEFT, TOP, 210 - LEFT - WIDTH)
        pdf.set_auto_page_break(True, BOTTOM)
        for family, file in FILES.items():
            pdf.add_font(family, "", FONTS / f"{file}-Regular.ttf")
            pdf.add_font(family, "B", FONTS / f"{file}-Bold.ttf")
        pdf.c_margin = 0
        pdf.set_title(title)
        pdf.set_author(printable(author))
        pdf.set_subject(subject)
        pdf.set_creator("Natsuin")
        pdf.set_lang("ja")
        pdf.set_creation_date(datetime.fromtimestamp(now, UTC))
        pdf.set_display_mode("fullwidth")
        pdf.add_page()

    def heading(self, ja: str, en: str, aside: Sequence[str] = ()) -> None:
        """What this is, large, under the red mark; `aside` stands at the right, a line each."""
        pdf, top = self._pdf, self._pdf.get_y()
        pdf.set_fill_color(*SEAL)
        pdf.rect(LEFT, top - 6, 14, 1.4, style="F")
        self._write(ja, 26, bold=True)
        self._write(en, 13, colour=QUIET)
        below = pdf.get_y()
        pdf.set_y(top + 1)
        for line in aside:
            self._write(line, 10, colour=QUIET, align="R")
        pdf.set_y(max(below, pdf.get_y()) + 5)

    def section(self, ja: str, en: str) -> None:
        """A smaller heading."""
        if self._pdf.will_page_break(24):
            self._pdf.add_page()
        self._pdf.ln(3)
        self._write(f"{ja}　{en}", 12.5, bold=True)
        self._pdf.ln(1.5)

    def sentence(self, ja: str, en: str, size: float = 12) -> None:
        """A paragraph in both languages; Japanese breaks where there is a `|`, so these are our own words only."""
        self._write(ja.split("|"), size)
        self._write(en, size - 2, colour=QUIET)
        self._pdf.ln(2.5)

    def facts(self, rows: Sequence[tuple[str, str, Sequence[str]]]) -> None:
        """A table: each row has a name in both languages and lines of what it is; a line of hexadecimal groups is set fixed and small."""
        for ja, en, lines in rows:
            if self._pdf.will_page_break(8 + 6 * len(lines)):
                self._pdf.add_page()
            self._rule()
            top = self._pdf.get_y() + 2.4
            self._pdf.set_y(top)
            self._write(ja, 10.5, width=NAMES_WIDTH)
            self._write(en, 8.5, width=NAMES_WIDTH, colour=QUIET)
            below = self._pdf.get_y()
            self._pdf.set_y(top)
            for line in lines:
                fixed = is_hexadecimal(line)
                size = 10.0 if fixed else 11.5
                self._write(printable(line), size, x=LEFT + NAMES_WIDTH + 4, width=WIDTH - NAMES_WIDTH - 4, family=FIXED if fixed else FONT)
            self._pdf.set_y(max(below, self._pdf.get_y()) + 2.4)
        self._rule()
        self._pdf.ln(4)

    def attach(self, name: str, content: bytes, description: str) -> None:
        """Put a file into the PDF."""
        self._pdf.embed_file(basename=name, bytes=content, desc=description, mime_type="application/json", compress=True)

    def output(self) -> bytes:
        """Give the PDF."""
        return bytes(self._pdf.output())

    def _rule(self) -> None:
        self._pdf.set_draw_color(*RULE)
        self._pdf.set_line_width(0.25)
        self._pdf.line(LEFT, self._pdf.get_y(), LEFT + WIDTH, self._pdf.get_y())

    def _write(
        self,
        text: Text,
        size: float,
        *,
        bold: bool = False,
        x: float = LEFT,
        width: float = WIDTH,
        align: str = "L",
        colour: tuple[int, int, int] = INK,
        family: str = FONT,
    ) -> None:
        """Write a paragraph, `size` in points, and go below it."""
        pdf = self._pdf
        pdf.set_font(family, "B" if bold else "", size)
        pdf.set_text_color(*colour)
        for line in self._lines(text, width):
            wrap = WrapMode.WORD if " " in line and family == FONT else WrapMode.CHAR
            pdf.set_x(x)
            pdf.multi_cell(width, size * LEADING, line, align=align, wrapmode=wrap, new_x="LMARGIN", new_y="NEXT")

    def _lines(self, text: Text, width: float) -> list[str]:
        if isinstance(text, str):
            return [text]
        lines = [""]
        for phrase in text:
            if self._pdf.get_string_width(lines[-1] + phrase) <= width:
                lines[-1] += phrase
            else:
                lines.append(phrase)
        return [line for line in lines if line]


def has_fonts() -> bool:
    """Tell whether what is printed with is on this machine."""
    return all((FONTS / f"{file}-{weight}.ttf").is_file() for file in FILES.values() for weight in ("Regular", "Bold"))


def printable(text: str) -> str:
    """Give text as it can be printed: where the fonts have no letter, 〓 and its number in Unicode, so that nobody takes it for another."""
    known = _letters()
    return "".join(letter if ord(letter) in known else f"{MISSING}(U+{ord(letter):04X})" for letter in text)


def grouped(hexadecimal: str, per_line: int = 8) -> list[str]:
    """Cut a fingerprint into groups of four, as people compare it, and these into lines."""
    groups = [hexadecimal[start : start + 4] for start in range(0, len(hexadecimal), 4)]
    return [" ".join(groups[start : start + per_line]) for start in range(0, len(groups), per_line)]


def is_hexadecimal(line: str) -> bool:
    """Tell a line of a fingerprint from words."""
    return len(line) >= 9 and set(line) <= set("0123456789abcdef ")


def date_ja(unix: float) -> str:
    local = datetime.fromtimestamp(unix, ZONE)
    return f"{local.year}年{local.month}月{local.day}日"


def date_en(unix: float) -> str:
    return f"{datetime.fromtimestamp(unix, ZONE):%-d %B %Y}"


def time_of_day(unix: float) -> str:
    return f"{datetime.fromtimestamp(unix, ZONE):%H:%M:%S}"


@cache
def _letters() -> frozenset[int]:
    with TTFont(FONTS / "BIZUDPGothic-Bold.ttf") as font:
        return frozenset(font.getBestCmap())
