"""Reading a letter as the world does: poppler for the words, zxing for the QR code on the printed page."""

import re
import subprocess
from pathlib import Path
from typing import NamedTuple

import zxingcpp
from PIL import Image

CODE = re.compile(r"\b(?:[0-9A-HJKMNP-TV-Z]{4}-){4}[0-9A-HJKMNP-TV-Z]{4}\b")


class Letter(NamedTuple):
    """What is on the paper."""

    text: str
    code: str
    qr: str | None


def read_letter(pdf: Path) -> Letter:
    """Print the letter, and read words, code and QR code."""
    text = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, check=True, text=True, timeout=30).stdout
    subprocess.run(["pdftoppm", "-r", "150", "-gray", "-png", "-singlefile", pdf, pdf.with_suffix("")], check=True, timeout=30)
    with Image.open(pdf.with_suffix(".png")) as picture:
        found = zxingcpp.read_barcodes(picture)
    (code,) = set(CODE.findall(text))
    return Letter(text, code, found[0].text if found else None)
