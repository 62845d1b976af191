"""Where the pictures of docs/screens are, and how one is taken."""

import subprocess
from pathlib import Path

from tests.browser.phone import Phone
from tests.harness.stack import ROOT

SCREENS = ROOT / "docs" / "screens"
ANDROID = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"


def picture(phone: Phone, name: str, *, whole: bool = False) -> None:
    """Take the screen, or the whole page where it is longer."""
    phone.page.screenshot(path=SCREENS / f"{name}.png", full_page=whole)


def dark_picture(phone: Phone, name: str, *, whole: bool = False) -> None:
    """Take it as who prefers dark sees it."""
    phone.page.emulate_media(color_scheme="dark")
    picture(phone, name, whole=whole)
    phone.page.emulate_media(color_scheme="light")


def paper_picture(pdf: Path, name: str) -> None:
    """Draw a printed page."""
    subprocess.run(["pdftoppm", "-r", "75", "-gray", "-png", "-singlefile", pdf, SCREENS / name], check=True, timeout=30)
