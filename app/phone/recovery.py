"""Recovery codes, for who is signed in: making a set to print, and seeing and stopping what was begun with one."""

from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.account.recover import follow_if_heard
from app.account.stop_recovery import stop as stop_recovery
from app.domain.parties import Passkey, Signer
from app.domain.recovery import Recovery
from app.errors import SubjectUnknown
from app.phone.second_way import onward
from app.phone.session import device_of, read_message, signer_of
from app.phone.signed_in import as_json, recovery_view, signed_page, wants_json
from app.services import Services
from app.store import parties, recoveries

CODES = 4


async def show(services: Services, request: Request) -> Response:
    """Show how many codes are left, and the way to a new set; the page makes the codes itself, and none of them comes here."""
    device = await device_of(services, request)
    for waiting in await services.database.read(recoveries.waiting_for, device.user_id, services.now()):
        await follow_if_heard(services, waiting)
    signer, unused, recovering = await services.database.read(_own, device, services.now())
    view = {
        "enrollment_id": device.enrollment_id,
        "user_id": signer.user_id,
        "name": signer.name,
        "origin": services.config.origin,
        "number": CODES,
        "left": len(unused),
        "made": unused[0].created if unused else None,
        "waiting": [recovery_view(one) for one in recovering],
        "next": await onward(services, device),
    }
    if wants_json(request):
        return as_json(view)
    return await signed_page(services, request, device.user_id, "recovery.html", view=view)


async def look(services: Services, request: Request) -> Response:
    """Show what was begun with a code, and how to stop it; or how it has ended."""
    user_id = await signer_of(services, request)
    recovery = await services.database.read(recoveries.of_signer, request.path_params["id"], user_id)
    if recovery is None or recovery.state == "unused":
        raise SubjectUnknown
    view = _view(await follow_if_heard(services, recovery))
    if wants_json(request):
        return as_json(view)
    return await signed_page(services, request, user_id, "stop_recovery.html", view=view)


async def stop(services: Services, request: Request) -> Response:
    """Take the signer's no; it needs no passkey."""
    await read_message(services, request)
    device = await device_of(services, request)
    return JSONResponse(_view(await stop_recovery(services, device.user_id, request.path_params["id"], device.name)))


def _view(recovery: Recovery) -> dict[str, Any]:
    return recovery_view(recovery) | {"by_device": recovery.stopped_by}


def _own(connection: Connection, device: Passkey, now: float) -> tuple[Signer, list[Recovery], list[Recovery]]:
    signer = parties.signer(connection, device.user_id)
    assert signer is not None
    return signer, recoveries.unused(connection, device.enrollment_id), recoveries.waiting_for(connection, device.user_id, now)
