"""One entry of the history, with its evidence as far as it is kept here: the bytes that were shown, and what the passkey signed of them."""

from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from app.domain.authorization import Authorization, State
from app.errors import SubjectUnknown
from app.phone.account import groups
from app.phone.history import entry_of, event_view
from app.phone.session import fresh_signer_of
from app.phone.signed_in import as_json, signed_page, wants_json
from app.services import Services
from app.store import authorizations, changes, events, openings
from app.webauthn import b64
from hsm.messages import SignTransaction, Transaction, challenge, parse_amendment, parse_transaction


async def show(services: Services, request: Request) -> Response:
    """Show it."""
    user_id, is_fresh = await fresh_signer_of(services, request)
    view = await services.database.read(_view, request.path_params["id"], user_id, is_fresh)
    if wants_json(request):
        return as_json(view)
    return await signed_page(services, request, user_id, "entry.html", view=view)


def _view(connection: Connection, entry_id: str, user_id: str, is_fresh: bool) -> dict[str, Any]:
    authorization = authorizations.of_signer(connection, entry_id, user_id)
    if authorization is not None and authorization.state is not State.PENDING:
        hidden = not is_fresh and entry_id in openings.confidential(connection, [entry_id])
        return _signature(authorization, hidden=hidden)
    event = events.of_signer(connection, entry_id, user_id)
    if event is None:
        raise SubjectUnknown
    change = changes.of_signer(connection, entry_id, user_id)
    evidence = _evidence(type(parse_amendment(change.transaction)), change.transaction) if change is not None else None
    return event_view(event) | {"evidence": evidence}


def _signature(authorization: Authorization, *, hidden: bool) -> dict[str, Any]:
    transaction = parse_transaction(authorization.transaction, SignTransaction)
    fingerprints = [None if hidden else groups(one.hash.hex()) for one in transaction.documents]
    entry = entry_of(authorization, hidden=hidden)
    return entry | {
        "asked": authorization.created,
        "documents": [line | {"fingerprint": one} for line, one in zip(entry["documents"], fingerprints, strict=True)],
        "certificate": groups(transaction.certificate_sha256),
        "evidence": None if hidden else _evidence(SignTransaction, authorization.transaction),
    }


def _evidence(kind: type[Transaction], raw: bytes) -> dict[str, str]:
    return {"transaction": raw.decode(), "challenge": b64(challenge(kind, raw))}
