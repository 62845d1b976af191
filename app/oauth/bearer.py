"""Who asks: the access token in the Authorization header (RFC 6750 §2.1, CSC 2.0 §10)."""

import re

from starlette.requests import Request

from app.errors import BadAuthorizationHeader, TokenExpired, TokenUnknown
from app.services import Services

BEARER = re.compile(r"[Bb]earer +([A-Za-z0-9._~+/-]+=*)\Z")


async def client_of(services: Services, request: Request) -> str:
    """
    Give the client id of the application that sends this request.

    Raises:
        BadAuthorizationHeader, TokenUnknown, TokenExpired: it does not show who it is.
    """
    headers = request.headers.getlist("authorization")
    given = BEARER.match(headers[0]) if len(headers) == 1 else None
    if given is None:
        raise BadAuthorizationHeader
    token = await services.ephemeral.token(given[1])
    if token is None:
        raise TokenUnknown
    if services.now() >= token.expires:
        raise TokenExpired
    return token.client_id
