"""A page names every module that its script needs, and no other."""

import re

from app.phone.modules import IMPORT, module
from app.phone.static import STATIC, static_path


def test_every_import_is_seen() -> None:
    """However it is written."""
    for script in STATIC.glob("*.js"):
        text = script.read_text()
        assert len(re.findall(r"^(?:import|export)\b[^;(]*\bfrom\b", text, re.MULTILINE)) == len(IMPORT.findall(text)), script


def test_what_is_imported_by_what_is_imported_is_named() -> None:
    """Each once, beside the script itself."""
    named = re.findall(r'(?:src|href)="([^"]+)"', module("approve-device.js"))
    assert named == [static_path(name) for name in ("approve-device.js", "change.js", "page.js", "webauthn.js")]
