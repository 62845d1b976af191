"""Rendering: one template, in the person's language, with the few things that every page knows."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time, get_datetime_format
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app.phone.language import LANGUAGES, chosen_here, keep_in, kept_in, language_of, own_name, translations
from app.phone.long_text import is_long
from app.phone.modules import module
from app.phone.static import static_path
from app.phone.style import packed, style

TEMPLATES = Path(__file__).parent.parent.parent / "templates"
ZONE = ZoneInfo("Asia/Tokyo")
JAPANESE_DAY = re.compile("[0-9]+年[0-9]+月[0-9]+日")


def page(
    request: Request,
    template: str,
    *,
    http_status: int = 200,
    signed_in: bool = False,
    frozen: Sequence[dict[str, Any]] = (),
    told: Sequence[dict[str, Any]] = (),
    recovering: Sequence[dict[str, Any]] = (),
    reads: str | None = None,
    quiet_until: int | None = None,
    **context: Any,
) -> Response:
    """
    Render a template; a language chosen with `?lang=` is remembered.

    `reads` is the language that whoever is signed in has chosen, on whichever device. `frozen` are the reader's keys that are, `recovering`
    the devices that wait with a recovery code, `told` is what needs attention, `quiet_until` the time (unix seconds) before which no
    request comes. Who is signed in for a short while, without a passkey, is `visiting`: most pages are not for her.
    """
    chosen = chosen_here(request)
    language = language_of(request) if reads is None or request.query_params.get("lang") in LANGUAGES else reads
    known = {
        "lang": language,
        "other_languages": [(one, own_name(one)) for one in LANGUAGES if one != language],
        "path": request.url.path,
        "signed_in": signed_in,
        "visiting": False,
        "frozen": frozen,
        "told": told,
        "recovering": recovering,
        "quiet_until": quiet_until,
    }
    body = _environment(language).get_template(template).render(known | context).encode()
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        response = HTMLResponse(packed(body), http_status, {"Content-Encoding": "gzip"})
    else:
        response = HTMLResponse(body, http_status)
    response.headers["Vary"] = "Accept-Language, Cookie, Accept, Accept-Encoding"
    if (keep := chosen or reads) is not None and keep != kept_in(request):
        keep_in(response, request, keep)
    return response


def error_page(request: Request, status: int) -> Response:
    """Say in words what went wrong, and what to do next."""
    return page(request, "error.html", http_status=status, status=status, request_id=request.scope.get("request_id", ""))


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]  # the extension adds it
    environment.globals |= {"static": static_path, "module": module, "style": style()}
    environment.tests["long"] = is_long
    environment.filters["date"] = lambda unix: unbroken(date(unix, language))
    environment.filters["size"] = size
    environment.filters["datetime"] = lambda unix: unbroken(date_and_time(unix, language))
    return environment


def size(count: int) -> str:
    """Write how large a file is, in thousands of bytes, or millions."""
    return f"{max(1, round(count / 1_000))} kB" if count < 999_500 else f"{count / 1_000_000:.1f} MB"


def date(unix: float, language: str) -> str:
    """Write a day in Japan as a language does."""
    return format_date(_moment(unix), "long", locale=_locale(language))


def date_and_time(unix: float, language: str) -> str:
    """Write a moment in Japan as a language does; abroad it is said whose time it is."""
    locale = _locale(language)
    time = format_time(_moment(unix), "H:mm" if language == "ja" else "H:mm 'JST'", locale=locale)
    return str(get_datetime_format("medium", locale=locale)).replace("{1}", date(unix, language)).replace("{0}", time)


def _locale(language: str) -> Locale:
    return Locale.parse(language, sep="-")


def unbroken(text: str) -> Markup:
    """Keep a Japanese date in one line: a browser that breaks lines between phrases takes 12月 and 13日 for two."""
    day = JAPANESE_DAY.match(text)
    return escape(text) if day is None else Markup('<span class="day">{}</span>{}').format(day[0], text[day.end() :])


def _moment(unix: float) -> datetime:
    return datetime.fromtimestamp(unix, UTC).astimezone(ZONE)
