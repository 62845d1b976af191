"""Steps 4 and 5: the signer's evidence goes to the SAM, which alone decides whether it proves an approval."""

import hmac
from typing import Any

from msgspec import Struct

from app.account.standing import follow
from app.authorization.announce import announce
from app.authorization.refuse import refuse
from app.authorization.settle import record, settle
from app.authorization.tokens import ending_of, tokens_of
from app.domain.authorization import Authorization, Reason, State
from app.domain.parties import Credential
from app.errors import (
    CredentialDisabled,
    Ended,
    EvidenceRefused,
    NatsuinError,
    OtpLocked,
    OtpRefused,
    SamRefused,
    SignInRefused,
    StatusUnavailable,
    WrongCode,
)
from app.services import Services
from app.store import authorizations, credentials, parties
from app.webauthn import passkey_id_of
from hsm.messages import ApproveRequest, CertificateStatus, ErrorCode, Otp

CODE_TRIES = 3


class _Means(Struct, frozen=True):
    """What is recorded of the evidence, once it has proven an approval."""

    factor: str
    passkey_id: bytes | None = None
    token: str | None = None


async def approve(services: Services, authorization: Authorization, evidence: dict[str, Any] | Otp, code: str | None) -> None:
    """
    Approve, on the signer's proof: a passkey's answer, or PIN and one-time password.

    Raises:
        WrongCode: the code is another; after three it ends as refused.
        EvidenceRefused: the proof does not verify; it may be tried again.
        OtpRefused, OtpLocked: PIN or one-time password is wrong; after five tries it ends as refused, after ten in a row they are locked.
        Ended: it was decided before, or its time is over.
        CredentialDisabled: the key can't be used, or its certificate is not valid now, revoked or on hold.
        StatusUnavailable: nobody says whether the certificate still stands; it may be tried again.
        SamUnavailable: it is not known whether the SAM took it; asking again will tell.
    """
    if authorization.state is not State.PENDING or authorization.is_over(services.now()):
        settled = await settle(services, authorization)
        raise Ended(settled.state, settled.reason)
    if authorization.code is not None:
        await require_code(services, authorization, authorization.code, code)
    credential = await services.database.read(credentials.get, authorization.credential_id)
    assert credential is not None
    means = await _means(services, authorization, credential, evidence)
    status = await services.statuses.of(credential)
    try:
        reply = await services.sam.approve(_request(authorization.transaction, evidence, status))
    except SamRefused as refusal:
        raise await _refused(services, authorization, evidence, refusal) from None
    moved = await services.database.write(
        record,
        authorization,
        State.APPROVED,
        int(services.now()),
        usable_until=reply.usable_until,
        factor=means.factor,
        passkey_id=means.passkey_id,
        known_by=means.token,
    )
    if not moved:
        await settle(services, authorization)
    await announce(services, authorization)


async def require_code(services: Services, authorization: Authorization, expected: str, given: str | None) -> None:
    """Compare the code from the application's screen; a try is counted before it is looked at."""
    tries = await services.database.write(authorizations.try_code, authorization.id, CODE_TRIES)
    if tries is not None and hmac.compare_digest(expected.encode(), (given or "").encode()):
        return
    if tries is None or tries >= CODE_TRIES:
        await refuse(services, authorization, Reason.WRONG_CODE)
        raise Ended(State.REFUSED, Reason.WRONG_CODE)
    raise WrongCode(CODE_TRIES - tries)


def _request(transaction: bytes, evidence: dict[str, Any] | Otp, status: CertificateStatus | None) -> ApproveRequest:
    if isinstance(evidence, Otp):
        return ApproveRequest(transaction, status=status, otp=evidence)
    return ApproveRequest(transaction, evidence, status)


async def _means(services: Services, authorization: Authorization, credential: Credential, evidence: dict[str, Any] | Otp) -> _Means:
    if isinstance(evidence, Otp):
        application = await services.database.read(parties.application, authorization.application_id)
        if application is not None and application.policy.passkey_only:
            raise EvidenceRefused
        tokens = await tokens_of(services, credential)
        token = tokens.get(evidence.token_id) if tokens is not None else None
        return _Means("otp", token=ending_of(token) if token is not None else None)
    try:
        return _Means("passkey", passkey_id=passkey_id_of(evidence))
    except SignInRefused:
        raise EvidenceRefused from None


async def _refused(services: Services, authorization: Authorization, evidence: dict[str, Any] | Otp, refusal: SamRefused) -> NatsuinError:
    """Give the error that the SAM's refusal comes to; our record follows where it ended something."""
    if refusal.code in (ErrorCode.EVIDENCE_REFUSED, ErrorCode.MALFORMED):
        if refusal.tries_left:
            return OtpRefused(refusal.tries_left)
        if refusal.tries_left is None:
            return EvidenceRefused()
    if refusal.code is ErrorCode.STATUS_UNKNOWN:
        return StatusUnavailable("the CA's word on the certificate is not to be had")
    settled = await settle(services, authorization)
    if settled.state is not State.PENDING:
        return Ended(settled.state, settled.reason)
    if refusal.tries_left == 0:
        return OtpLocked()
    await follow(services, authorization.credential_id)  # nothing was decided: the key itself can't be used
    return CredentialDisabled()
