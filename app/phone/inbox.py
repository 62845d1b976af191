"""The start page: what waits for the signer, and what has happened in the last days."""

from typing import Any

from msgspec import Struct
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.account.second_way import is_second_way_open
from app.domain.account import Addition, Event
from app.domain.authorization import Authorization
from app.phone.history import entry_of, event_view
from app.phone.session import device_of, signer_of
from app.phone.signed_in import signed_page
from app.services import Services
from app.store import additions, authorizations, events, openings, parties, receipts
from hsm.messages import SignTransaction, parse_transaction

NOTICE_S = 7 * 86_400
MOST_NOTICES = 5


class Start(Struct, frozen=True):
    """What the start page tells: requests that wait, new devices that do, and what has happened in the last days."""

    name: str
    waiting: list[dict[str, Any]]
    new_devices: list[Addition]
    notices: list[Event]
    reported: list[Authorization]
    receipt_owed: bool


async def show(services: Services, request: Request) -> Response:
    """Show the list."""
    device = await device_of(services, request)
    user_id = device.user_id
    start = await services.database.read(_start, user_id, services.now())
    return await signed_page(
        services,
        request,
        user_id,
        "inbox.html",
        signer_name=start.name,
        waiting=start.waiting,
        new_devices=[{"id": one.id, "name": one.name} for one in start.new_devices],
        notices=happenings(start),
        second_way_open=await is_second_way_open(services, device),
        receipt_owed=start.receipt_owed,
    )


async def inbox(services: Services, request: Request) -> Response:
    """Give the list to the page that shows it already."""
    return JSONResponse({"waiting": await waiting_now(services, await signer_of(services, request))})


async def waiting_now(services: Services, user_id: str) -> list[dict[str, Any]]:
    """Say what waits for a signer."""
    return await services.database.read(_waiting, user_id, services.now())


def summary(authorization: Authorization, now: float, *, confidential: bool, with_code: bool) -> dict[str, Any]:
    """Say in a line what waits, from the very bytes that will be approved; not what it is about, where that has to be opened first."""
    transaction = parse_transaction(authorization.transaction, SignTransaction)
    return {
        "id": authorization.id,
        "application": transaction.application_name,
        "description": "" if confidential or with_code else transaction.description,
        "confidential": confidential,
        "documents": len(transaction.documents),
        "expires_in": max(0, authorization.expires - int(now)),
        "expires": authorization.expires,
        "lasting": authorization.is_lasting,
    }


def happenings(start: Start) -> list[dict[str, Any]]:
    """Say what has happened, the newest first; a request that was refused as not expected is news for the signer's other devices."""
    news = [event_view(one) for one in start.notices]
    for one in start.reported:
        seen = entry_of(one)
        news.append({"kind": "reported", "by_device": one.approved_with} | {name: seen[name] for name in ("id", "at", "application")})
    return sorted(news, key=lambda view: view["at"], reverse=True)[:MOST_NOTICES]


def _start(connection: Connection, user_id: str, now: float) -> Start:
    signer = parties.signer(connection, user_id)
    return Start(
        signer.name if signer is not None else user_id,
        _waiting(connection, user_id, now),
        additions.made_for(connection, user_id, now),
        events.since(connection, user_id, now - NOTICE_S, MOST_NOTICES),
        authorizations.reported_since(connection, user_id, now - NOTICE_S, MOST_NOTICES),
        receipts.is_owed(connection, user_id),
    )


def _waiting(connection: Connection, user_id: str, now: float) -> list[dict[str, Any]]:
    found = authorizations.waiting_for(connection, user_id, now)
    ids = [one.id for one in found]
    confidential, with_code = openings.confidential(connection, ids), openings.with_code(connection, ids)
    return [summary(one, now, confidential=one.id in confidential, with_code=one.id in with_code) for one in found]
