"""
`operationMode` A and `signatures/signPolling` (CSC 2.0 §11.10 to §11.12): the request is kept and worked on, and its answer kept too.

The request is on disk, encrypted, before its response id is given out. Whichever worker dies, another one goes on: an activation is asked
for under the response's own idempotency key, so that it happens once. The SAD's time goes on meanwhile. The transaction that keeps
the answer makes the notice to `response_uri` due; the push process sends it, and it names the response and nothing else.
"""

import asyncio
import base64
import contextlib
import logging

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response as HttpResponse

from app.answering import answer
from app.authorization.sign import sign
from app.csc.answers import Accepted, BeingWorkedOn, Signatures
from app.csc.authorize import PACE_MS, RETRY_AFTER_S
from app.csc.body import read_body
from app.csc.mode import Later
from app.csc.sign_doc_body import SignDoc
from app.csc.signed_documents import signed_documents
from app.domain.identifiers import new_id
from app.domain.response import Response
from app.errors import (
    BadParameter,
    CredentialUnknown,
    DocumentDiffers,
    NotAllowed,
    PdfUnusable,
    SamUnavailable,
    SigningRefused,
    TooFast,
    Unavailable,
)
from app.oauth.bearer import Caller, caller_of
from app.services import Services
from app.store import authorizations, parties, responses
from hsm.messages import ActivateRequest, ErrorCode, named_authorization

CLAIMED_S = 60
AGAIN_S = 2
SWEEP_S = 2
SWEEP_MOST = 20
REQUEST, ANSWER = 0, 1
log = logging.getLogger("natsuin.asynchronous")
running: set[asyncio.Task[None]] = set()  # or else nothing would keep a task alive


class Work(Struct, frozen=True):
    """What is to be done: one of the two."""

    hashes: ActivateRequest | None = None
    documents: SignDoc | None = None
    idempotency_key: str | None = None


class Failure(Struct, frozen=True):
    """Why there is no answer: what `signHash` or `signDoc` would have raised."""

    error: str
    text: str = ""
    code: ErrorCode | None = None

    def raised(self) -> NotAllowed | BadParameter:
        if self.code is not None:
            return SigningRefused(self.code, self.text)
        if self.error == "BadParameter":
            return BadParameter(self.text)
        return {one.__name__: one for one in (CredentialUnknown, DocumentDiffers, PdfUnusable)}[self.error]()


async def accept(services: Services, caller: Caller, sad: str, credential_id: str, work: Work, later: Later) -> HttpResponse:
    """
    Keep a request, begin to work on it, and answer with the id of its response.

    Raises:
        SigningRefused: the application has no such SAD.
        CredentialUnknown: it is for another credential.
        BadParameter: `response_uri` is not the application's registered address.
    """
    named = named_authorization(sad)
    found = await services.database.read(authorizations.of_application, named, caller.client_id) if named is not None else None
    if found is None:
        raise SigningRefused(ErrorCode.SAD_INVALID)
    if found.credential_id != credential_id:
        raise CredentialUnknown
    application = await services.database.read(parties.application, caller.client_id)
    later.require_registered(application.callback_url if application is not None else None)
    response_id, now = new_id(), int(services.now())
    content = await asyncio.to_thread(services.document_key.seal, response_id, REQUEST, msgspec.msgpack.encode(work))
    response = Response(
        id=response_id,
        application_id=caller.client_id,
        user_id=found.user_id,
        grant_id=caller.grant_id if caller.scope == "credential" else None,
        state="working",
        content=content,
        claimed_until=now + CLAIMED_S,
        keep_until=now + -(-later.validity_ms // 1000),
    )
    await services.database.write(responses.add, response, found.id, told=later.response_uri is not None)
    task = asyncio.create_task(_work_quietly(services, response))
    running.add(task)
    task.add_done_callback(running.discard)
    return answer(Accepted(response_id))


async def sign_polling(services: Services, request: Request) -> HttpResponse:
    """`signatures/signPolling`: the answer, or 202 while it is worked on; as often as wanted while it is kept."""
    caller = await caller_of(services, request)
    body = await read_body(request)
    request_id = body.text("requestID")
    user_id = body.text_or_wrong("userID")
    body.optional_text("clientData")
    response = await services.database.read(responses.get, request_id)
    if caller.user_id is not None and user_id is not None:
        raise BadParameter("userID parameter SHALL be null")
    if response is None or not _is_for(caller, response) or services.now() >= response.keep_until:
        raise BadParameter("Invalid parameter requestID")
    if user_id is not None and user_id != response.user_id:
        raise BadParameter("Invalid parameter “userID”")
    if response.state == "working":
        if not await services.ephemeral.may_poll(f"{caller.client_id}:{request_id}", PACE_MS):
            raise TooFast
        return answer(BeingWorkedOn(), 202, {"Retry-After": RETRY_AFTER_S})
    kept = await asyncio.to_thread(services.document_key.open, response.id, ANSWER, response.content)
    if response.state == "failed":
        raise msgspec.json.decode(kept, type=Failure).raised()
    return HttpResponse(kept, media_type="application/json")


def _is_for(caller: Caller, response: Response) -> bool:
    """Tell whether a response is the caller's; a token of scope `credential` gets those only that it asked for itself."""
    same = response.application_id == caller.client_id and caller.is_for(response.user_id)
    return same and (caller.scope != "credential" or response.grant_id == caller.grant_id)


async def sweep(services: Services) -> None:
    """Go on, for as long as the worker lives, with what nobody works on, and forget what is over."""
    while True:
        await asyncio.sleep(SWEEP_S)
        try:
            await services.database.write(responses.forget_over, services.now())
            left = await services.database.read(responses.abandoned, services.now(), SWEEP_MOST)
            for response in left:
                until = int(services.now()) + CLAIMED_S
                if await services.database.write(responses.claim, response, until):
                    await _work_quietly(services, msgspec.structs.replace(response, claimed_until=until))
        except Unavailable as doubt:
            log.warning("not worked on: %s: %s", type(doubt).__name__, doubt)


async def work(services: Services, response: Response) -> None:
    """
    Do what was asked, and keep what came of it.

    Raises:
        Unavailable: it can't be done now; the same again will tell.
    """
    raw = await asyncio.to_thread(services.document_key.open, response.id, REQUEST, response.content)
    asked = msgspec.msgpack.decode(raw, type=Work)
    try:
        outcome, state = await _done(services, response, asked), "done"
    except (NotAllowed, BadParameter) as error:
        failed = Failure(type(error).__name__, str(error))
        if isinstance(error, SigningRefused):
            if error.code is ErrorCode.IN_PROGRESS:
                raise SamUnavailable("another worker is at it") from None
            failed = Failure("SigningRefused", error.subject, error.code)
        outcome, state = msgspec.json.encode(failed), "failed"
    content = await asyncio.to_thread(services.document_key.seal, response.id, ANSWER, outcome)
    await services.database.write(responses.finish, response.id, state, content)


async def _done(services: Services, response: Response, asked: Work) -> bytes:
    key = asked.idempotency_key or f"response-{response.id}"
    if asked.hashes is not None:
        signatures = await sign(services, msgspec.structs.replace(asked.hashes, idempotency_key=key))
        return msgspec.json.encode(Signatures([base64.b64encode(one).decode() for one in signatures]))
    assert asked.documents is not None
    return msgspec.json.encode(await signed_documents(services, response.application_id, asked.documents, key))


async def _work_quietly(services: Services, response: Response) -> None:
    """The same, where nobody waits: what can't be done now is left to the sweep."""
    try:
        await work(services, response)
    except Unavailable as doubt:
        log.warning("%s not worked on: %s: %s", response.id, type(doubt).__name__, doubt)
        with contextlib.suppress(Unavailable):  # then its claim runs out
            await services.database.write(responses.claim, response, int(services.now()) + AGAIN_S)
