"""
The SAM's two doors, HTTP both: the web server's, on a Unix socket or with mutual TLS, and the operator's, on a Unix socket of its own.

It decodes strictly, runs each operation on a thread of its own, and journals every refusal; what is allowed is decided by the operations.
"""

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hsm.activation import activate, collect, status
from hsm.amendment import amend
from hsm.approval import refuse
from hsm.credential import credential, freeze
from hsm.enrollment import certify, enroll
from hsm.errors import EvidenceRefused, OutcomeUnknown, Refused, SamError, SeedsRefused, Unavailable
from hsm.factors import approve
from hsm.keyring import signers_keys
from hsm.messages import (
    ActivateRequest,
    AmendRequest,
    ApproveRequest,
    BeginRecoveryRequest,
    CertifyRequest,
    CollectRequest,
    CredentialRequest,
    DestroyRequest,
    EnrollRequest,
    ErrorCode,
    ErrorReply,
    FreezeRequest,
    HealthReply,
    ImportTokensRequest,
    ListRecoveriesRequest,
    ListTokensRequest,
    OfferTokenRequest,
    RecoveryRequest,
    RefuseRequest,
    Registration,
    RenewalRequest,
    ReplaceRequest,
    SignInRequest,
    StatementRequest,
    StatusRequest,
    StopRecoveryRequest,
    TokensRequest,
)
from hsm.new_passkey import examine, passkey_policy
from hsm.operator_tokens import import_tokens, list_tokens
from hsm.otp_sign_in import sign_in
from hsm.recovery import begin_recovery, complete_recovery, list_recoveries, recovery, stop_recovery
from hsm.renewal import renewal
from hsm.replacement import destroy, replace
from hsm.sam import Sam
from hsm.seeds.seed import MAX_FILE_BYTES
from hsm.statement import statement
from hsm.tokens import offer_token, tokens

MAX_REQUEST_BYTES = 400_000
MAX_FILE_REQUEST_BYTES = MAX_FILE_BYTES * 4 // 3 + 10_000  # in base64
log = logging.getLogger("natsuin.sam")

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Operation:
    """One thing that the SAM does: the request's type, the function, and what a refusal is journalled about."""

    name: str
    request: type[msgspec.Struct]
    run: Callable[[Sam, Any], msgspec.Struct | None]
    subject: Callable[[Any], str] = lambda request: "-"


OPERATIONS = (
    Operation("enroll", EnrollRequest, enroll),
    Operation("certify", CertifyRequest, certify, lambda request: request.credential_id),
    Operation("approve", ApproveRequest, approve),
    Operation("refuse", RefuseRequest, refuse),
    Operation("collect", CollectRequest, collect, lambda request: request.authorization_id),
    Operation("activate", ActivateRequest, activate, lambda request: request.credential_id),
    Operation("amend", AmendRequest, amend),
    Operation("renewal", RenewalRequest, renewal, lambda request: request.credential_id),
    Operation("freeze", FreezeRequest, freeze, lambda request: request.credential_id),
    Operation("credential", CredentialRequest, credential, lambda request: request.credential_id),
    Operation("offer_token", OfferTokenRequest, offer_token, lambda request: request.credential_id),
    Operation("tokens", TokensRequest, tokens, lambda request: request.credential_id),
    Operation("statement", StatementRequest, statement, lambda request: request.credential_id),
    Operation("examine", Registration, examine),
    Operation("begin_recovery", BeginRecoveryRequest, begin_recovery),
    Operation("complete_recovery", RecoveryRequest, complete_recovery, lambda request: request.recovery_id),
    Operation("stop_recovery", StopRecoveryRequest, stop_recovery, lambda request: request.recovery_id),
    Operation("recovery", RecoveryRequest, recovery, lambda request: request.recovery_id),
    Operation("sign_in", SignInRequest, sign_in),
    Operation("status", StatusRequest, status, lambda request: request.authorization_id),
)


OPERATOR_OPERATIONS = (
    Operation("import_tokens", ImportTokensRequest, import_tokens),
    Operation("list_tokens", ListTokensRequest, list_tokens),
    Operation("replace", ReplaceRequest, replace, lambda request: request.enrollment_id),
    Operation("destroy", DestroyRequest, destroy, lambda request: request.credential_id),
    Operation("freeze", FreezeRequest, freeze, lambda request: request.credential_id),
    Operation("list_recoveries", ListRecoveriesRequest, list_recoveries),
    Operation("stop_recovery", StopRecoveryRequest, stop_recovery, lambda request: request.recovery_id),
)
"""What the operator's door offers; neither door offers what makes the other one dangerous."""


def create_server(sam: Sam, threads: int) -> Starlette:
    """Build the ASGI application for the web server; `threads` operations run at once, the others wait."""
    pool = ThreadPoolExecutor(threads, thread_name_prefix="operation")
    routes = _routes(sam, pool, OPERATIONS)
    routes.append(Route("/v1/health", _always(_health(sam, pool)), methods=["GET"]))
    routes.append(Route("/v1/passkey_policy", _always(_passkey_policy(sam)), methods=["GET"]))
    return Starlette(routes=routes, max_body_size=MAX_REQUEST_BYTES)


def create_operator_server(sam: Sam) -> Starlette:
    """Build the ASGI application for the operator; one operation runs at once."""
    pool = ThreadPoolExecutor(1, thread_name_prefix="operator")
    return Starlette(routes=_routes(sam, pool, OPERATOR_OPERATIONS), max_body_size=MAX_FILE_REQUEST_BYTES)


def _routes(sam: Sam, pool: ThreadPoolExecutor, operations: tuple[Operation, ...]) -> list[Route]:
    return [Route(f"/v1/{operation.name}", _always(_endpoint(sam, pool, operation)), methods=["POST"]) for operation in operations]


def _endpoint(sam: Sam, pool: ThreadPoolExecutor, operation: Operation) -> Endpoint:
    decoder = msgspec.json.Decoder(operation.request)

    async def endpoint(request: Request) -> Response:
        try:
            message = decoder.decode(await request.body())
        except (ValueError, RecursionError):
            return _reply(400, ErrorReply(ErrorCode.MALFORMED))
        return await asyncio.get_running_loop().run_in_executor(pool, _run, sam, operation, message)

    return endpoint


def _run(sam: Sam, operation: Operation, message: msgspec.Struct) -> Response:
    try:
        try:
            return _reply(200, operation.run(sam, message))
        except Refused as refusal:
            with sam.store.change(sam.now()) as change:
                change.deny(operation.name, operation.subject(message), refusal.code, str(refusal))
            authorization_id = str(refusal) if isinstance(refusal, OutcomeUnknown) else None
            problems = refusal.problems if isinstance(refusal, SeedsRefused) else ()
            tries_left = refusal.tries_left if isinstance(refusal, EvidenceRefused) else None
            said = ErrorReply(refusal.code, authorization_id=authorization_id, problems=problems, tries_left=tries_left)
            return _reply(refusal.status, said)
    except Unavailable as doubt:
        log.error("%s: %s: %s", operation.name, type(doubt).__name__, doubt)
        return _reply(doubt.status, ErrorReply(doubt.code, doubt.retry_after_s))
    except SamError as error:
        log.error("%s: %s: %s", operation.name, type(error).__name__, error)
        return _reply(500, ErrorReply(ErrorCode.INTERNAL))


def _always(endpoint: Endpoint) -> Endpoint:
    """Answer what nobody foresaw, too: the HTTP server would log it with its message, which could hold what must not be in a log."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except HTTPException:
            raise
        except Exception as error:
            log.error("unforeseen: %s at %s", type(error).__name__, _place(error))
            return _reply(500, ErrorReply(ErrorCode.INTERNAL))

    return answer


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "?"


def _health(sam: Sam, pool: ThreadPoolExecutor) -> Endpoint:
    def check() -> Response:
        parts = {"hsm": _state(lambda: sam.keyring.probe()), "store": _state(sam.store.check)}
        return _reply(200, HealthReply(parts, signers_keys(sam.token), sam.now(), sam.keyring.statement_key_sha256))

    async def endpoint(_: Request) -> Response:
        return await asyncio.get_running_loop().run_in_executor(pool, check)

    return endpoint


def _passkey_policy(sam: Sam) -> Endpoint:
    async def endpoint(_: Request) -> Response:
        return _reply(200, passkey_policy(sam))

    return endpoint


def _state(check: Callable[[], object]) -> str:
    try:
        check()
    except SamError as error:
        return f"{type(error).__name__}: {error}"
    return "ok"


def _reply(status_code: int, message: msgspec.Struct | None) -> Response:
    body = msgspec.json.encode(message) if message is not None else b"{}"
    return Response(body, status_code, media_type="application/json")
