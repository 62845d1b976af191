"""The history: every signature that was asked for, with its end, and what happened to keys, devices and agreements; the newest first."""

import re
from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from app.domain.account import Event
from app.domain.authorization import Authorization
from app.phone.reference import reference_number
from app.phone.session import fresh_signer_of
from app.phone.signed_in import as_json, signed_page, wants_json
from app.services import Services
from app.store import authorizations, credentials, events, openings
from app.store.events import Place
from hsm.messages import FOR_EVER, SignTransaction, parse_transaction

PAGE = 20
PLACE = re.compile(r"(\d{1,15})\.([A-Za-z0-9_-]{22})\Z")


async def show(services: Services, request: Request) -> Response:
    """Show a page of it; `before` is where the page before ended."""
    user_id, is_fresh = await fresh_signer_of(services, request)
    given = PLACE.match(request.query_params.get("before", ""))
    before = Place(int(given[1]), given[2]) if given is not None else None
    entries = await services.database.read(_page, user_id, before, is_fresh)
    last = entries[PAGE - 1] if len(entries) > PAGE else None
    keys = await services.database.read(credentials.of_signer, user_id)
    view: dict[str, Any] = {
        "entries": entries[:PAGE],
        "next": f"{last['place']}.{last['id']}" if last is not None else None,
        "first": before is None,
    }
    view["statements"] = list({one.enrollment_id: one.credential_id for one in keys}.values())
    if wants_json(request):
        return as_json(view)
    return await signed_page(services, request, user_id, "history.html", view=view)


def entry_of(authorization: Authorization, *, hidden: bool = False) -> dict[str, Any]:
    """Say in a line what was asked, from the very bytes that were shown, and how it ended; where it is `hidden`, not what it was about."""
    transaction = parse_transaction(authorization.transaction, SignTransaction)
    return {
        "id": authorization.id,
        "place": authorization.created,
        "kind": "signature",
        "at": authorization.decided_at or authorization.expires,
        "application": transaction.application_name,
        "confidential": hidden,
        "description": "" if hidden else transaction.description,
        "documents": [{"label": "" if hidden else one.label} for one in transaction.documents],
        "state": authorization.state.value,
        "reason": authorization.reason,
        "reference": reference_number(authorization.id),
        "factor": authorization.factor,
        "approved_with": authorization.approved_with,
    }


def event_view(event: Event) -> dict[str, Any]:
    """Say what happened; `until` is None where a freeze ends when its signer says so."""
    return {
        "id": event.id,
        "place": event.at,
        "kind": event.kind.value,
        "at": event.at,
        "device": event.device,
        "new_name": event.new_name,
        "by_device": event.by_device,
        "application": event.application,
        "cause": event.cause,
        "until": event.until if event.until is not None and event.until < FOR_EVER else None,
        "reference": reference_number(event.id),
    }


def _page(connection: Connection, user_id: str, before: Place | None, is_fresh: bool) -> list[dict[str, Any]]:
    places = events.history(connection, user_id, before, PAGE + 1)
    hidden = set() if is_fresh else openings.confidential(connection, [one.id for one in places if not one.is_event])
    return [found for place in places if (found := _entry(connection, user_id, place, hidden)) is not None]


def _entry(connection: Connection, user_id: str, place: Place, hidden: set[str]) -> dict[str, Any] | None:
    if place.is_event:
        event = events.of_signer(connection, place.id, user_id)
        return event_view(event) if event is not None else None
    authorization = authorizations.of_signer(connection, place.id, user_id)
    return entry_of(authorization, hidden=place.id in hidden) if authorization is not None else None
