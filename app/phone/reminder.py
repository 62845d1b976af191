"""A reminder that a device does not want to see again; the urgent one stays."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.account.remind import dismiss as dismiss_reminder
from app.phone.session import device_of, read_message
from app.services import Services


async def dismiss(services: Services, request: Request) -> Response:
    """Show it on this device no more."""
    await read_message(services, request)
    await dismiss_reminder(services, await device_of(services, request), request.path_params["id"])
    return JSONResponse({"dismissed": True})
