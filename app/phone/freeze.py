"""Freezing, one tap from every page: for an hour, for a day, or until the signer says otherwise."""

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.account.freeze import freeze as freeze_keys
from app.domain.parties import Credential
from app.errors import BadParameter
from app.phone.account import state_of
from app.phone.session import read_message
from app.phone.signed_in import freeze_view, signed_page
from app.phone.visitor import visitor_of
from app.services import Services
from app.store import credentials
from hsm.messages import FOR_EVER

TIMES_S = {"hour": 3_600, "day": 86_400}


async def show(services: Services, request: Request) -> Response:
    """Show the choices, or that there is no key to freeze."""
    visitor = await visitor_of(services, request)
    can_freeze = await services.database.read(_can_freeze, visitor.user_id)
    return await signed_page(services, request, visitor.user_id, "freeze.html", visiting=visitor.device is None, can_freeze=can_freeze)


async def freeze(services: Services, request: Request) -> Response:
    """Freeze every key of the signer at once; it needs no passkey."""
    message = await read_message(services, request)
    chosen = message.get("for")
    if chosen not in (*TIMES_S, "until_i_say"):
        raise BadParameter("Invalid parameter for")
    visitor = await visitor_of(services, request)
    until = int(services.now()) + TIMES_S[str(chosen)] if chosen in TIMES_S else FOR_EVER
    frozen = await freeze_keys(services, visitor.user_id, until, visitor.device.name if visitor.device is not None else None)
    return JSONResponse({"keys": [_view(one, services.now()) for one in frozen]})


def _view(credential: Credential, now: float) -> dict[str, object]:
    return freeze_view(credential) | {"state": state_of(credential, now)}


def _can_freeze(connection: Connection, user_id: str) -> bool:
    return any(one.state == "enabled" for one in credentials.of_signer(connection, user_id))
