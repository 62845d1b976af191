"""The page that names an application, and what it may do once the signer agrees; the application shows its address as link or QR code."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.authorization.agree import agree, agreement_with, end
from app.errors import BadParameter
from app.phone.session import device_of, read_message
from app.phone.signed_in import as_json, signed_page, wants_json
from app.services import Services
from app.store import marks


async def show(services: Services, request: Request) -> Response:
    """Say how the application stands with the signer: none, agreed or ended."""
    device = await device_of(services, request)
    found = await agreement_with(services, device.user_id, request.path_params["id"])
    view = {"id": found.application_id, "name": found.name, "state": found.state, "by": found.by, "since": found.since}
    if wants_json(request):
        return as_json(view)
    has_mark = await services.database.read(marks.has_one, found.application_id)
    mark = f"/applications/{found.application_id}/mark" if has_mark else None
    return await signed_page(services, request, device.user_id, "agreement.html", view=view | {"initial": found.name[:1], "mark": mark})


async def decide(services: Services, request: Request) -> Response:
    """Take the signer's word: `agree` true or false."""
    agrees = (await read_message(services, request)).get("agree")
    if not isinstance(agrees, bool):
        raise BadParameter("Invalid parameter agree")
    device = await device_of(services, request)
    application_id = request.path_params["id"]
    if agrees:
        await agree(services, device.user_id, application_id, device.name)
    else:
        await end(services, device.user_id, application_id, device.name)
    return JSONResponse({"state": "agreed" if agrees else "ended"})
