"""Reading request bodies strictly: of a known type, within a limit, JSON with each key once."""

import json
from typing import Any

from starlette.requests import Request

from app.errors import BadContentType, BadJson, BodyTooLarge


async def read_json(request: Request, most_bytes: int) -> dict[str, Any]:
    """
    Read one JSON object of at most `most_bytes`.

    Raises:
        BadContentType, BodyTooLarge, BadJson: a wrong type, too long, no JSON in UTF-8 (RFC 7493 §2.1), not an object, or a key twice.
    """
    if media_type(request) != "application/json":
        raise BadContentType("Content-Type must be application/json")
    raw = await read_bytes(request, most_bytes)
    try:
        text = raw.decode()
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair is no character, and breaks whatever stores it
    except (ValueError, RecursionError):
        raise BadJson("The body must be one JSON object, each key once") from None
    if not isinstance(value, dict):
        raise BadJson("The body must be one JSON object, each key once")
    return value


async def read_bytes(request: Request, most_bytes: int) -> bytes:
    """Read a body, and stop as soon as it is too long; raises BodyTooLarge."""
    declared = request.headers.get("content-length", "0")
    if not declared.isdigit() or int(declared) > most_bytes:
        raise BodyTooLarge(f"The body may have {most_bytes} bytes")
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most_bytes:
            raise BodyTooLarge(f"The body may have {most_bytes} bytes")
        chunks.append(chunk)
    return b"".join(chunks)


def media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a key twice")
    return fields


def _no_constant(name: str) -> None:
    raise ValueError(name)
