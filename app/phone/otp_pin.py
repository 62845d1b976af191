"""Another PIN, for whatever shows the codes; a passkey approves it."""

from starlette.requests import Request
from starlette.responses import Response

from app.account.otp import required_standing
from app.errors import SubjectUnknown
from app.phone.otp_view import standing_view
from app.phone.session import device_of
from app.phone.signed_in import signed_page
from app.services import Services


async def show(services: Services, request: Request) -> Response:
    """Ask for the new PIN; raises SubjectUnknown where none was set."""
    device = await device_of(services, request)
    standing = await required_standing(services, device)
    if not standing.is_set_up:
        raise SubjectUnknown
    return await signed_page(services, request, device.user_id, "otp_pin.html", view=standing_view(standing))
