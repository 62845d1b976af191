"""Adding a device, on one that is registered: a one-time link to show, then the question whether the new device is one's own."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.account.begin import addition_of, begin
from app.account.begin import refuse as refuse_addition
from app.account.naming import comparison_code
from app.domain.account import Addition
from app.phone.qr import qr_code
from app.phone.second_way import onward
from app.phone.session import device_of, read_message, signer_of
from app.phone.signed_in import as_json, signed_page, wants_json
from app.services import Services


async def show(services: Services, request: Request) -> Response:
    """Show the page; its script asks for the link."""
    return await signed_page(services, request, await signer_of(services, request), "add_device.html")


async def link(services: Services, request: Request) -> Response:
    """Give a new one-time link, and its QR code; an earlier one ends."""
    await read_message(services, request)
    addition, secret = await begin(services, await device_of(services, request))
    address = f"{services.config.origin}/new-device#{secret}"
    left_s = addition.expires - int(services.now())
    return JSONResponse({"id": addition.id, "link": address, "qr": qr_code(address), "expires_in": left_s})


async def look(services: Services, request: Request) -> Response:
    """Show the new device, and ask whether it may approve; or how that was decided."""
    device = await device_of(services, request)
    view = addition_view(await addition_of(services, device.user_id, request.path_params["id"]), services.now())
    if wants_json(request):
        return as_json(view)
    view["next"] = await onward(services, device)
    return await signed_page(services, request, device.user_id, "approve_device.html", view=view)


async def refuse(services: Services, request: Request) -> Response:
    """Take the signer's no, also before there is a passkey."""
    await read_message(services, request)
    addition = await addition_of(services, await signer_of(services, request), request.path_params["id"])
    return JSONResponse(addition_view(await refuse_addition(services, addition), services.now()))


def addition_view(addition: Addition, now: float) -> dict[str, Any]:
    """Say how an addition stands: open, made, done, refused or expired."""
    return {
        "id": addition.id,
        "state": addition.standing(now),
        "name": addition.name,
        "synced": addition.backup_eligible,
        "code": comparison_code(addition.public_key) if addition.public_key is not None else None,
        "expires_in": max(0, addition.expires - int(now)),
    }
