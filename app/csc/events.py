"""
`GET /authorizations/{handle}/events`: how one request stands, as an event stream for the application's backend or its own page.

A page shows the secret of that one request (`events_token`), which opens nothing else, and never gets a SAD here. CSC 2.0 has no such
call. The stream ends with the decision.
"""

from typing import Any

from msgspec import UNSET
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from app.csc.answers import Standing
from app.csc.authorize import ID
from app.domain.authorization import Authorization, Reason, State
from app.domain.opening import Opening
from app.errors import HandleUnknown
from app.event_stream import stream
from app.oauth.bearer import require_still, service_caller_of
from app.services import Services
from app.store import authorizations, openings

# Any site may ask: nothing is told without the secret, and no cookie is looked at.
FROM_ANYWHERE = {"Access-Control-Allow-Origin": "*"}
BEFOREHAND = FROM_ANYWHERE | {
    "Access-Control-Allow-Methods": "GET",
    "Access-Control-Allow-Headers": "Authorization",
    "Access-Control-Max-Age": "600",
}


async def events(services: Services, request: Request) -> Response:
    """Tell how it stands, now and whenever that changes."""
    handle = request.path_params["id"]
    found = await services.database.read(_read, handle) if ID.match(handle) else None
    caller = None
    if found is None or not found[1].is_events_token(_shown(request)):
        caller = await service_caller_of(services, request)
        if found is None or found[0].application_id != caller.client_id or not caller.is_for(found[0].user_id):
            raise HandleUnknown

    async def look() -> tuple[Any, Standing]:
        if caller is not None:
            await require_still(services, caller)
        authorization = await services.database.read(authorizations.get, handle)
        if authorization is None:
            raise HandleUnknown
        told = describe(authorization)
        return (told if authorization.state is State.PENDING else None), told

    return stream(services, handle, look, FROM_ANYWHERE)


async def beforehand(_: Services, __: Request) -> Response:
    """Tell a browser that a page of another site may ask (Fetch, CORS preflight)."""
    return Response(status_code=204, headers=BEFOREHAND)


def describe(authorization: Authorization) -> Standing:
    """Say how it stands: `progress` while it waits, and at the end the `reason` of a refusal or what it was approved with."""
    return Standing(
        state=authorization.state,
        progress=authorization.progress if authorization.state is State.PENDING else UNSET,
        reason=Reason(authorization.reason) if authorization.reason is not None else UNSET,
        factor=authorization.factor or UNSET,
    )


def _shown(request: Request) -> str:
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    return shown if scheme.lower() == "bearer" else ""


def _read(connection: Connection, handle: str) -> tuple[Authorization, Opening] | None:
    authorization, opening = authorizations.get(connection, handle), openings.of(connection, handle)
    return (authorization, opening) if authorization is not None and opening is not None else None
