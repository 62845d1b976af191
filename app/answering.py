"""Answering with JSON: what is sent is a Struct, so that /openapi.json says of each answer what the code says of it."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct
from starlette.responses import Response


def answer(told: Struct, status: int = 200, headers: Mapping[str, str] | None = None, media_type: str = "application/json") -> Response:
    """Send it; fields that are UNSET are left out."""
    return Response(msgspec.json.encode(told), status, headers, media_type)
