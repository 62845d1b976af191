"""Rendering: one template, in the person's language, with the few things that every page knows."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app.phone.language import COOKIE, LANGUAGES, language_of, translations
from app.phone.long_text import is_long

ROOT = Path(__file__).parent.parent.parent
STATIC = ROOT / "static"
ZONE = ZoneInfo("Asia/Tokyo")
YEAR_S = 366 * 86_400
_DATETIME = {"ja": "y年M月d日 H:mm", "en": "MMMM d, y, H:mm 'JST'"}


def page(
    request: Request,
    template: str,
    *,
    http_status: int = 200,
    signed_in: bool = False,
    frozen: Sequence[dict[str, Any]] = (),
    told: Sequence[dict[str, Any]] = (),
    recovering: Sequence[dict[str, Any]] = (),
    quiet_until: int | None = None,
    **context: Any,
) -> Response:
    """
    Render a template; a language chosen with `?lang=` is remembered.

    `frozen` are the reader's keys that are, `recovering` the devices that wait with a recovery code, `told` is what needs attention,
    `quiet_until` the time (unix seconds) before which no request comes.
    Who is signed in for a short while, without a passkey, is `visiting`: most pages are not for her.
    """
    language = language_of(request)
    known = {
        "lang": language,
        "other_lang": next(one for one in LANGUAGES if one != language),
        "path": request.url.path,
        "signed_in": signed_in,
        "visiting": False,
        "frozen": frozen,
        "told": told,
        "recovering": recovering,
        "quiet_until": quiet_until,
    }
    response = HTMLResponse(_environment(language).get_template(template).render(known | context), http_status)
    response.headers["Vary"] = "Accept-Language, Cookie, Accept"
    if request.query_params.get("lang") == language:
        response.set_cookie(COOKIE, language, max_age=YEAR_S, httponly=True, samesite="lax", secure=request.url.scheme == "https")
    return response


def error_page(request: Request, status: int) -> Response:
    """Say in words what went wrong, and what to do next."""
    return page(request, "error.html", http_status=status, status=status, request_id=request.scope.get("request_id", ""))


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    environment.globals["static"] = static_path
    environment.tests["long"] = is_long
    environment.filters["date"] = lambda unix: format_date(_moment(unix), "long", locale=language)
    environment.filters["datetime"] = lambda unix: format_datetime(_moment(unix), _DATETIME[language], locale=language)
    return environment


@cache
def static_digest() -> str:
    """Name the state of all static files; it stands in their path, so that scripts which import each other always fit together."""
    whole = hashlib.sha256()
    for file in sorted(path for path in STATIC.rglob("*") if path.is_file()):
        whole.update(file.relative_to(STATIC).as_posix().encode() + b"\0" + file.read_bytes())
    return whole.hexdigest()[:12]


def static_path(path: str) -> str:
    """Give the address of a static file, which names the state of them all."""
    return f"/static/{static_digest()}/{path}"


def _moment(unix: float) -> datetime:
    return datetime.fromtimestamp(unix, UTC).astimezone(ZONE)
