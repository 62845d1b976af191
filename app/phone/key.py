"""What is done with a key and a passkey: using it again after it was frozen, destroying it, and renewing it."""

from starlette.requests import Request
from starlette.responses import Response

from app.account.propose import key_of_signer
from app.account.renew import renewal_of, under_way_of
from app.phone.account import key_view
from app.phone.session import signer_of
from app.phone.signed_in import as_json, signed_page, wants_json
from app.services import Services


async def show_unfreeze(services: Services, request: Request) -> Response:
    """Ask whether the key is to be used again, or say how it stands."""
    return await _show(services, request, "unfreeze.html")


async def show_destroy(services: Services, request: Request) -> Response:
    """Say what destroying means, and ask."""
    return await _show(services, request, "destroy.html")


async def show_renew(services: Services, request: Request) -> Response:
    """Ask whether the key is to be renewed, or say how that stands."""
    user_id = await signer_of(services, request)
    credential = await services.database.read(key_of_signer, user_id, request.path_params["id"])
    under_way = await services.database.read(under_way_of, user_id)
    now, config = services.now(), services.config
    renewal = {
        "renewal": renewal_of(config, credential, under_way, now),
        "renewed_by": credential.renewed_by,
        "renew_from": credential.not_after - config.renew_before_s if config.ca_client is not None else None,
    }
    view = key_view(credential, now) | renewal
    return as_json(view) if wants_json(request) else await signed_page(services, request, user_id, "renew.html", view=view)


async def _show(services: Services, request: Request, template: str) -> Response:
    user_id = await signer_of(services, request)
    credential = await services.database.read(key_of_signer, user_id, request.path_params["id"])
    return await signed_page(services, request, user_id, template, view=key_view(credential, services.now()))
