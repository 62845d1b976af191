"""Which language a person reads, and the words: gettext catalogues, read from app/locale at start; one file is one more language."""

import gettext
import io
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from starlette.requests import Request

CATALOGUES = Path(__file__).parent.parent / "locale"
LANGUAGES = tuple(sorted(path.stem for path in CATALOGUES.glob("*.po")))
DEFAULT = "en"
COOKIE = "language"


def language_of(request: Request) -> str:
    """Choose by the person's own switch, else by Accept-Language (RFC 9110 §12.5.4), else English."""
    for chosen in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if chosen in LANGUAGES:
            return chosen
    ranked = sorted((_weight(part), -place, part) for place, part in enumerate(request.headers.get("accept-language", "").split(",")[:20]))
    for weight, _, part in reversed(ranked):
        language = part.partition(";")[0].strip().partition("-")[0].lower()
        if weight > 0 and language in LANGUAGES:
            return language
    return DEFAULT


@cache
def translations(language: str) -> gettext.NullTranslations:
    """Load a catalogue."""
    with (CATALOGUES / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _weight(part: str) -> float:
    quality = part.partition("q=")[2].strip()
    try:
        return float(quality) if quality else 1.0
    except ValueError:
        return 0.0
