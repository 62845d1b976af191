"""Sentences for people in Japanese and English, written side by side, and the choice between them (RFC 9110 §12.5.4)."""

from typing import Literal, NamedTuple, cast

from starlette.requests import Request

Language = Literal["ja", "en"]
COOKIE = "aoba-language"


class Words(NamedTuple):
    """One sentence, said in both languages; neither is a translation of the other."""

    ja: str
    en: str

    def said_in(self, language: Language) -> str:
        return self.ja if language == "ja" else self.en


def choose_language(request: Request) -> Language:
    """Take the language that was switched to (`?lang=`, then the cookie), or else the browser's first one that we have."""
    for chosen in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if chosen in ("ja", "en"):
            return cast(Language, chosen)
    wanted = sorted(_preferences(request.headers.get("accept-language", "")), key=lambda preference: -preference[1])
    return next((language for language, quality in wanted if quality > 0), "ja")


def _preferences(header: str) -> list[tuple[Language, float]]:
    preferences: list[tuple[Language, float]] = []
    for part in header.split(","):
        tag, _, parameter = part.strip().partition(";")
        language = tag.strip().lower().partition("-")[0]
        quality = parameter.strip().removeprefix("q=")
        if language in ("ja", "en"):
            is_number = quality.replace(".", "", 1).isdigit() and quality.isascii()
            preferences.append((cast(Language, language), float(quality) if is_number else 1.0))
    return preferences
