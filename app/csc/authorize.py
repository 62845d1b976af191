"""`credentials/authorize` and `credentials/authorizeCheck` (CSC 2.0 §11.7, §11.8): ask the signer, then wait for the answer."""

import asyncio
import re
import unicodedata

import msgspec
from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response

from app.answering import answer
from app.authorization.collect import collect
from app.authorization.request import Ask
from app.authorization.request import request as ask_signer
from app.csc.algorithms import MULTISIGN, require_digests
from app.csc.answers import Approved, Asked, NotDecided
from app.csc.body import MAX_BODY_BYTES as MAX_BODY_BYTES_ELSEWHERE
from app.csc.body import Body, read_body
from app.csc.documents import MAX_FILES_BYTES, read_documents
from app.csc.explicit import challenged_code
from app.csc.prepare import prepare_documents
from app.domain.authorization import Authorization
from app.errors import BadParameter, CredentialUnknown, TooFast
from app.oauth.bearer import service_caller_of
from app.oauth.reach import require_handle, signer_of
from app.services import Services
from hsm.messages import MAX_DESCRIPTION_CHARACTERS, MAX_LABEL_CHARACTERS, MAX_LIFE_S, is_plain_text

MAX_BODY_BYTES = MAX_FILES_BYTES * 4 // 3 + MAX_BODY_BYTES_ELSEWHERE  # the documents, in base64
LONGEST_WAIT_S = 60
PACE_MS = 950  # half of what Retry-After advises, so that no honest client is ever too fast
RETRY_AFTER_S = "2"
LIFE_BOUNDS_S = (30, MAX_LIFE_S)  # more than minutes only for whom the operator lets: `request`
WAIT = re.compile(r"wait=(\d{1,6})\Z")  # RFC 7240 §4.3
ID = re.compile(r"[A-Za-z0-9_-]{22}\Z")
STATE = re.compile(r"[A-Za-z0-9_.~-]{1,200}\Z")


async def authorize(services: Services, request: Request) -> Response:
    """Ask for the signer's approval of exactly these hashes; the answer is a handle to wait with."""
    caller = await service_caller_of(services, request)
    body = await read_body(request, MAX_BODY_BYTES)
    ask = await asyncio.to_thread(read_ask, body, services.config.authorization_life_s)
    ask = msgspec.structs.replace(ask, user_id=signer_of(caller, ask.user_id))
    code = await challenged_code(services, caller, ask.credential_id, body.objects("authData"))
    ask = await prepare_documents(services, caller, msgspec.structs.replace(ask, code=code), body)
    authorization, opening = await ask_signer(services, caller.client_id, ask)
    asked = Asked(
        handle=authorization.id,
        # Where a code is needed it would open nothing.
        approval_url=UNSET if opening.code_needed else f"{services.config.origin}/approve/{authorization.id}",
        events_url=f"{services.config.origin}/authorizations/{authorization.id}/events",
        events_token=opening.events_token,
        code_url=f"{services.config.origin}/s",
        code_token=opening.token,
        code_key=opening.key,
        code_second=opening.second(services.now()),
        expiresIn=max(0, authorization.expires - int(services.now())),
        progress=authorization.progress,
        verification_code=UNSET if authorization.code is None else authorization.code,
    )
    return answer(asked, 202)


async def authorize_check(services: Services, request: Request) -> Response:
    """Say whether the signer has decided; `Prefer: wait=25` holds the answer for up to that many seconds."""
    caller = await service_caller_of(services, request)
    body = await read_body(request)
    handle = body.optional_text("handle", longest=100)
    if not handle or not ID.match(handle):
        raise BadParameter("Invalid parameter handle")
    wait_s = preferred_wait_s(request)
    if not wait_s and not await services.ephemeral.may_poll(f"{caller.client_id}:{handle}", PACE_MS):
        raise TooFast
    await require_handle(services, caller, handle)
    collected = await collect(services, caller.client_id, handle, wait_s)
    applied = {"Preference-Applied": f"wait={wait_s}"} if wait_s else {}
    if isinstance(collected, Authorization):
        return answer(NotDecided(handle, collected.progress), 202, applied | ({} if wait_s else {"Retry-After": RETRY_AFTER_S}))
    left_s = max(0, int(collected.usable_until - services.now()))
    return answer(Approved(collected.sad, left_s, collected.factor), headers=applied)


def read_ask(body: Body, life_s: int) -> Ask:
    """Read what is asked, in the order of the standard's table; raises BadParameter."""
    credential_id = body.text("credentialID")
    if not ID.match(credential_id):
        raise CredentialUnknown
    count = body.number("numSignatures")
    if count < 1:
        raise BadParameter("Invalid value for parameter numSignatures")
    if count > MULTISIGN:
        raise BadParameter("Numbers of signatures is too high")
    hashes = body.hashes()
    require_digests(body.text("hashAlgorithmOID"), hashes)
    if len(hashes) != count:
        raise BadParameter("Invalid value for parameter numSignatures")
    body.objects("authData")
    body.optional_text("clientData")
    description = _plain("description", body.optional_text("description") or "", MAX_DESCRIPTION_CHARACTERS)
    return_url, return_state = (body.optional_text(name) for name in ("return_url", "state"))
    if return_state is not None and (return_url is None or not STATE.match(return_state)):
        raise BadParameter("Invalid parameter state")
    labels = body.texts("documentLabels")
    if labels is not None and len(labels) != count:
        raise BadParameter("Invalid parameter documentLabels")
    return Ask(
        credential_id=credential_id,
        user_id=body.optional_text("userID", longest=64),
        hash_algorithm=body.text("hashAlgorithmOID"),
        hashes=hashes,
        labels=tuple(_plain("documentLabels", label, MAX_LABEL_CHARACTERS) for label in labels or [""] * count),
        description=description,
        life_s=body.number_within("requestedExpiry", *LIFE_BOUNDS_S, life_s),
        confidential=body.flag("confidential"),
        return_url=return_url,
        return_state=return_state,
        uploads=read_documents(body, body.text("hashAlgorithmOID"), hashes),
        asked_sha256=body.sha256(),
    )


def preferred_wait_s(request: Request) -> int:
    """Read `Prefer: wait` in seconds, at most 60; 0 where it is not asked for."""
    for preference in ",".join(request.headers.getlist("prefer")).split(","):
        if (asked := WAIT.match(preference.strip().lower())) is not None:
            return min(int(asked[1]), LONGEST_WAIT_S)
    return 0


def _plain(name: str, text: str, longest: int) -> str:
    """Give text in NFC; what could look like other text (control, bidi, zero-width) is refused, never removed in silence."""
    # NFC makes one character of four at most, makes some longer, and takes its time with very long text.
    composed = unicodedata.normalize("NFC", text) if len(text) <= 4 * longest else text
    if len(composed) > longest or not is_plain_text(composed):
        raise BadParameter(f"Invalid parameter {name}")
    return composed
