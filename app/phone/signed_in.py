"""Pages of somebody who is signed in: on each of them a frozen key says so, and how to use it again."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.domain.parties import Credential
from app.phone.notices import notices_of
from app.phone.page import page
from app.services import Services
from app.store import credentials
from hsm.messages import FOR_EVER

WITH_NOTICES = ("/", "/account")


async def signed_page(services: Services, request: Request, user_id: str, template: str, **context: Any) -> Response:
    """Render a template for this signer."""
    frozen = await services.database.read(credentials.frozen_of, user_id, services.now())
    told = await notices_of(services, request, user_id) if request.url.path in WITH_NOTICES else []
    return page(request, template, signed_in=True, frozen=[freeze_view(one) for one in frozen], told=told, **context)


def freeze_view(credential: Credential) -> dict[str, Any]:
    """Say until when a key is frozen, and by whom; `until` is None where its signer ends it."""
    until = credential.frozen_until
    return {"credential_id": credential.credential_id, "until": None if until >= FOR_EVER else until, "by": credential.frozen_by}


def wants_json(request: Request) -> bool:
    """Tell whether a script, or a phone without a screen, asks."""
    return "application/json" in request.headers.get("accept", "")


def as_json(value: Any) -> Response:
    return JSONResponse(value, headers={"Vary": "Accept"})
