"""A replacement of everything that the operator has begun, as whoever still has an old device sees it: it can be stopped."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.authorization.replace import stop as stop_replacement
from app.phone.session import device_of, read_message, signer_of
from app.phone.signed_in import as_json, signed_page, wants_json
from app.services import Services
from app.store import links


async def show(services: Services, request: Request) -> Response:
    """Say that it has begun, and whether somebody has begun to use the letter: open, begun or none."""
    user_id = await signer_of(services, request)
    waiting = await services.database.read(links.replacements_of, user_id, services.now())
    state = "none" if not waiting else "open" if all(one.state == "open" for one in waiting) else "begun"
    if wants_json(request):
        return as_json({"state": state})
    return await signed_page(services, request, user_id, "replacement.html", state=state)


async def stop(services: Services, request: Request) -> Response:
    """Let the letter open nothing; it grants nothing, so it needs no passkey."""
    await read_message(services, request)
    device = await device_of(services, request)
    await stop_replacement(services, device.user_id, device.name)
    return JSONResponse({"state": "none"})
