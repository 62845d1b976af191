"""The choice of a second way to approve, at the end of enrolment and whenever there is none; afterwards it goes on to the next page."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.account.second_way import is_put_off, put_off, second_ways_of
from app.domain.parties import Passkey
from app.phone.session import device_of, read_message
from app.phone.signed_in import as_json, signed_page, wants_json
from app.services import Services
from app.store import receipts


async def show(services: Services, request: Request) -> Response:
    """Show the ways that there may be, and which of them there are."""
    device = await device_of(services, request)
    ways = await second_ways_of(services, device)
    view = {
        "devices": ways.devices,
        "otp": ways.otp,
        "codes": ways.codes,
        "there": ways.is_there,
        "next": await _afterwards(services, device),
    }
    if wants_json(request):
        return as_json(view)
    return await signed_page(services, request, device.user_id, "second_way.html", view=view)


async def onward(services: Services, device: Passkey) -> str:
    """Say where to go on from a way that was just made: back to the choice while that is open, else to what is one's own."""
    return "/account" if await is_put_off(services, device) else "/second-way"


async def later(services: Services, request: Request) -> Response:
    """Take the signer's "later", or that the choice is made; the start page does not ask again."""
    await read_message(services, request)
    device = await device_of(services, request)
    await put_off(services, device)
    return JSONResponse({"next": await _afterwards(services, device)})


async def _afterwards(services: Services, device: Passkey) -> str:
    """Say where enrolment goes on once the choice is made: the last of its steps, while that is still to do."""
    return "/receipt" if await services.database.read(receipts.is_owed, device.user_id) else "/"
