"""Steps 4 and 5: the signer's evidence goes to the SAM, which alone decides whether it proves an approval."""

import hmac
from typing import Any

from app.account.standing import follow
from app.authorization.announce import announce
from app.authorization.refuse import refuse
from app.authorization.settle import record, settle
from app.domain.authorization import Authorization, Reason, State
from app.errors import CredentialDisabled, Ended, EvidenceRefused, SamRefused, SignInRefused, StatusUnavailable, WrongCode
from app.services import Services
from app.store import authorizations, credentials
from app.webauthn import passkey_id_of
from hsm.messages import ApproveRequest, ErrorCode

CODE_TRIES = 3


async def approve(services: Services, authorization: Authorization, assertion: dict[str, Any], code: str | None) -> None:
    """
    Approve, on the signer's proof.

    Raises:
        WrongCode: the code is another; after three it ends as refused.
        EvidenceRefused: the proof does not verify; it may be tried again.
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
    passkey_id = _passkey_id(assertion)
    credential = await services.database.read(credentials.get, authorization.credential_id)
    status = await services.statuses.of(credential) if credential is not None else None
    try:
        reply = await services.sam.approve(ApproveRequest(authorization.transaction, assertion, status))
    except SamRefused as refusal:
        if refusal.code in (ErrorCode.EVIDENCE_REFUSED, ErrorCode.MALFORMED):
            raise EvidenceRefused from None
        if refusal.code is ErrorCode.STATUS_UNKNOWN:
            raise StatusUnavailable("the CA's word on the certificate is not to be had") from None
        settled = await settle(services, authorization)
        if settled.state is State.PENDING:  # nothing was decided: the key itself can't be used
            await follow(services, authorization.credential_id)
            raise CredentialDisabled from None
        raise Ended(settled.state, settled.reason) from None
    moved = await services.database.write(
        record,
        authorization,
        State.APPROVED,
        int(services.now()),
        usable_until=reply.usable_until,
        passkey_id=passkey_id,
    )
    if not moved:
        await settle(services, authorization)
    await announce(services, authorization)


def _passkey_id(assertion: dict[str, Any]) -> bytes:
    try:
        return passkey_id_of(assertion)
    except SignInRefused:
        raise EvidenceRefused from None


async def require_code(services: Services, authorization: Authorization, expected: str, given: str | None) -> None:
    """Compare the code from the application's screen; a try is counted before it is looked at."""
    tries = await services.database.write(authorizations.try_code, authorization.id, CODE_TRIES)
    if tries is not None and hmac.compare_digest(expected.encode(), (given or "").encode()):
        return
    if tries is None or tries >= CODE_TRIES:
        await refuse(services, authorization, Reason.WRONG_CODE)
        raise Ended(State.REFUSED, Reason.WRONG_CODE)
    raise WrongCode(CODE_TRIES - tries)
