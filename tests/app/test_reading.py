"""Bodies, without a server: what is read, and when reading stops."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from starlette.requests import Request

from app.errors import BadContentType, BadJson, BodyTooLarge
from app.reading import read_bytes, read_json

Message = dict[str, Any]


def post(*chunks: bytes, **headers: str) -> tuple[Request, list[int]]:
    """Make a request whose body comes in chunks, and a list that grows by one for each that was asked for."""
    asked: list[int] = []

    async def receive() -> Message:
        asked.append(1)
        return {"type": "http.request", "body": chunks[len(asked) - 1], "more_body": len(asked) < len(chunks)}

    sent = {"content-type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(name.encode(), value.encode()) for name, value in sent.items()]}
    return Request(scope, receive), asked


def read(how: Callable[[Request, int], Awaitable[Any]], request: Request, most_bytes: int = 100) -> Any:
    async def run() -> Any:
        return await how(request, most_bytes)

    return asyncio.run(run())


def test_one_object_is_read_in_whatever_chunks() -> None:
    """A character may be cut in two on the way."""
    raw = '{"名前":"太郎"}'.encode()
    request, _ = post(*(raw[place : place + 1] for place in range(len(raw))))
    assert read(read_json, request) == {"名前": "太郎"}


def test_pairs_of_surrogates_are_characters() -> None:
    """Escaped as two halves or raw: the same text."""
    request, _ = post(b'{"a":"\\ud842\\udfb7","b":"\xf0\xa0\xae\xb7"}')
    assert read(read_json, request) == {"a": "𠮷", "b": "𠮷"}


@pytest.mark.parametrize(
    "raw", [b'{"a":"\\ud842"}', b'{"\\udfb7":1}', b'{"a":[{"b":"x\\udfb7\\ud842"}]}', b'{"a":"\\\\\\ud842"}', b"\xff", b"[]"]
)
def test_what_has_no_encoding_is_no_json(raw: bytes) -> None:
    """Half a surrogate pair, anywhere in it, could not be stored or passed on (RFC 7493 §2.1)."""
    request, _ = post(raw)
    with pytest.raises(BadJson):
        read(read_json, request)


def test_backslash_before_u_is_no_escape() -> None:
    """An escaped backslash followed by a u is just that."""
    request, _ = post(b'{"a":"\\\\ud842"}')
    assert read(read_json, request) == {"a": "\\ud842"}


def test_type_is_looked_at_before_the_body() -> None:
    """A body of another type is never asked for."""
    request, asked = post(b"{}", content_type="text/plain")
    with pytest.raises(BadContentType):
        read(read_json, request)
    assert not asked


def test_too_long_by_its_own_word_is_not_read_at_all() -> None:
    """Content-Length over the limit, or none at all that is a number."""
    for length in ("101", "1e9", "-1", ""):
        request, asked = post(b"x", content_length=length)
        with pytest.raises(BodyTooLarge):
            read(read_bytes, request)
        assert not asked


def test_too_long_without_a_word_is_read_no_further() -> None:
    """Reading stops at the chunk that goes over the limit."""
    request, asked = post(*[b"x" * 30] * 10)
    with pytest.raises(BodyTooLarge):
        read(read_bytes, request)
    assert len(asked) == 4


def test_limit_itself_is_allowed() -> None:
    """As many bytes as may be, and nothing."""
    assert read(read_bytes, post(b"x" * 60, b"x" * 40)[0]) == b"x" * 100
    assert read(read_bytes, post(b"")[0]) == b""
