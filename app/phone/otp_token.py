"""One token that is set up: what it is, finding it again by two codes, its removal; and unlocking PIN and codes."""

from starlette.requests import Request
from starlette.responses import Response

from app.account.otp import required_standing
from app.phone.otp_view import standing_view, token_view
from app.phone.session import device_of
from app.phone.signed_in import signed_page
from app.services import Services


async def show(services: Services, request: Request) -> Response:
    """Show the token."""
    return await _show(services, request, "otp_token.html")


async def show_resynchronise(services: Services, request: Request) -> Response:
    """Ask for two codes."""
    return await _show(services, request, "otp_resynchronise.html")


async def show_unlock(services: Services, request: Request) -> Response:
    """Ask whether PIN and codes are to be taken again, or say that they are."""
    device = await device_of(services, request)
    view = standing_view(await required_standing(services, device))
    return await signed_page(services, request, device.user_id, "otp_unlock.html", view=view)


async def _show(services: Services, request: Request, template: str) -> Response:
    device = await device_of(services, request)
    standing = await required_standing(services, device)
    view = token_view(standing.token(request.path_params["id"])) | {"others": len(standing.tokens) - 1}
    return await signed_page(services, request, device.user_id, template, view=view)
