"""
What went over the wire for a job: each HTTP call with its answer and the time it took, without a secret.

Secrets are replaced before anything is kept: by the shell variables that a copied `curl` uses. Where a document was sent, its name is kept.
"""

import base64
import json
import re
import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote_plus

import httpx2
import msgspec

HIDDEN = {  # fields of requests and answers, and the variables that stand for them
    "access_token": "TOKEN",
    "refresh_token": "REFRESH_TOKEN",
    "client_secret": "CLIENT_SECRET",
    "SAD": "SAD",
    "code_key": "CODE_KEY",
    "code_token": "CODE_TOKEN",
    "events_token": "EVENTS_TOKEN",
}
DOCUMENT = "DOCUMENT_"
SHOWN_HEADERS = ("content-type", "prefer", "idempotency-key")
LONGEST_TEXT = 160  # of one value in an answer
LONGEST_ANSWER = 6000

Parts = tuple[str, ...]
"""A text in pieces: the first, the third, … are text, the others names of variables."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call; `status` is 0 where no answer came, and `answer` says why then."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    authorization: str  # `bearer`, `basic`, or nothing
    body: Parts
    status: int
    answer: str
    took_s: float

    @property
    def path(self) -> str:
        return httpx2.URL(self.url).path


class Recording(httpx2.AsyncBaseTransport):
    """Sends like the transport within, and tells of every call when its answer is whole, or will not come."""

    def __init__(
        self, tell: Callable[[Call], object], inner: httpx2.AsyncBaseTransport, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._tell, self._inner, self._clock = tell, inner, clock

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        began = self._clock()
        try:
            response = await self._inner.handle_async_request(request)
            content = await response.aread()
        except httpx2.TransportError as failure:
            self._tell(record(request, 0, type(failure).__name__.encode(), self._clock() - began))
            raise
        self._tell(record(request, response.status_code, content, self._clock() - began))
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


def record(request: httpx2.Request, status: int, answer: bytes, took_s: float) -> Call:
    """Keep of a call what may be shown."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    body = _read(request.content)
    found = {given: "TOKEN"} if scheme == "Bearer" else {given: "BASIC", _secret_of(given): "CLIENT_SECRET"}
    found |= {value: HIDDEN[name] for name, value in _secrets(body)}
    return Call(
        method=request.method,
        url=str(request.url),
        headers=tuple((name, request.headers[name]) for name in SHOWN_HEADERS if name in request.headers),
        authorization=scheme.lower(),
        body=_parts(body),
        status=status,
        answer=_scrub(_shown(_read(answer)), found),
        took_s=round(took_s, 3),
    )


def _secret_of(pair: str) -> str:
    """Read the secret out of `Basic` (RFC 7617, with the encoding of RFC 6749 §2.3.1)."""
    try:
        return unquote_plus(base64.b64decode(pair).decode().partition(":")[2])
    except ValueError:
        return ""


def _read(content: bytes) -> Any:
    """Give JSON as what it says, and everything else as text."""
    try:
        return json.loads(content)
    except ValueError:
        return content.decode("utf-8", "replace")


def _secrets(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in HIDDEN and isinstance(inner, str):
                yield name, inner
            yield from _secrets(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _secrets(inner)


def _parts(body: Any) -> Parts:
    """Give a request's body with variables in place of secrets and documents."""
    if isinstance(body, str):
        return (body,) if body else ()
    mark = secrets.token_hex(16)  # in no text that anybody sent

    def replaced(value: Any, name: str = "", number: int = 0) -> Any:
        if isinstance(value, dict):
            return {key: replaced(inner, key, number) for key, inner in value.items()}
        if isinstance(value, list):
            return [replaced(inner, name, position) for position, inner in enumerate(value, 1)]
        if name == "content":
            return f"{mark}{DOCUMENT}{number}{mark}"
        return f"{mark}{HIDDEN[name]}{mark}" if name in HIDDEN else value

    return tuple(json.dumps(replaced(body), ensure_ascii=False, indent=2).split(mark))


def _shown(answer: Any) -> str:
    def replaced(value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: replaced(inner, key) for key, inner in value.items()}
        if isinstance(value, list):
            return [replaced(inner) for inner in value]
        if name in HIDDEN:
            return f"${HIDDEN[name]}"
        if isinstance(value, str) and len(value) > LONGEST_TEXT:
            return f"{value[:LONGEST_TEXT]}… ({len(value)})"
        return value

    shown = answer if isinstance(answer, str) else json.dumps(replaced(answer), ensure_ascii=False, indent=2)
    return shown[:LONGEST_ANSWER]


def _scrub(text: str, found: dict[str, str]) -> str:
    """Take out what an answer repeats of its request's secrets."""
    known = sorted((value for value in found if value), key=len, reverse=True)
    return re.sub("|".join(map(re.escape, known)), lambda match: f"${found[match[0]]}", text) if known else text
