"""Renders a sample as the phone handlers do: Jinja2 with autoescape, gettext over the .po catalogues, strict about missing values."""

from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.phone.long_text import is_long

from .sample import Sample

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "static"
TEMPLATES = ROOT / "templates"
PAGES = ROOT / "app" / "phone"
LANGUAGES = ("ja", "en")
ZONE = ZoneInfo("Asia/Tokyo")


@cache
def catalogue(lang: str) -> Catalog:
    with (ROOT / "app" / "locale" / f"{lang}.po").open("rb") as file:
        return read_po(file, locale=lang)


@cache
def static_prefix() -> str:
    """One digest over the whole folder, so that modules that import each other by relative path carry it too."""
    digest = sha256(b"".join(path.read_bytes() for path in sorted(STATIC.iterdir())))
    return f"/static/{digest.hexdigest()[:12]}"


@cache
def environment(lang: str) -> Environment:
    messages = catalogue(lang)

    def gettext(sentence: str) -> str:
        message = messages.get(sentence)
        return str(message.string) if message and message.string else sentence

    def date(unix_s: int) -> str:
        return format_date(datetime.fromtimestamp(unix_s, ZONE), "long", locale=lang)

    def time(unix_s: int) -> str:
        return format_time(datetime.fromtimestamp(unix_s, ZONE), "H:mm", locale=lang)

    made = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, extensions=["jinja2.ext.i18n"])
    made.install_gettext_callables(gettext, lambda one, many, count: one if count == 1 else many, newstyle=True)  # type: ignore[attr-defined]
    made.filters |= {"date": date, "datetime": lambda unix_s: f"{date(unix_s)} {time(unix_s)}"}
    made.tests["long"] = is_long
    made.globals |= {"quiet_until": None, "frozen": (), "recovering": (), "told": (), "path": "/", "visiting": False}
    made.globals |= {"lang": lang, "other_lang": "en" if lang == "ja" else "ja", "static": lambda path: f"{static_prefix()}/{path}"}
    return made


def render(sample: Sample, lang: str) -> str:
    return environment(lang).get_template(sample.template).render(sample.context)
