"""`DELETE /authorizations/{handle}`: an application withdraws a request that waits. CSC 2.0 has no such call."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.authorization.cancel import cancel as withdraw
from app.csc.authorize import ID
from app.domain.authorization import State
from app.errors import HandleUnknown
from app.oauth.bearer import client_of
from app.services import Services


async def cancel(services: Services, request: Request) -> Response:
    """Withdraw; the same answer where it was withdrawn before."""
    client_id = await client_of(services, request)
    handle = request.path_params["id"]
    if not ID.match(handle):
        raise HandleUnknown
    await withdraw(services, client_id, handle)
    return JSONResponse({"handle": handle, "state": State.CANCELLED})
