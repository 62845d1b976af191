"""`DELETE /authorizations/{handle}`: an application withdraws a request that waits. CSC 2.0 has no such call."""

from starlette.requests import Request
from starlette.responses import Response

from app.answering import answer
from app.authorization.cancel import cancel as withdraw
from app.csc.answers import Cancelled
from app.csc.authorize import ID
from app.errors import HandleUnknown
from app.oauth.bearer import service_caller_of
from app.oauth.reach import require_handle
from app.services import Services


async def cancel(services: Services, request: Request) -> Response:
    """Withdraw; the same answer where it was withdrawn before."""
    caller = await service_caller_of(services, request)
    handle = request.path_params["id"]
    if not ID.match(handle):
        raise HandleUnknown
    await require_handle(services, caller, handle)
    await withdraw(services, caller.client_id, handle)
    return answer(Cancelled(handle, "cancelled"))
