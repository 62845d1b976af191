"""The start page: what waits for the signer."""

from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.domain.authorization import Authorization
from app.phone.page import page
from app.phone.session import signer_of
from app.services import Services
from app.store import authorizations, parties
from hsm.messages import SignTransaction, parse_transaction


async def show(services: Services, request: Request) -> Response:
    """Show the list."""
    user_id = await signer_of(services, request)
    name, waiting = await services.database.read(_name_and_waiting, user_id, services.now())
    return page(request, "inbox.html", signed_in=True, signer_name=name, waiting=[summary(one, services.now()) for one in waiting])


async def inbox(services: Services, request: Request) -> Response:
    """Give the list to the page that shows it already."""
    user_id = await signer_of(services, request)
    waiting = await services.database.read(authorizations.waiting_for, user_id, services.now())
    return JSONResponse({"waiting": [summary(one, services.now()) for one in waiting]})


def summary(authorization: Authorization, now: float) -> dict[str, Any]:
    """Say in a line what waits, from the very bytes that will be approved."""
    transaction = parse_transaction(authorization.transaction, SignTransaction)
    return {
        "id": authorization.id,
        "application": transaction.application_name,
        "description": transaction.description,
        "documents": len(transaction.documents),
        "expires_in": max(0, authorization.expires - int(now)),
    }


def _name_and_waiting(connection: Connection, user_id: str, now: float) -> tuple[str, list[Authorization]]:
    signer = parties.signer(connection, user_id)
    return (signer.name if signer is not None else user_id), authorizations.waiting_for(connection, user_id, now)
