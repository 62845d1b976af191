"""One device: what it is called, and its removal."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.account.propose import device_of_signer
from app.account.rename import rename as rename_device
from app.errors import BadParameter
from app.phone.account import device_view
from app.phone.session import device_of, read_message
from app.phone.signed_in import signed_page
from app.services import Services
from app.store import parties


async def show(services: Services, request: Request) -> Response:
    """Show the device."""
    current = await device_of(services, request)
    device = await services.database.read(device_of_signer, current.user_id, request.path_params["id"])
    others = len(await services.database.read(parties.passkeys_for, device.enrollment_id)) - 1
    view = device_view(device, current) | {"others": others}
    return await signed_page(services, request, current.user_id, "device.html", view=view)


async def rename(services: Services, request: Request) -> Response:
    """Call it something else."""
    message = await read_message(services, request)
    name = message.get("name")
    if not isinstance(name, str):
        raise BadParameter("Invalid parameter name")
    kept = await rename_device(services, await device_of(services, request), request.path_params["id"], name)
    return JSONResponse({"name": kept})
