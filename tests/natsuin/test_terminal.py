"""What `natsuin sign` draws on a terminal: a QR code that a foreign reader reads, the number, how far it has come."""

from io import StringIO

import pytest
from PIL import Image
from rich.console import Console
from zxingcpp import read_barcodes

from natsuin.client import Asked, MovingCode
from natsuin.terminal import Display, qr_code

ADDRESS = "https://sign.example/approve/AAAAAAAAAAAAAAAAAAAAAA"
SCALE = 6


def read(lines: list[str]) -> str:
    """Have zxing read what was drawn, two rows of modules in each line."""
    width, height = max(len(line) for line in lines), 2 * len(lines)
    picture = Image.new("L", (width, height), 255)
    for y, line in enumerate(lines):
        for x, sign in enumerate(line):
            for half, dark in enumerate({" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}[sign]):
                if dark:
                    picture.putpixel((x, 2 * y + half), 0)
    (found,) = read_barcodes(picture.resize((width * SCALE, height * SCALE), Image.Resampling.NEAREST))
    return str(found.text)


@pytest.mark.parametrize("address", [ADDRESS, "https://sign.example/s#" + "t" * 90])
def test_the_code_is_read_by_a_foreign_reader(address: str) -> None:
    assert read(qr_code(address).plain.split("\n")) == address


def test_the_picture_says_all_that_the_signer_needs() -> None:
    """The link as a code and as text, the number, how far it is; where there is a moving code only, that one."""
    display = Display(as_json=False)
    display.asked(Asked("handle", 180, ADDRESS, "47", None, "waiting"))
    display.progress("opened")
    drawn = drawing(display)
    assert all(one in drawn for one in (ADDRESS, "47", "opened by the signer", "s left"))
    display.asked(Asked("handle", 180, None, None, MovingCode("https://sign.example/s", "token", "key", 7, lambda: 0.0), None))
    lines = [line for line in drawing(display).split("\n") if set(line.strip()) & set("▀▄█")]
    assert read(lines).startswith("https://sign.example/s#token.qr.7.")


def drawing(display: Display) -> str:
    out = StringIO()
    Console(file=out, width=120).print(display.picture())
    return out.getvalue()
