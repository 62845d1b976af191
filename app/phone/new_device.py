"""Adding a device, on the new one: nobody is signed in here, and the link's secret is all that it has."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.account.make import invite, make, standing
from app.errors import BadParameter
from app.phone.add_device import addition_view
from app.phone.device_name import device_name
from app.phone.page import page
from app.phone.session import read_message
from app.services import Services
from app.webauthn import b64


async def show(_: Services, request: Request) -> Response:
    """Show the page; the link's secret stays behind the # and comes with the script's first call."""
    return page(request, "new_device.html", device=device_name(request))


async def options(services: Services, request: Request) -> Response:
    """Say whose device it will be, and give the browser's creation options with the transaction that they are made for."""
    invitation = await invite(services, _secret(await read_message(services, request)))
    signer = invitation.signer
    return JSONResponse(
        {
            "user_id": signer.user_id,
            "name": signer.name,
            "transaction": b64(invitation.transaction),
            "publicKey": invitation.options,
        }
    )


async def register(services: Services, request: Request) -> Response:
    """Take the new passkey and the device's name; it may approve nothing yet."""
    message = await read_message(services, request)
    registration, name = message.get("credential"), message.get("name")
    if not isinstance(registration, dict):
        raise BadParameter("Invalid parameter credential")
    addition = await make(services, _secret(message), registration, name if isinstance(name, str) else device_name(request))
    return JSONResponse(_for_new_device(addition_view(addition, services.now())))


async def state(services: Services, request: Request) -> Response:
    """Tell the new device whether it was added."""
    addition = await standing(services, _secret(await read_message(services, request)))
    return JSONResponse(_for_new_device(addition_view(addition, services.now())))


def _for_new_device(view: dict[str, Any]) -> dict[str, Any]:
    return {name: view[name] for name in ("state", "name", "code", "expires_in")}


def _secret(message: dict[str, Any]) -> str:
    secret = message.get("link")
    if not isinstance(secret, str) or not 0 < len(secret) <= 100:
        raise BadParameter("Invalid parameter link")
    return secret
