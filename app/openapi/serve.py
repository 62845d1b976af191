"""`GET /openapi.json`: the document, composed once in a process."""

from functools import cache

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from app.openapi.document import document
from app.services import Services


async def openapi(services: Services, _: Request) -> Response:
    """Give the document for this service's origin."""
    return Response(_encoded(services.config.origin), media_type="application/json")


@cache
def _encoded(origin: str) -> bytes:
    return msgspec.json.encode(document(origin))
