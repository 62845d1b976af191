"""
Changes that need a passkey, second step: the signer's proof goes to the SAM, which alone decides and does it; then our record follows.

The SAM does a change once. Where its answer was lost, asking again is answered `not_new`: it is done, and is recorded then.
"""

from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection

from app.account.renew import begun, go_on_soon
from app.account.standing import follow
from app.domain.account import Change, Event, EventKind
from app.domain.parties import Passkey
from app.errors import (
    ChangeOver,
    EvidenceRefused,
    NotAllowed,
    PinUnacceptable,
    SamRefused,
    SamUnavailable,
    SignInRefused,
    StatusUnavailable,
    SubjectUnknown,
    TokenCodeRefused,
)
from app.services import Services
from app.store import additions, changes, credentials, events, parties, recoveries, renewals
from app.webauthn import passkey_id_of
from hsm.messages import (
    AddPasskeyTransaction,
    AmendRequest,
    ChangePinTransaction,
    DestroyTransaction,
    ErrorCode,
    NewOtp,
    NewPin,
    Outcome,
    Registration,
    RemoveOtpTransaction,
    RemovePasskeyTransaction,
    RenewTransaction,
    ResynchroniseOtpTransaction,
    SetOtpTransaction,
    SetRecoveryTransaction,
    SuccessiveCodes,
    UnfreezeTransaction,
    UnlockOtpTransaction,
    parse_amendment,
)

NOT_PROVEN = (ErrorCode.EVIDENCE_REFUSED, ErrorCode.MALFORMED)


async def amend(
    services: Services,
    user_id: str,
    change_id: str,
    assertion: dict[str, Any],
    *,
    otp: NewOtp | None = None,
    codes: SuccessiveCodes | None = None,
    pin: NewPin | None = None,
) -> None:
    """
    Make a change, on the signer's proof; one that is made already stays so.

    `otp`, `codes` and `pin` go to the SAM beside it, and are kept nowhere.

    Raises:
        SubjectUnknown: there is no such change, or it is another signer's.
        EvidenceRefused: the proof does not verify; it may be tried again.
        PinUnacceptable, TokenCodeRefused: another PIN, or another code, may be tried.
        ChangeOver: its time is over, or what it changes is another now.
        StatusUnavailable: nobody says whether the certificate of a key that is renewed still stands; it may be tried again.
        SamUnavailable: it is not known whether the SAM did it; asking again will tell.
    """
    change = await services.database.read(changes.of_signer, change_id, user_id)
    if change is None:
        raise SubjectUnknown
    if change.state == "done":
        return
    try:
        passkey_id = passkey_id_of(assertion)
    except SignInRefused:
        raise EvidenceRefused from None
    await services.database.write(_send, change, passkey_id, services.now())
    try:
        await services.sam.amend(msgspec.structs.replace(await _request(services, change, assertion), otp=otp, codes=codes, pin=pin))
    except SamRefused as refusal:
        if refusal.code is not ErrorCode.NOT_NEW:
            await services.database.write(changes.take_back, change)
            refused = _refusal(change, refusal.code)
            if isinstance(refused, ChangeOver):
                await _look_again(services, change)
            raise refused from None
    await services.database.write(record, change_id, user_id, int(services.now()))
    amendment = parse_amendment(change.transaction)
    if isinstance(amendment, RenewTransaction):
        await go_on_soon(services, amendment.new_credential_id)


async def settle_change(services: Services, change: Change) -> None:
    """Find out whether the SAM has made a change whose answer was lost; raises SamUnavailable."""
    try:
        status = await services.sam.status(change.id)
    except SamRefused as refusal:  # its record does not hold
        raise SamUnavailable(f"status: {refusal.code}") from None
    if status.outcome is Outcome.AMENDED:
        await services.database.write(record, change.id, change.user_id, int(services.now()))
    else:
        await services.database.write(changes.take_back, change)


def record(connection: Connection, change_id: str, user_id: str, now: int) -> None:
    """Write down once what the SAM has done."""
    change = changes.of_signer(connection, change_id, user_id)
    assert change is not None
    if not changes.finish(connection, change.id):
        return
    by_device = parties.mark_used(connection, change.sent_with, now) if change.sent_with is not None else None
    happened = partial(Event, id=change.id, user_id=user_id, at=now, by_device=by_device)
    match parse_amendment(change.transaction):
        case AddPasskeyTransaction() as added:
            parties.add_passkey(connection, _new_passkey(connection, change, added, now))
            event = happened(kind=EventKind.DEVICE_ADDED, device=added.name)
        case RemovePasskeyTransaction() as removed:
            parties.remove_passkey(connection, removed.passkey_id)
            event = happened(kind=EventKind.DEVICE_REMOVED, device=removed.name)
        case UnfreezeTransaction() as unfrozen:
            credentials.unfreeze(connection, unfrozen.credential_id)
            event = happened(kind=EventKind.KEY_UNFROZEN, credential_id=unfrozen.credential_id)
        case DestroyTransaction() as destroyed:
            credentials.destroy(connection, destroyed.credential_id)
            event = happened(kind=EventKind.KEY_DESTROYED, credential_id=destroyed.credential_id)
        case SetOtpTransaction():
            event = happened(kind=EventKind.OTP_SET)
        case RemoveOtpTransaction():
            event = happened(kind=EventKind.OTP_REMOVED)
        case UnlockOtpTransaction():
            event = happened(kind=EventKind.OTP_UNLOCKED)
        case ChangePinTransaction():
            event = happened(kind=EventKind.PIN_CHANGED)
        case ResynchroniseOtpTransaction():
            event = happened(kind=EventKind.OTP_RESYNCHRONISED)
        case RenewTransaction() as renewed:
            renewals.add(connection, begun(renewed, now))
            event = happened(kind=EventKind.RENEWAL_APPROVED, credential_id=renewed.credential_id)
        case SetRecoveryTransaction() as printed:
            recoveries.replace(connection, user_id, printed.enrollment_id, printed.codes, now)
            event = happened(kind=EventKind.RECOVERY_SET if printed.codes else EventKind.RECOVERY_TAKEN_AWAY)
        case other:
            raise TypeError(type(other).__name__)
    events.add(connection, event, change.sent_with)


def _send(connection: Connection, change: Change, passkey_id: bytes, now: float) -> None:
    """Record that the SAM may do it from now on; raises ChangeOver where the signer has said no to the device since it was composed."""
    addition = additions.of_signer(connection, change.addition_id, change.user_id) if change.addition_id is not None else None
    if change.state == "open" and addition is not None and addition.standing(now) != "made":
        raise ChangeOver
    changes.send(connection, change, passkey_id, now)


def _new_passkey(connection: Connection, change: Change, added: AddPasskeyTransaction, now: int) -> Passkey:
    assert change.addition_id is not None
    addition = additions.finish(connection, change.addition_id)
    return Passkey(
        passkey_id=added.passkey_id,
        user_id=added.signer,
        enrollment_id=added.enrollment_id,
        public_key=added.public_key,
        sign_count=addition.sign_count,
        backup_eligible=addition.backup_eligible,
        name=added.name,
        created=now,
        last_used=0,
    )


async def _request(services: Services, change: Change, assertion: dict[str, Any]) -> AmendRequest:
    amendment = parse_amendment(change.transaction)
    if isinstance(amendment, RenewTransaction):
        credential = await services.database.read(credentials.get, amendment.credential_id)
        assert credential is not None
        return AmendRequest(change.transaction, assertion, status=await services.statuses.of(credential))
    if change.addition_id is None:
        return AmendRequest(change.transaction, assertion)
    addition = await services.database.read(additions.of_signer, change.addition_id, change.user_id)
    assert addition is not None
    assert addition.transaction is not None
    assert addition.registration is not None
    response = msgspec.json.decode(addition.registration)
    return AmendRequest(change.transaction, assertion, Registration(addition.transaction, response))


def _refusal(change: Change, code: ErrorCode) -> NotAllowed | StatusUnavailable:
    if code is ErrorCode.STATUS_UNKNOWN:
        return StatusUnavailable("the CA's word on the certificate is not to be had")
    if code is ErrorCode.PIN_UNACCEPTABLE:
        return PinUnacceptable()
    if code not in NOT_PROVEN:
        return ChangeOver()
    needs_code = isinstance(parse_amendment(change.transaction), SetOtpTransaction | ResynchroniseOtpTransaction)
    return TokenCodeRefused() if needs_code else EvidenceRefused()


async def _look_again(services: Services, change: Change) -> None:
    """A key that the SAM finds otherwise than we do is brought up to what the SAM knows."""
    amendment = parse_amendment(change.transaction)
    if isinstance(amendment, UnfreezeTransaction | DestroyTransaction | RenewTransaction):
        await follow(services, amendment.credential_id)
