"""
The pictures of docs/screens, taken from real flows on a real stack: `python -m tests.browser.screens`.

It also draws static/logo.png from static/mark.svg. Run it again when the pages have changed.
"""

import tempfile
from pathlib import Path

from playwright.sync_api import Browser

from tests.browser.asking import Request
from tests.browser.conftest import credential_of
from tests.browser.phone import Phone, chromium
from tests.browser.words import ENGLISH, JAPANESE, Words
from tests.harness.stack import ROOT, Application, Stack, running_stack

SCREENS = ROOT / "docs" / "screens"
LOGO_PX = 256
PEOPLE = {"ja": (JAPANESE, "山田 太郎"), "en": (ENGLISH, "Taro Yamada")}
ASKED = {
    "ja": ("工事請負契約の締結", "工事請負契約書_AK-2026-118.pdf"),
    "en": ("Construction contract", "Contract_AK-2026-118.pdf"),
}


def main() -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder)) as stack, chromium() as browser:
        draw_logo(browser)
        application = stack.application("青葉建設株式会社 電子契約", "--code")
        for language in PEOPLE:
            take(browser, stack, application, language)
    for picture in sorted(SCREENS.iterdir()):
        print(f"{picture.stat().st_size // 1000:4} kB  {picture.relative_to(ROOT)}")


def take(browser: Browser, stack: Stack, application: Application, language: str) -> None:
    """Go the way of one person, and take a picture of each page."""
    words, name = PEOPLE[language]
    user_id = {"ja": "taro", "en": "taro-en"}[language]
    phone = Phone(browser, stack.origin, words, device_scale_factor=2)
    ...


if __name__ == "__main__":
    main()
