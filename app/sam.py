"""The SAM as this side sees it: one call for each of its operations, over a Unix socket or mutual TLS. It can be asked, not told."""

import ssl
from typing import TypeVar

import aiohttp
import msgspec

from app.config import Config
from app.errors import SamRefused, SamUnavailable
from hsm.messages import (
    ActivateReply,
    ActivateRequest,
    AmendReply,
    AmendRequest,
    ApproveReply,
    ApproveRequest,
    BeginRecoveryRequest,
    CertificateStatus,
    CertifyReply,
    CertifyRequest,
    CollectReply,
    CollectRequest,
    CredentialReply,
    CredentialRequest,
    DestroyReply,
    DestroyRequest,
    EnrollReply,
    EnrollRequest,
    ErrorCode,
    ErrorReply,
    ExamineReply,
    FreezeReply,
    FreezeRequest,
    HealthReply,
    ImportTokensReply,
    ImportTokensRequest,
    ListRecoveriesReply,
    ListRecoveriesRequest,
    ListTokensReply,
    ListTokensRequest,
    OfferTokenReply,
    OfferTokenRequest,
    PasskeyPolicyReply,
    PasskeyRecord,
    RecoveryReply,
    RecoveryRequest,
    RefuseRequest,
    Registration,
    RenewalReply,
    RenewalRequest,
    ReplaceReply,
    ReplaceRequest,
    SignInRequest,
    StatementReply,
    StatementRequest,
    StatusReply,
    StatusRequest,
    StopRecoveryRequest,
    TokensReply,
    TokensRequest,
)

Reply = TypeVar("Reply", bound=msgspec.Struct)
DEADLINE_S = 60  # making an RSA-4096 key takes seconds


class Door:
    """
    A client of one of the SAM's doors.

    Raises, from every method:
        SamRefused: with the SAM's reason.
        SamUnavailable: it does not answer, or is in doubt itself; whether it did something must be asked with `status`.
    """

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session, self._url = session, url

    async def close(self) -> None:
        await self._session.close()

    async def _call(self, operation: str, request: msgspec.Struct | None, reply: type[Reply]) -> Reply:
        body = msgspec.json.encode(request) if request is not None else None
        try:
            async with self._session.request("GET" if body is None else "POST", f"{self._url}/v1/{operation}", data=body) as response:
                answer = await response.read()
                if response.status == 200:
                    return msgspec.json.decode(answer, type=reply)
                error = msgspec.json.decode(answer, type=ErrorReply)
        except (aiohttp.ClientError, TimeoutError, OSError, msgspec.MsgspecError) as failure:
            raise SamUnavailable(f"{operation}: {type(failure).__name__}") from failure
        if error.error in (ErrorCode.UNAVAILABLE, ErrorCode.INTERNAL):
            raise SamUnavailable(f"{operation}: {error.error}")
        raise SamRefused(error)


class Sam(Door):
    """The web server's door."""

    async def enroll(self, request: EnrollRequest) -> EnrollReply:
        return await self._call("enroll", request, EnrollReply)

    async def certify(self, request: CertifyRequest) -> CertifyReply:
        return await self._call("certify", request, CertifyReply)

    async def approve(self, request: ApproveRequest) -> ApproveReply:
        return await self._call("approve", request, ApproveReply)

    async def refuse(self, request: RefuseRequest) -> None:
        await self._call("refuse", request, _Nothing)

    async def collect(self, request: CollectRequest) -> CollectReply:
        return await self._call("collect", request, CollectReply)

    async def activate(self, request: ActivateRequest) -> ActivateReply:
        return await self._call("activate", request, ActivateReply)

    async def amend(self, request: AmendRequest) -> AmendReply:
        return await self._call("amend", request, AmendReply)

    async def renewal(self, request: RenewalRequest) -> RenewalReply:
        return await self._call("renewal", request, RenewalReply)

    async def freeze(self, request: FreezeRequest) -> FreezeReply:
        return await self._call("freeze", request, FreezeReply)

    async def credential(self, credential_id: str, status: CertificateStatus | None = None) -> CredentialReply:
        return await self._call("credential", CredentialRequest(credential_id, status), CredentialReply)

    async def offer_token(self, credential_id: str) -> OfferTokenReply:
        return await self._call("offer_token", OfferTokenRequest(credential_id), OfferTokenReply)

    async def statement(self, credential_id: str, first: int) -> StatementReply:
        return await self._call("statement", StatementRequest(credential_id, first), StatementReply)

    async def begin_recovery(self, request: BeginRecoveryRequest) -> RecoveryReply:
        return await self._call("begin_recovery", request, RecoveryReply)

    async def complete_recovery(self, recovery_id: str) -> RecoveryReply:
        return await self._call("complete_recovery", RecoveryRequest(recovery_id), RecoveryReply)

    async def stop_recovery(self, request: StopRecoveryRequest) -> RecoveryReply:
        return await self._call("stop_recovery", request, RecoveryReply)

    async def recovery(self, recovery_id: str) -> RecoveryReply:
        return await self._call("recovery", RecoveryRequest(recovery_id), RecoveryReply)

    async def tokens(self, credential_id: str) -> TokensReply:
        return await self._call("tokens", TokensRequest(credential_id), TokensReply)

    async def sign_in(self, request: SignInRequest) -> None:
        await self._call("sign_in", request, _Nothing)

    async def status(self, authorization_id: str) -> StatusReply:
        return await self._call("status", StatusRequest(authorization_id), StatusReply)

    async def passkey_policy(self) -> PasskeyPolicyReply:
        return await self._call("passkey_policy", None, PasskeyPolicyReply)

    async def examine(self, request: Registration) -> PasskeyRecord:
        return (await self._call("examine", request, ExamineReply)).passkey

    async def health(self) -> HealthReply:
        return await self._call("health", None, HealthReply)


class OperatorSam(Door):
    """The operator's door, on the SAM's own machine; the web server has no part in what it does."""

    async def replace(self, request: ReplaceRequest) -> ReplaceReply:
        return await self._call("replace", request, ReplaceReply)

    async def destroy(self, credential_id: str) -> DestroyReply:
        return await self._call("destroy", DestroyRequest(credential_id), DestroyReply)

    async def import_tokens(self, request: ImportTokensRequest) -> ImportTokensReply:
        return await self._call("import_tokens", request, ImportTokensReply)

    async def list_tokens(self, after: str | None = None) -> ListTokensReply:
        return await self._call("list_tokens", ListTokensRequest(after), ListTokensReply)

    async def list_recoveries(self) -> ListRecoveriesReply:
        return await self._call("list_recoveries", ListRecoveriesRequest(), ListRecoveriesReply)

    async def stop_recovery(self, request: StopRecoveryRequest) -> RecoveryReply:
        return await self._call("stop_recovery", request, RecoveryReply)


class _Nothing(msgspec.Struct):
    """An answer without content."""


def connect(config: Config) -> Sam:
    """Open a client for the SAM that the settings name; call it within the event loop."""
    if config.sam.startswith("unix:"):
        return Sam(_session(aiohttp.UnixConnector(config.sam.removeprefix("unix:"), limit=0)), "http://sam")
    context = ssl.create_default_context(cafile=str(config.sam_tls_ca))
    context.load_cert_chain(str(config.sam_tls_certificate), str(config.sam_tls_key))
    return Sam(_session(aiohttp.TCPConnector(ssl=context, limit=0)), config.sam)


def connect_as_operator(config: Config) -> OperatorSam:
    """Open a client for the operator's door; call it within the event loop."""
    return OperatorSam(_session(aiohttp.UnixConnector(config.sam_operator.removeprefix("unix:"), limit=0)), "http://sam")


def _session(connector: aiohttp.BaseConnector) -> aiohttp.ClientSession:
    timeout = aiohttp.ClientTimeout(total=DEADLINE_S, connect=2)
    return aiohttp.ClientSession(connector=connector, timeout=timeout, headers={"Content-Type": "application/json"})
