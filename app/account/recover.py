"""
Recovering with a printed code: a new device makes a passkey, the SAM uses up the code and lets it wait, and after its time it is added.

The SAM alone decides all of it, by its own clock; our record follows. The code finds whose it is, and is kept nowhere.
"""

import secrets
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from app.account.naming import clean_name
from app.domain.account import Event, EventKind
from app.domain.identifiers import new_id
from app.domain.link import read_code
from app.domain.parties import Signer
from app.domain.recovery import Recovery
from app.errors import (
    CredentialDisabled,
    LinkUnknown,
    RecoveryEnded,
    RecoveryWaiting,
    RegistrationRefused,
    SamRefused,
    SamUnavailable,
    registration_refused,
)
from app.services import Services
from app.store import events, parties, recoveries
from app.webauthn import b64, creation_options
from hsm.messages import (
    MAX_AMENDMENT_LIFE_S,
    BeginRecoveryRequest,
    ErrorCode,
    RecoverTransaction,
    RecoveryReply,
    Registration,
    challenge,
    recovery_code_sha256,
)


class Welcome(Struct, frozen=True):
    """Whose code it is and how it stands; where it is still good, what the new passkey has to answer, and what the browser needs for it."""

    signer: Signer
    recovery: Recovery
    transaction: bytes | None = None
    options: dict[str, Any] | None = None


async def welcome(services: Services, code: str) -> Welcome:
    """Begin on the new device, or tell how it stands where the code was used; raises LinkUnknown, SamUnavailable."""
    recovery, signer = await services.database.read(_recovery_and_signer, code)
    if recovery.state == "sent":  # its answer was lost
        recovery = await _use_up(services, recovery, code)
    if recovery.state != "unused":
        return Welcome(signer, await follow_if_heard(services, recovery))
    policy = await services.sam.passkey_policy()
    now = int(services.now())
    asked = RecoverTransaction(
        version=1,
        id=new_id(),
        nonce=b64(secrets.token_bytes(32)),
        signer=signer.user_id,
        created=now,
        expires=now + MAX_AMENDMENT_LIFE_S,
        enrollment_id=recovery.enrollment_id,
        code_sha256=recovery.code_sha256,
    )
    raw = asked.encode()
    if not await services.database.write(recoveries.offer, recovery, asked.id, raw):
        raise LinkUnknown
    existing = await services.database.read(parties.passkeys_of, signer.user_id)
    config = services.config
    options = creation_options(
        config.rp_id, config.service_name, signer, challenge(RecoverTransaction, raw), existing, hints=(), attested=policy.attestation
    )
    return Welcome(signer, recovery, raw, options)


async def begin(services: Services, code: str, registration: dict[str, Any], name: str) -> Recovery:
    """
    Use up the code for the passkey that was made with it; the same answer may be sent again.

    Raises:
        LinkUnknown: the code is not good, or not any more.
        RegistrationRefused: the passkey does not verify, or did not answer what was asked last.
        PasskeyUnacceptable, PasskeySynced: it is not of a kind that is taken; the code is good for another one.
        NameRefused: the device can't be called so.
        CredentialDisabled: there is no key left to recover.
        SamUnavailable: it is not known whether the SAM did it; sending the same again will tell.
    """
    name = clean_name(name)
    recovery, _ = await services.database.read(_recovery_and_signer, code)
    sent = msgspec.json.encode(registration)
    if recovery.state == "unused":
        recovery = await _send(services, recovery, code, registration, name)
    if recovery.registration != sent:
        raise LinkUnknown
    return await _use_up(services, recovery, code) if recovery.state == "sent" else recovery


async def complete(services: Services, recovery: Recovery, sign_count: int) -> None:
    """
    Have the device added, once its time is over; its holder has just shown its passkey.

    Raises:
        RecoveryWaiting: not yet.
        RecoveryEnded: it was stopped, or nobody came for it in time.
        CredentialDisabled: there is no key left that it could approve for.
        SamUnavailable: it may have been done; asking again will tell.
    """
    if recovery.state not in ("sent", "waiting"):
        raise RecoveryEnded
    assert recovery.id is not None
    try:
        reply = await services.sam.complete_recovery(recovery.id)
    except SamRefused as refusal:
        current = await follow(services, recovery)
        if refusal.code is ErrorCode.RECOVERY_WAITS:
            raise RecoveryWaiting(current.ready_at) from None
        if refusal.code is ErrorCode.CREDENTIAL_UNUSABLE:
            raise CredentialDisabled from None
        raise RecoveryEnded from None
    await services.database.write(record, recovery, reply, int(services.now()), sign_count)


async def follow(services: Services, recovery: Recovery) -> Recovery:
    """Bring the record up to what the SAM knows, and give it; raises SamUnavailable."""
    assert recovery.id is not None
    try:
        reply = await services.sam.recovery(recovery.id)
    except SamRefused as refusal:
        if refusal.code is not ErrorCode.RECOVERY_UNKNOWN:
            raise SamUnavailable(f"recovery: {refusal.code}") from None
        if services.now() < recovery.begun_at + 2 * MAX_AMENDMENT_LIFE_S:  # it may still be on its way
            return recovery
        await services.database.write(_never_begun, recovery)
    else:
        await services.database.write(record, recovery, reply, int(services.now()))
    current = await services.database.read(recoveries.by_code, recovery.code_sha256)
    assert current is not None
    return current


async def follow_if_heard(services: Services, recovery: Recovery) -> Recovery:
    """The same; where the SAM does not answer, the record as it is."""
    if recovery.state not in ("sent", "waiting"):
        return recovery
    try:
        return await follow(services, recovery)
    except SamUnavailable:
        return recovery


def record(connection: Connection, recovery: Recovery, reply: RecoveryReply, now: int, sign_count: int | None = None) -> Recovery:
    """Write down once what the SAM says of it, and give it as it is then."""
    if reply.state in ("waiting", "ready", "lapsed", "stopped") and recoveries.wait(connection, recovery, reply.ready_at):
        _add_event(connection, recovery, EventKind.RECOVERY_BEGUN, now, until=reply.ready_at)
    if reply.state in ("stopped", "lapsed"):
        _record_stop(connection, recovery, reply.state, now)
    elif reply.state == "active" and recoveries.end(connection, recovery, "done"):
        passkey = recovery.passkey(now, recovery.sign_count if sign_count is None else sign_count)
        if parties.passkey(connection, passkey.passkey_id) is None:
            parties.add_passkey(connection, passkey)
        _add_event(connection, recovery, EventKind.RECOVERED, now)
    current = recoveries.by_code(connection, recovery.code_sha256)
    assert current is not None
    return current


def _record_stop(connection: Connection, recovery: Recovery, state: str, now: int) -> None:
    current = recoveries.by_code(connection, recovery.code_sha256)
    assert current is not None
    if recoveries.end(connection, recovery, state) and state == "stopped":
        cause = None if current.stopped_by is not None else "operator"
        _add_event(connection, recovery, EventKind.RECOVERY_STOPPED, now, by_device=current.stopped_by, cause=cause)


def _never_begun(connection: Connection, recovery: Recovery) -> None:
    """The SAM does not know it and takes it no more: the code is still good, or of no use where somebody wanted it stopped."""
    recoveries.take_back(connection, recovery)
    recoveries.end(connection, recovery, "stopped")


def _add_event(connection: Connection, recovery: Recovery, kind: EventKind, now: int, **fields: Any) -> None:
    events.add(connection, Event(id=new_id(), user_id=recovery.user_id, at=now, kind=kind, device=recovery.name, **fields))


async def _use_up(services: Services, recovery: Recovery, code: str) -> Recovery:
    """Have the SAM use up the code for what was sent; the same again is answered the same."""
    assert recovery.transaction is not None
    assert recovery.registration is not None
    registration = Registration(recovery.transaction, msgspec.json.decode(recovery.registration))
    try:
        reply = await services.sam.begin_recovery(BeginRecoveryRequest(str(read_code(code)), registration))
    except SamRefused as refusal:
        await services.database.write(recoveries.take_back, recovery)
        if refusal.code is ErrorCode.CREDENTIAL_UNUSABLE:
            raise CredentialDisabled from None
        raise (RegistrationRefused if refusal.code is ErrorCode.EXPIRED else LinkUnknown) from None
    return await services.database.write(record, recovery, reply, int(services.now()))


async def _send(services: Services, recovery: Recovery, code: str, registration: dict[str, Any], name: str) -> Recovery:
    if recovery.transaction is None:
        raise RegistrationRefused("nothing was asked yet")
    try:
        registered = await services.sam.examine(Registration(recovery.transaction, registration))
    except SamRefused as refusal:
        raise registration_refused(refusal) from None
    made = msgspec.structs.asdict(registered) | {
        "registration": msgspec.json.encode(registration),
        "name": name,
        "begun_at": int(services.now()),
    }
    await services.database.write(_record_sent, recovery, made)
    return (await services.database.read(_recovery_and_signer, code))[0]


def _record_sent(connection: Connection, recovery: Recovery, made: dict[str, Any]) -> None:
    if parties.passkey(connection, made["passkey_id"]) is not None:
        raise RegistrationRefused("this passkey is known already")
    if not recoveries.send(connection, recovery, made):
        raise RegistrationRefused("another device was first")


def _recovery_and_signer(connection: Connection, text: str) -> tuple[Recovery, Signer]:
    code = read_code(text)
    recovery = recoveries.by_code(connection, recovery_code_sha256(code)) if code is not None else None
    signer = parties.signer(connection, recovery.user_id) if recovery is not None else None
    if recovery is None or signer is None:
        raise LinkUnknown
    return recovery, signer
