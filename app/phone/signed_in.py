"""Pages of somebody who is signed in: on each of them a frozen key says so, and what was begun with a recovery code."""

from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.domain.parties import Credential, Signer
from app.domain.recovery import Recovery
from app.phone.language import chosen_here
from app.phone.notices import notices_of
from app.phone.page import page
from app.services import Services
from app.store import credentials, parties, recoveries
from hsm.messages import FOR_EVER

WITH_NOTICES = ("/", "/account")


async def signed_page(services: Services, request: Request, user_id: str, template: str, **context: Any) -> Response:
    """Render a template for this signer, in the language that was chosen on whichever device; a choice made here is kept."""
    if (chosen := chosen_here(request)) is not None:
        await services.database.write(parties.choose_language, user_id, chosen)
    frozen, recovering, signer = await services.database.read(_notices, user_id, services.now())
    told = await notices_of(services, request, user_id) if request.url.path in WITH_NOTICES else []
    shown: dict[str, Any] = {"frozen": [freeze_view(one) for one in frozen], "recovering": [recovery_view(one) for one in recovering]}
    if signer is not None:
        shown |= {"reads": signer.language, "quiet_until": signer.quiet_until if signer.quiet_until > services.now() else None}
    return page(request, template, signed_in=True, told=told, **shown, **context)


def freeze_view(credential: Credential) -> dict[str, Any]:
    """Say until when a key is frozen, and by whom; `until` is None where its signer ends it."""
    until = credential.frozen_until
    return {"credential_id": credential.credential_id, "until": None if until >= FOR_EVER else until, "by": credential.frozen_by}


def recovery_view(recovery: Recovery) -> dict[str, Any]:
    """Say what was begun with a recovery code: on which device, when, and from when on it may approve unless it is stopped."""
    return {"id": recovery.id, "state": recovery.state, "name": recovery.name, "begun": recovery.begun_at, "until": recovery.ready_at}


def _notices(connection: Connection, user_id: str, now: float) -> tuple[list[Credential], list[Recovery], Signer | None]:
    frozen, recovering = credentials.frozen_of(connection, user_id, now), recoveries.waiting_for(connection, user_id, now)
    return frozen, recovering, parties.signer(connection, user_id)


def wants_json(request: Request) -> bool:
    """Tell whether a script, or a phone without a screen, asks."""
    return "application/json" in request.headers.get("accept", "")


def as_json(value: Any) -> Response:
    return JSONResponse(value, headers={"Vary": "Accept"})
