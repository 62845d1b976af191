"""The approval page: what is asked, by whom, and the two answers; afterwards the same address says how it ended."""

import json
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from app.authorization.approve import approve as approve_with
from app.authorization.refuse import refuse as refuse_for
from app.authorization.settle import settle
from app.authorization.tokens import Tokens, challenge_of, ending_of, tokens_for
from app.document_key import SEALING_BYTES
from app.domain.authorization import Authorization, Reason, State
from app.domain.opening import Opening
from app.domain.parties import Credential, Passkey, Signer
from app.domain.receipt import SERVICE_ID
from app.errors import AuthorizationUnknown, BadParameter, CodeNeeded, PasskeyNeeded, Unavailable
from app.oauth.back import way_back
from app.phone.account import groups, state_of
from app.phone.otp_form import token_views
from app.phone.receipt import document_address
from app.phone.reference import reference_number
from app.phone.screen_code import browser_sha256
from app.phone.session import FRESH_S, read_message, session_sha256
from app.phone.signed_in import as_json, signed_page, wants_json
from app.phone.visitor import Visitor, visitor_of
from app.receipt.finish import finish_where_possible
from app.services import Services
from app.store import authorizations, credentials, documents, grants, marks, openings, parties, pressure, receipts
from app.webauthn import b64, request_options
from hsm.messages import Otp, SignTransaction, challenge, parse_transaction

REASONS = {reason.value: reason for reason in (Reason.DECLINED, Reason.NOT_ME, Reason.WRONG_DOCUMENT)}


class Matter(Struct, frozen=True):
    """All that the page needs, read in one go."""

    authorization: Authorization
    signer: Signer
    credential: Credential
    passkeys: list[Passkey]
    visitor: Visitor
    opening: Opening | None = None
    is_new: bool = False
    tokens: Tokens | None = None
    browser_sha256: bytes | None = None
    has_mark: bool = False

    def transaction(self) -> SignTransaction:
        """What is shown is what is bound: the page reads the same bytes that the passkey signs."""
        return parse_transaction(self.authorization.transaction, SignTransaction)

    @property
    def needs_code(self) -> bool:
        """Whether this browser must come with the code on the application's screen first."""
        waits = self.authorization.state is State.PENDING
        return waits and self.opening is not None and not self.opening.is_open_for(self.browser_sha256)

    def is_hidden(self, now: float) -> bool:
        """Tell whether what it says is confidential, and the passkey was not seen in the last minutes; a visit is short anyway."""
        confidential = self.opening is not None and self.opening.confidential
        return confidential and self.visitor.device is not None and now - self.visitor.since > FRESH_S


async def show(services: Services, request: Request) -> Response:
    """Show what is asked, or how it ended; as JSON to a phone without a screen and to the page's own script."""
    matter = await _matter(services, request)
    pending = matter.authorization.state is State.PENDING
    if matter.needs_code or (pending and matter.is_hidden(services.now())):
        return await _ask_to_open(services, request, matter)
    if matter.authorization.state is State.PENDING and matter.authorization.opened_at is None:
        await services.database.write(authorizations.mark_opened, matter.authorization.id, services.now())
        await services.wakeups.announce(matter.authorization.id)
    if wants_json(request):
        if matter.is_hidden(services.now()):
            raise PasskeyNeeded
        return as_json(describe(services, matter))
    user_id, visiting = matter.signer.user_id, matter.visitor.device is None
    if matter.authorization.state is not State.PENDING:
        grant = await services.database.read(grants.by_authorization, matter.authorization.id)
        if (back := await way_back(services, grant, session_sha256(services, request))) is not None:
            return RedirectResponse(back, 303)
    if matter.authorization.state is State.PENDING:
        view = pending_view(services, matter, await services.database.read(documents.sizes, matter.authorization.id))
        return await signed_page(services, request, user_id, "approve.html", visiting=visiting, view=view)
    return await signed_page(services, request, user_id, "ended.html", visiting=visiting, view=ended_view(services, matter))


async def approve(services: Services, request: Request) -> Response:
    """Take the signer's passkey answer, or PIN and one-time password."""
    message = await read_message(services, request)
    code = message.get("code")
    evidence = read_otp(message["otp"]) if "otp" in message else message.get("credential")
    if not isinstance(evidence, dict | Otp) or not (code is None or isinstance(code, str)):
        raise BadParameter("Invalid parameter credential")
    matter = await _read_matter(services, request)
    if matter.needs_code:
        raise CodeNeeded
    await approve_with(services, matter.authorization, evidence, code)
    return JSONResponse({"state": State.APPROVED})


async def refuse(services: Services, request: Request) -> Response:
    """Take the signer's no."""
    message = await read_message(services, request)
    reason = REASONS.get(str(message.get("reason")))
    if reason is None:
        raise BadParameter("Invalid parameter reason")
    matter = await _read_matter(services, request)
    device = matter.visitor.device
    await refuse_for(services, matter.authorization, reason, device.name if device is not None else None)
    credential = await services.database.read(credentials.get, matter.credential.credential_id)
    assert credential is not None
    return JSONResponse({"state": State.REFUSED, "key_state": state_of(credential, services.now())})


async def opened(services: Services, request: Request) -> Authorization:
    """
    Give the authorization at this address to a browser that may see all of it.

    Raises:
        AuthorizationUnknown: there is none for whoever is here.
        CodeNeeded, PasskeyNeeded: it has to be opened first.
    """
    matter = await _read_matter(services, request)
    if matter.needs_code:
        raise CodeNeeded
    if matter.is_hidden(services.now()):
        raise PasskeyNeeded
    return matter.authorization


async def authorization_of(services: Services, request: Request) -> Authorization:
    """Give the authorization at this address; raises AuthorizationUnknown, also where it is not for whoever is here."""
    return (await _read_matter(services, request)).authorization


def read_otp(given: object) -> Otp:
    """Read PIN and one-time password; raises BadParameter, without them."""
    try:
        return msgspec.convert(given, Otp)
    except msgspec.ValidationError:
        raise BadParameter("Invalid parameter otp") from None


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
        "factor": authorization.factor,
        "new_application": matter.is_new,
        "lasting": authorization.is_lasting,
        "otp": otp_view(matter.tokens, authorization.transaction) if pending and matter.tokens is not None else None,
    }


def otp_view(tokens: Tokens, transaction: bytes) -> dict[str, Any]:
    """Say which tokens may approve, how they are known, and what an OCRA token is asked for this transaction."""
    told = [
        {
            "id": one.token_id,
            "kind": one.kind,
            "ending": ending_of(one),
            "digits": one.digits,
            "suite": one.suite,
            "challenge": challenge_of(one, transaction),
        }
        for one in tokens.usable
    ]
    return {"tokens": told, "locked": tokens.locked}


def pending_view(services: Services, matter: Matter, sealed: dict[int, int]) -> dict[str, Any]:
    """Say what is asked to a person."""
    transaction = matter.transaction()
    described = describe(services, matter)
    return {
        "id": transaction.id,
        "application_name": transaction.application_name,
        "application_initial": transaction.application_name[:1],
        "mark": f"/applications/{transaction.application_id}/mark" if matter.has_mark else None,
        "description": transaction.description,
        "is_own": transaction.application_id == SERVICE_ID,
        "documents": [
            {
                "label": one.label,
                "fingerprint": groups(one.hash.hex()),
                "has_content": one.content is not None,
                "size": sealed[number] - SEALING_BYTES if number in sealed else None,
            }
            for number, one in enumerate(transaction.documents)
        ],
        "signer_name": matter.signer.name,
        "not_after": matter.credential.not_after,
        "key_state": state_of(matter.credential, services.now()),
        "credential_id": matter.credential.credential_id,
        "expires_in": described["expires_in"],
        "code_digits": described["code_digits"],
        "is_new": matter.is_new,
        "is_lasting": matter.authorization.is_lasting,
        "options_json": json.dumps(described["publicKey"]).replace("<", "\\u003c"),
        "otp": _otp_form(matter),
        "with_otp_only": matter.visitor.device is None,
    }


def _otp_form(matter: Matter) -> dict[str, Any] | None:
    if matter.tokens is None:
        return None
    return {"views": token_views(matter.tokens.usable, matter.authorization.transaction, known=True), "locked": matter.tokens.locked}


def ended_view(services: Services, matter: Matter) -> dict[str, Any]:
    """Say how it ended."""
    transaction, authorization = matter.transaction(), matter.authorization
    return {
        "state": authorization.state.value,
        "reason": authorization.reason,
        "application_name": transaction.application_name,
        "documents": [{"label": "" if matter.is_hidden(services.now()) else one.label} for one in transaction.documents],
        "time": authorization.decided_at or authorization.expires,
        "reference": reference_number(authorization.id),
        "signer_name": matter.signer.name,
        "stamp": stamp(matter.signer.name),
        "retry_url": None,
        "return_url": matter.opening.return_for(matter.browser_sha256) if matter.opening is not None else None,
        "receipt": own_document(transaction),
        "key_state": state_of(matter.credential, services.now()),
        "factor": authorization.factor,
        "approved_with": authorization.approved_with,
    }


def own_document(transaction: SignTransaction) -> str | None:
    """Say where a document that this service itself made can be had at the end; None for another's."""
    return document_address(transaction.credential_id) if transaction.application_id == SERVICE_ID else None


def stamp(name: str) -> str:
    """Choose what the seal shows: the family name of a Japanese name, else initials; one to four characters."""
    words = name.split()
    if not words[0].isascii():
        return words[0][:4]
    return "".join(word[0].upper() for word in words[:2])


async def _ask_to_open(services: Services, request: Request, matter: Matter) -> Response:
    """Say that the code or the passkey is needed, and no more of the request than who asks, and for how many documents."""
    if wants_json(request):
        raise CodeNeeded if matter.needs_code else PasskeyNeeded
    transaction = matter.transaction()
    view = {
        "needs": "code" if matter.needs_code else "passkey",
        "application_name": transaction.application_name,
        "documents": len(transaction.documents),
        "expires_in": max(0, matter.authorization.expires - int(services.now())),
    }
    visiting = matter.visitor.device is None
    return await signed_page(services, request, matter.signer.user_id, "before_opening.html", visiting=visiting, view=view)


async def _matter(services: Services, request: Request) -> Matter:
    matter = await _read_matter(services, request)
    if await _may_have_moved(services, matter.authorization):
        matter = await _read_matter(services, request)
    if matter.authorization.state is State.PENDING:
        return msgspec.structs.replace(matter, tokens=await _tokens(services, matter))
    return matter


async def _may_have_moved(services: Services, authorization: Authorization) -> bool:
    """Find out what has become of what nobody has looked after yet."""
    own = authorization.application_id == SERVICE_ID and authorization.state is State.APPROVED
    if not own and not authorization.is_over(services.now()):
        return False
    receipt = await services.database.read(receipts.of_key, authorization.credential_id) if own else None
    if receipt is not None and receipt.authorization_id == authorization.id:
        await finish_where_possible(services, receipt)
    else:
        await settle(services, authorization)
    return True


async def _tokens(services: Services, matter: Matter) -> Tokens | None:
    try:
        return await tokens_for(services, matter.credential, matter.authorization.application_id)
    except Unavailable:  # what is asked can be seen, and refused, all the same
        return None


async def _read_matter(services: Services, request: Request) -> Matter:
    visitor = await visitor_of(services, request)
    matter = await services.database.read(_read, request.path_params["id"], visitor)
    return msgspec.structs.replace(matter, browser_sha256=browser_sha256(services, request))


def _read(connection: Connection, authorization_id: str, visitor: Visitor) -> Matter:
    authorization = authorizations.of_signer(connection, authorization_id, visitor.user_id)
    if authorization is None:
        raise AuthorizationUnknown
    signer = parties.signer(connection, visitor.user_id)
    credential = credentials.get(connection, authorization.credential_id)
    assert signer is not None
    assert credential is not None
    if not visitor.may_see(credential.enrollment_id):
        raise AuthorizationUnknown
    passkeys, opening = parties.passkeys_for(connection, credential.enrollment_id), openings.of(connection, authorization_id)
    has_mark = marks.has_one(connection, authorization.application_id)
    is_new = authorization.application_id != SERVICE_ID and not pressure.has_approved(
        connection, visitor.user_id, authorization.application_id
    )
    return Matter(authorization, signer, credential, passkeys, visitor, opening, is_new, has_mark=has_mark)
