"""Requests and answers as docs/api.md shows them: reading them, filling in what earlier answers gave, and comparing."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

FENCE = re.compile(r"^```http\n(.*?)^```$|^<!-- (.+?) -->$", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"\$([A-Z][A-Z0-9_]*)")
ANY = "…"


@dataclass(frozen=True)
class Message:
    """Headers and a body: what is shown, before anything is filled in."""

    first: str
    headers: dict[str, str]
    body: str


@dataclass(frozen=True)
class Pair:
    """A request and its answer."""

    method: str
    path: str
    request: Message
    status: int
    answer: Message


def read(page: str) -> Iterator[Pair | str]:
    """Give each pair, and each sentence that says what happens in between, in their order."""
    for found in FENCE.finditer(page):
        if found[2]:
            yield found[2]
            continue
        asked, answered = found[1].split("HTTP/1.1 ")
        request, answer = _message(asked), _message(answered)
        method, path = request.first.split(" ", 1)
        yield Pair(method, path, request, int(answer.first), answer)


def _message(text: str) -> Message:
    head, _, body = text.strip().partition("\n\n")
    first, *lines = head.split("\n")
    return Message(first, dict(line.split(": ", 1) for line in lines), body)


def filled(text: str, known: dict[str, str]) -> str:
    """Put what is known in the place of its name; raises KeyError for what is not."""
    return NAME.sub(lambda found: known[found[1]], text)


def compare(shown: Any, came: Any, known: dict[str, str], where: str = "") -> None:
    """
    Compare an answer with the one that is shown, and learn what the names in it stand for.

    Fields are the same, and texts; numbers are of a kind. `…` is any text, as the last of a list whatever follows, as a field whatever
    else there is.
    """
    if isinstance(shown, dict):
        assert isinstance(came, dict), f"{where}: {came}"
        more = shown.keys() - {ANY}
        assert more <= came.keys() if ANY in shown else more == came.keys(), f"{where}: {sorted(came)} instead of {sorted(shown)}"
        for name in (one for one in shown if one in more):  # in their order: an earlier field may give the name that a later one has
            compare(shown[name], came[name], known, f"{where}.{name}")
    elif isinstance(shown, list):
        assert isinstance(came, list), f"{where}: {came}"
        rest = bool(shown) and shown[-1] == ANY and len(came) >= len(shown)
        assert len(came) == len(shown) or rest, f"{where}: {len(came)} instead of {len(shown)}"
        for place, one in enumerate(shown):
            compare(one, came[place], known, f"{where}[{place}]")
    elif isinstance(shown, str):
        assert isinstance(came, str), f"{where}: {came}"
        compare_text(shown, came, known, where)
    else:
        assert type(shown) is type(came), f"{where}: {came} instead of {shown}"
        assert shown == came or not isinstance(shown, bool), f"{where}: {came} instead of {shown}"


def compare_text(shown: str, came: str, known: dict[str, str], where: str) -> None:
    """Compare a text, in which `…` stands for anything, and learn a name that is all of it."""
    if (name := NAME.fullmatch(shown)) and name[1] not in known:
        assert came, f"{where} is empty"
        known[name[1]] = came
        return
    pattern = re.escape(filled(shown, known)).replace(re.escape(ANY), ".+")
    assert re.fullmatch(pattern, came, re.DOTALL), f"{where}: {came} instead of {shown}"


def parsed(body: str) -> Any:
    """Give the JSON of a body, or of the event in it; None where there is none."""
    return json.loads(body.strip().removeprefix("data: ")) if body else None
