"""What is done with a key and a passkey: using it again after it was frozen, and destroying it."""

from starlette.requests import Request
from starlette.responses import Response

from app.account.propose import key_of_signer
from app.phone.account import key_view
from app.phone.session import signer_of
from app.phone.signed_in import signed_page
from app.services import Services


async def show_unfreeze(services: Services, request: Request) -> Response:
    """Ask whether the key is to be used again, or say how it stands."""
    return await _show(services, request, "unfreeze.html")


async def show_destroy(services: Services, request: Request) -> Response:
    """Say what destroying means, and ask."""
    return await _show(services, request, "destroy.html")


async def _show(services: Services, request: Request, template: str) -> Response:
    user_id = await signer_of(services, request)
    credential = await services.database.read(key_of_signer, user_id, request.path_params["id"])
    return await signed_page(services, request, user_id, template, view=key_view(credential, services.now()))
