"""Renders a sample as the phone handlers do: Jinja2 with autoescape, gettext over the .po catalogues, strict about missing values."""

from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.phone.language import own_name
from app.phone.long_text import is_long
from app.phone.modules import module
from app.phone.page import date, date_and_time, size, unbroken
from app.phone.static import static_path
from app.phone.style import style

from .sample import Sample

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "templates"
PAGES = ROOT / "app" / "phone"
LANGUAGES = ("ja", "en")


@cache
def catalogue(lang: str) -> Catalog:
    with (ROOT / "app" / "locale" / f"{lang}.po").open("rb") as file:
        return read_po(file, locale=lang)


@cache
def environment(lang: str) -> Environment:
    messages = catalogue(lang)

    def gettext(sentence: str) -> str:
        message = messages.get(sentence)
        return str(message.string) if message and message.string else sentence

    made = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, extensions=["jinja2.ext.i18n"])
    made.install_gettext_callables(gettext, lambda one, many, count: one if count == 1 else many, newstyle=True)  # type: ignore[attr-defined]
    made.filters["size"] = size
    made.filters["date"] = lambda unix_s: unbroken(date(unix_s, lang))
    made.filters["datetime"] = lambda unix_s: unbroken(date_and_time(unix_s, lang))
    made.tests["long"] = is_long
    made.globals |= {"quiet_until": None, "frozen": (), "recovering": (), "told": (), "path": "/", "visiting": False}
    others = [(other, own_name(other)) for other in LANGUAGES if other != lang]
    made.globals |= {"lang": lang, "other_languages": others, "static": static_path, "module": module, "style": style()}
    return made


def render(sample: Sample, lang: str) -> str:
    return environment(lang).get_template(sample.template).render(sample.context)
