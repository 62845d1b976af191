"""
Which language a person reads, and the words: gettext catalogues, read from app/locale at start; one file is one more language.

A file is named after the language (BCP 47): `ko.po`, `pt-BR.po`.
"""

import gettext
import io
from functools import cache
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from starlette.requests import Request
from starlette.responses import Response

CATALOGUES = Path(__file__).parent.parent / "locale"
LANGUAGES = tuple(sorted(path.stem for path in CATALOGUES.glob("*.po")))
DEFAULT = "en"
COOKIE = "language"
YEAR_S = 366 * 86_400
_KNOWN = {language.lower(): language for language in LANGUAGES}


def language_of(request: Request) -> str:
    """Choose by the person's own switch, else by Accept-Language (RFC 9110 §12.5.4), else English."""
    for chosen in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if chosen in LANGUAGES:
            return chosen
    ranked = sorted((_weight(part), -place, part) for place, part in enumerate(request.headers.get("accept-language", "").split(",")[:20]))
    for weight, _, part in reversed(ranked):
        tag = part.partition(";")[0].strip().lower()
        language = _KNOWN.get(tag) or _KNOWN.get(tag.partition("-")[0])
        if weight > 0 and language is not None:
            return language
    return DEFAULT


def chosen_here(request: Request) -> str | None:
    """Give the language that was switched to by a link on a page of ours; another site's link is followed, but not remembered."""
    chosen = request.query_params.get("lang")
    ours = request.headers.get("sec-fetch-site", "same-origin") == "same-origin"  # Fetch Metadata; older browsers do not say
    return chosen if ours and chosen in LANGUAGES else None


def kept_in(request: Request) -> str | None:
    """Give the language that this browser was told to keep."""
    kept = request.cookies.get(COOKIE)
    return kept if kept in LANGUAGES else None


def keep_in(response: Response, request: Request, language: str) -> None:
    """Have this browser keep a language, for the pages on which nobody is signed in."""
    response.set_cookie(COOKIE, language, max_age=YEAR_S, httponly=True, samesite="lax", secure=request.url.scheme == "https")


def own_name(language: str) -> str:
    """Say how a language calls itself."""
    locale = Locale.parse(language, sep="-")
    name = locale.get_display_name(locale) or language
    return name[:1].upper() + name[1:]


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
