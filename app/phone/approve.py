"""The approval page: what is asked, by whom, and the two answers; afterwards the same address says how it ended."""

import json
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.authorization.approve import approve as approve_with
from app.authorization.refuse import refuse as refuse_for
from app.authorization.settle import settle
from app.domain.authorization import Authorization, Reason, State
from app.domain.parties import Credential, Passkey, Signer
from app.errors import AuthorizationUnknown, BadParameter
from app.phone.account import groups, state_of
from app.phone.receipt import receipt_number
from app.phone.session import read_message, signer_of
from app.phone.signed_in import as_json, signed_page, wants_json
from app.services import Services
from app.store import authorizations, credentials, parties
from app.webauthn import b64, request_options
from hsm.messages import SignTransaction, challenge, parse_transaction

REASONS = {reason.value: reason for reason in (Reason.DECLINED, Reason.NOT_ME)}


class Matter(Struct, frozen=True):
    """All that the page needs, read in one go."""

    authorization: Authorization
    signer: Signer
    credential: Credential
    passkeys: list[Passkey]

    def transaction(self) -> SignTransaction:
        """What is shown is what is bound: the page reads the same bytes that the passkey signs."""
        return parse_transaction(self.authorization.transaction, SignTransaction)


async def show(services: Services, request: Request) -> Response:
    """Show what is asked, or how it ended; as JSON to a phone without a screen and to the page's own script."""
    matter = await _matter(services, request)
    if matter.authorization.state is State.PENDING and matter.authorization.opened_at is None:
        await services.database.write(authorizations.mark_opened, matter.authorization.id, services.now())
    if wants_json(request):
        return as_json(describe(services, matter))
    user_id = matter.signer.user_id
    if matter.authorization.state is State.PENDING:
        return await signed_page(services, request, user_id, "approve.html", view=pending_view(services, matter))
    return await signed_page(services, request, user_id, "ended.html", view=ended_view(services, matter))


async def approve(services: Services, request: Request) -> Response:
    """Take the signer's passkey answer."""
    message = await read_message(services, request)
    assertion, code = message.get("credential"), message.get("code")
    if not isinstance(assertion, dict) or not (code is None or isinstance(code, str)):
        raise BadParameter("Invalid parameter credential")
    await approve_with(services, await _authorization(services, request), assertion, code)
    return JSONResponse({"state": State.APPROVED})


async def refuse(services: Services, request: Request) -> Response:
    """Take the signer's no."""
    message = await read_message(services, request)
    reason = REASONS.get(str(message.get("reason")))
    if reason is None:
        raise BadParameter("Invalid parameter reason")
    await refuse_for(services, await _authorization(services, request), reason)
    return JSONResponse({"state": State.REFUSED})


def describe(services: Services, matter: Matter) -> dict[str, Any]:
    """Say what is asked to a program: the canonical bytes, and what its passkey must answer."""
    authorization = matter.authorization
    pending = authorization.state is State.PENDING
    asked = challenge(SignTransaction, authorization.transaction)
    return {
        "state": authorization.state,
        "reason": authorization.reason,
        "transaction": b64(authorization.transaction),
        "publicKey": request_options(services.config.rp_id, asked, matter.passkeys) if pending else None,
        "code_digits": len(authorization.code) if pending and authorization.code is not None else 0,
        "expires_in": max(0, authorization.expires - int(services.now())) if pending else 0,
    }


def pending_view(services: Services, matter: Matter) -> dict[str, Any]:
    """Say what is asked to a person."""
    transaction = matter.transaction()
    described = describe(services, matter)
    return {
        "id": transaction.id,
        "application_name": transaction.application_name,
        "application_initial": transaction.application_name[:1],
        "description": transaction.description,
        "documents": [{"label": one.label, "fingerprint": groups(one.hash.hex())} for one in transaction.documents],
        "signer_name": matter.signer.name,
        "not_after": matter.credential.not_after,
        "key_state": state_of(matter.credential, services.now()),
        "credential_id": matter.credential.credential_id,
        "expires_in": described["expires_in"],
        "code_digits": described["code_digits"],
        "options_json": json.dumps(described["publicKey"]).replace("<", "\\u003c"),
    }


def ended_view(services: Services, matter: Matter) -> dict[str, Any]:
    """Say how it ended."""
    transaction, authorization = matter.transaction(), matter.authorization
    return {
        "state": authorization.state.value,
        "reason": authorization.reason,
        "application_name": transaction.application_name,
        "documents": [{"label": one.label} for one in transaction.documents],
        "time": authorization.decided_at or authorization.expires,
        "receipt": receipt_number(authorization.id),
        "signer_name": matter.signer.name,
        "stamp": stamp(matter.signer.name),
        "retry_url": None,
        "key_state": state_of(matter.credential, services.now()),
    }


def stamp(name: str) -> str:
    """Choose what the seal shows: the family name of a Japanese name, else initials; one to four characters."""
    words = name.split()
    if not words[0].isascii():
        return words[0][:4]
    return "".join(word[0].upper() for word in words[:2])


async def _matter(services: Services, request: Request) -> Matter:
    user_id = await signer_of(services, request)
    matter = await services.database.read(_read, request.path_params["id"], user_id)
    if not matter.authorization.is_over(services.now()):
        return matter
    await settle(services, matter.authorization)
    return await services.database.read(_read, request.path_params["id"], user_id)


async def _authorization(services: Services, request: Request) -> Authorization:
    user_id = await signer_of(services, request)
    authorization = await services.database.read(authorizations.of_signer, request.path_params["id"], user_id)
    if authorization is None:
        raise AuthorizationUnknown
    return authorization


def _read(connection: Connection, authorization_id: str, user_id: str) -> Matter:
    authorization = authorizations.of_signer(connection, authorization_id, user_id)
    if authorization is None:
        raise AuthorizationUnknown
    signer = parties.signer(connection, user_id)
    credential = credentials.get(connection, authorization.credential_id)
    assert signer is not None
    assert credential is not None
    return Matter(authorization, signer, credential, parties.passkeys_for(connection, credential.enrollment_id))
