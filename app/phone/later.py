"""Later: the signer puts off a request that may wait for days."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.authorization.later import put_off
from app.domain.authorization import State
from app.phone.approve import authorization_of
from app.phone.session import read_message
from app.services import Services


async def later(services: Services, request: Request) -> Response:
    """Leave it in the inbox."""
    await read_message(services, request)
    await put_off(services, await authorization_of(services, request))
    return JSONResponse({"state": State.PENDING})
