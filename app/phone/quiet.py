"""A cool-down that the signer sets: for some hours applications are told to ask later, and nothing reaches the phone."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.errors import BadParameter
from app.phone.session import read_message, signer_of
from app.services import Services
from app.store import pressure

HOURS = (0, 1, 2, 8)  # 0 ends it


async def quiet(services: Services, request: Request) -> Response:
    """Begin or end it; it takes nothing away and grants nothing, so it needs no passkey."""
    hours = (await read_message(services, request)).get("hours")
    if not isinstance(hours, int) or isinstance(hours, bool) or hours not in HOURS:
        raise BadParameter("Invalid parameter hours")
    user_id = await signer_of(services, request)
    until = int(services.now()) + hours * 3_600 if hours else 0
    await services.database.write(pressure.set_quiet, user_id, until)
    return JSONResponse({"until": until or None})
