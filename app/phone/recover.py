"""Recovering, on the new device: nobody is signed in here, and a printed code is all that it has."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.account.recover import begin, welcome
from app.domain.recovery import Recovery
from app.errors import BadParameter
from app.phone.device_name import device_name
from app.phone.page import page
from app.phone.session import read_message
from app.services import Services
from app.webauthn import b64


async def show(_: Services, request: Request) -> Response:
    """Show the page; the code comes with the script's first call, never in an address that a server sees."""
    return page(request, "recover.html", device=device_name(request))


async def options(services: Services, request: Request) -> Response:
    """Say whose code it is and how it stands; where it is still good, give the creation options with the transaction they are made for."""
    welcomed = await welcome(services, _code(await read_message(services, request)))
    signer, raw = welcomed.signer, welcomed.transaction
    return JSONResponse(
        _view(welcomed.recovery)
        | {
            "user_id": signer.user_id,
            "person": signer.name,
            "transaction": b64(raw) if raw is not None else None,
            "publicKey": welcomed.options,
        }
    )


async def register(services: Services, request: Request) -> Response:
    """Take the new passkey and the device's name, and use up the code; the device may do nothing before its waiting time is over."""
    message = await read_message(services, request)
    registration, name = message.get("credential"), message.get("name")
    if not isinstance(registration, dict):
        raise BadParameter("Invalid parameter credential")
    named = name if isinstance(name, str) else device_name(request)
    return JSONResponse(_view(await begin(services, _code(message), registration, named)))


def _view(recovery: Recovery) -> dict[str, Any]:
    """What may be told to whoever has the code: nothing of the signer's other devices."""
    state = "stopped" if recovery.state == "stopping" else recovery.state
    return {"state": state, "id": recovery.id, "name": recovery.name, "until": recovery.ready_at}


def _code(message: dict[str, Any]) -> str:
    code = message.get("code")
    if not isinstance(code, str) or not 0 < len(code) <= 100:
        raise BadParameter("Invalid parameter code")
    return code
