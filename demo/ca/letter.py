"""
The letter with an identification code: one A4 sheet in Japanese and English, for a window envelope, to be read at seventy.

It is made once; the code is kept nowhere else. The fonts are BIZ UD Gothic (Debian `fonts-morisawa-bizud-gothic`), made for reading.
"""

from datetime import datetime
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import segno
from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import WrapMode

from demo.ca.applications import Application, Issued
from demo.ca.errors import ApplicationRefused

FONTS = Path("/usr/share/fonts/truetype/bizud-gothic")
FONT = "BIZ UDPGothic"
CODE_FONT = "BIZ UDGothic"
LEFT, RIGHT, WIDTH = 20.0, 190.0, 170.0
WINDOW_TOP, WINDOW_LEFT = 20.0, 22.0
"""Where the address shows in a Japanese window envelope (長形3号, A4 folded in three): 90 by 45 mm from 12 mm below the fold."""
ADDRESS_WIDTH = 84.0
WINDOW_HEIGHT = 46.0
SMALLEST = 9.5
SCALES = (1, 0.9, 0.8, 0.7, 0.6, 0.5)
LEADING = 0.53
"""Millimetres from line to line for each point of type size."""
QR_MM = 42.0
INK, QUIET, RULE, WASH = (25, 25, 28), (80, 80, 86), (150, 150, 156), (243, 243, 239)
JAPAN = ZoneInfo("Asia/Tokyo")


def make_letter(issued: Issued, enrollment_url: str, now: datetime) -> bytes:
    """
    Return the letter as PDF.

    With an `enrollment_url`, the QR code holds `URL#CODE`; the part behind `#` is read by the page alone and never sent in an address.
    """
    sheet = _Sheet()
    sheet.address(issued)
    sheet.sender(now)
    sheet.opening()
    sheet.code(issued)
    sheet.steps(issued, enrollment_url)
    sheet.closing()
    return bytes(sheet.pdf.output())


def check_printable(application: Application) -> None:
    """Refuse what the fonts have no letter for, before a code is made; raises ApplicationRefused."""
    missing = {letter for letter in application.name + application.postal_code + application.address if ord(letter) not in _letters()}
    if missing - {"\n"}:
        raise ApplicationRefused(f"the letter can't be printed with: {' '.join(sorted(missing))}", "name")


@cache
def _letters() -> frozenset[int]:
    with TTFont(FONTS / "BIZUDPGothic-Bold.ttf") as font:
        return frozenset(font.getBestCmap())


class _Sheet:
    """The sheet while it is written, from top to bottom; lengths are millimetres."""

    def __init__(self) -> None:
        self.pdf = pdf = FPDF(format="A4")
        pdf.set_auto_page_break(False)
        pdf.set_margins(LEFT, 15, 20)
        for family, file in ((FONT, "BIZUDPGothic"), (CODE_FONT, "BIZUDGothic")):
            pdf.add_font(family, "", FONTS / f"{file}-Regular.ttf")
            pdf.add_font(family, "B", FONTS / f"{file}-Bold.ttf")
        pdf.set_title("利用者識別符号のお知らせ / Your identification code")
        pdf.set_lang("ja")
        pdf.add_page()

    def address(self, issued: Issued) -> None:
        """Postal code, address and name, where the window is."""
        lines = [line for line in (f"〒{issued.postal_code}" if issued.postal_code else "", *issued.address.split("\n")) if line]
        sized = [(line, self._fitting(line, 11.5, ADDRESS_WIDTH)) for line in lines]
        name = f"{issued.name} 様"
        sized.append((name, self._fitting(name, 15, ADDRESS_WIDTH)))
        scale = next(scale for scale in SCALES if self._height(sized, scale) <= WINDOW_HEIGHT or scale == SCALES[-1])
        self.pdf.set_xy(WINDOW_LEFT, WINDOW_TOP)
        for line, size in sized:
            self._text(line, size * scale, bold=line is name, x=WINDOW_LEFT, width=ADDRESS_WIDTH)

    def sender(self, now: datetime) -> None:
        """Who writes, and when; beside the address."""
        for number, line in enumerate((_date_ja(now), "捺印デモ認証局", "Natsuin Demo CA")):
            self.pdf.set_xy(120, WINDOW_TOP + 6 * number)
            self._text(line, 10, x=120, width=70, align="R")

    def opening(self) -> None:
        """What this is."""
        self.pdf.set_xy(LEFT, 70)
        self._text("利用者識別符号のお知らせ", 20, bold=True)
        self._text("Your identification code for electronic signing", 12, colour=QUIET)
        self.pdf.ln(2.5)
        self._text("お申し込みを承認しました。|下の符号は、|ご本人を確かめるためのものです。", 12)
        self._text("Your application has been accepted. The code below shows that you are you.", 10, colour=QUIET)

    def code(self, issued: Issued) -> None:
        """The code in its five groups, framed, and what one must know of it."""
        pdf, top = self.pdf, self.pdf.get_y() + 3
        pdf.set_fill_color(*WASH)
        pdf.set_draw_color(*INK)
        pdf.set_line_width(0.6)
        pdf.rect(LEFT, top, WIDTH, 25, style="DF", round_corners=True, corner_radius=2)
        pdf.set_xy(LEFT, top + 4.5)
        pdf.set_font(CODE_FONT, "B", 36)
        pdf.set_text_color(*INK)
        pdf.cell(WIDTH, 16, issued.code, align="C")
        pdf.set_xy(LEFT, top + 27)
        until = issued.expires.astimezone(JAPAN)
        self._text(f"有効期限 {_date_ja(until)}（一度だけ使えます）。|0 と 1 は数字で、英字の O・I・L・U はありません。", 11)
        self._text(f"Good once, until {until:%-d %B %Y}. 0 and 1 are digits; there is no letter O, I, L or U.", 10, colour=QUIET)
        user = f"利用者 ID / User ID   {issued.user_id}"
        self._text(user, self._fitting(user, 11, WIDTH))

    def steps(self, issued: Issued, enrollment_url: str) -> None:
        """What to do, numbered, with the QR code beside it."""
        self.pdf.ln(2.5)
        self._rule(self.pdf.get_y())
        self.pdf.ln(3.5)
        below_qr = self.pdf.get_y()
        if enrollment_url:
            self._qr(f"{enrollment_url}#{issued.code}", RIGHT - QR_MM, self.pdf.get_y())
            below_qr += QR_MM
        for number, (ja, en) in enumerate(_steps(enrollment_url), 1):
            self._step(number, ja, en, WIDTH - (QR_MM + 6 if self.pdf.get_y() < below_qr else 0))

    def closing(self) -> None:
        """What one must not do; at the foot of the sheet."""
        self._rule(256)
        self.pdf.set_xy(LEFT, 258)
        self._text("この符号は、|だれにも教えないでください。", 13, bold=True)
        self._text("認証局の者が、|電話やメールでお尋ねすることはありません。", 11)
        self._text("Tell nobody this code. We never ask for it by telephone or e-mail.", 10, colour=QUIET)
        self.pdf.ln(1)
        self._text("封が開いていたとき、|お申し込みに心当たりがないときは、|使わずにご連絡ください。", 11)
        self._text("If the letter was open, or you did not apply: do not use the code, and tell us.", 10, colour=QUIET)

    def _step(self, number: int, ja: str, en: str, width: float) -> None:
        pdf, top = self.pdf, self.pdf.get_y()
        pdf.set_fill_color(*INK)
        pdf.ellipse(LEFT, top, 8, 8, style="F")
        pdf.set_xy(LEFT, top)
        pdf.set_font(FONT, "B", 13)
        pdf.set_text_color(255, 255, 255)
        pdf.cell(8, 8, str(number), align="C")
        pdf.set_xy(LEFT + 11, top + 0.6)
        self._text(ja, 12.5, x=LEFT + 11, width=width - 11)
        self._text(en, 10.5, x=LEFT + 11, width=width - 11, colour=QUIET)
        pdf.ln(1.5)

    def _rule(self, y: float) -> None:
        self.pdf.set_draw_color(*RULE)
        self.pdf.set_line_width(0.2)
        self.pdf.line(LEFT, y, RIGHT, y)

    def _height(self, sized: list[tuple[str, float]], scale: float) -> float:
        height = 0.0
        for line, size in sized:
            self.pdf.set_font(FONT, "B", size * scale)
            wrap = WrapMode.WORD if " " in line else WrapMode.CHAR
            measured = self.pdf.multi_cell(ADDRESS_WIDTH, size * scale * LEADING, line, wrapmode=wrap, dry_run=True, output="HEIGHT")
            assert isinstance(measured, float)
            height += measured
        return height

    def _fitting(self, text: str, size: float, width: float) -> float:
        """Shrink a name or an address that would not go on one line, down to what can still be read."""
        self.pdf.set_font(FONT, "B", size)
        return max(SMALLEST, min(size, size * width / self.pdf.get_string_width(text)))

    def _text(
        self,
        text: str,
        size: float,
        *,
        bold: bool = False,
        x: float = LEFT,
        width: float = WIDTH,
        align: str = "L",
        colour: tuple[int, int, int] = INK,
    ) -> None:
        """Write a paragraph at `x`, `size` in points, and go below it; Japanese breaks where there is a `|`, English between words."""
        pdf = self.pdf
        pdf.set_font(FONT, "B" if bold else "", size)
        pdf.set_text_color(*colour)
        pdf.c_margin = 0
        lines = [""]
        for phrase in text.split("|"):
            if pdf.get_string_width(lines[-1] + phrase) <= width:
                lines[-1] += phrase
            else:
                lines.append(phrase)
        wrap = WrapMode.WORD if " " in text else WrapMode.CHAR
        for line in filter(None, lines):
            pdf.set_x(x)
            pdf.multi_cell(width, size * LEADING, line, align=align, wrapmode=wrap, new_x="LMARGIN", new_y="NEXT")

    def _qr(self, content: str, left: float, top: float) -> None:
        matrix = list(segno.make_qr(content, error="m").matrix)
        module = QR_MM / len(matrix)
        self.pdf.set_fill_color(0, 0, 0)
        with self.pdf.new_path(0, 0) as path:
            path.style.fill_color = "#000000"
            path.style.stroke_color = None
            path.style.auto_close = True
            for row, modules in enumerate(matrix):
                for column, is_dark in enumerate(modules):
                    if is_dark:
                        path.rectangle(left + column * module, top + row * module, module, module)


def _steps(enrollment_url: str) -> tuple[tuple[str, str], ...]:
    if enrollment_url:
        address = enrollment_url.removeprefix("https://")
        first = (
            (
                "スマートフォンのカメラで|右の四角（QR コード）を写し、|出てきたリンクを開きます。",
                f"Point your phone's camera at the square, and open the link to {urlsplit(enrollment_url).netloc}.",
            ),
            (
                f"写せないときは、次のページを開いて|符号を入力します。小文字でも「-」なしでも大丈夫です。|{address}",
                "No camera? Open this page, and type the code.",
            ),
        )
    else:
        first = (
            (
                "署名サービスから届いた案内のリンクを、|スマートフォンで開きます。",
                "On your phone, open the link that the signing service has sent you.",
            ),
            (
                "符号を求められたら、|枠の中の符号を入力します。|小文字でも「-」なしでも大丈夫です。",
                "If asked for the code, type it. Small letters are fine.",
            ),
        )
    return (
        *first,
        (
            "画面の案内のとおり、|指紋・顔・画面ロックの|いずれかで登録します。",
            "Follow the screen: register with your fingerprint, face or screen lock.",
        ),
        (
            "「登録が完了しました」と出たら完了です。|この手紙は|細かく破って捨ててください。",
            "When the screen says so, you are registered. Then tear this letter up.",
        ),
    )


def _date_ja(moment: datetime) -> str:
    local = moment.astimezone(JAPAN)
    return f"{local.year}年{local.month}月{local.day}日"
