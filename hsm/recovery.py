"""
`begin_recovery`: a printed code and a new passkey become a passkey that waits. `complete_recovery`, after the waiting time, adds it.

The numbers are the same in docs/flow.md and in the tests. Until it is added, a passkey that waits is in no record that approves. Stopping
it (`stop_recovery`) grants nothing, so it needs no proof.
"""

import hashlib

import msgspec

from hsm.approval import require_new_and_current
from hsm.assertion import verify_registration
from hsm.change import Change
from hsm.errors import CredentialUnusable, EvidenceRefused, Malformed, NotNew, RecoveryOver, RecoveryUnknown, RecoveryWaits, TriesUsedUp
from hsm.journal import Event
from hsm.messages import (
    MAX_AMENDMENT_LIFE_S,
    RECOVERY_OPEN_S,
    BeginRecoveryRequest,
    ListRecoveriesReply,
    ListRecoveriesRequest,
    NotCanonical,
    RecoverTransaction,
    RecoveryReply,
    RecoveryRequest,
    StopRecoveryRequest,
    challenge,
    parse_transaction,
    recovery_code_sha256,
)
from hsm.recovery_records import RECOVERIES, RECOVERY_SETS, Recovery, RecoverySet
from hsm.sam import Sam

TRIES = 10  # for one enrolment, within
TRIES_WITHIN_S = 3_600  # so that who guesses can hold up the signer for an hour, and never lock the codes


def begin_recovery(sam: Sam, request: BeginRecoveryRequest) -> RecoveryReply:
    """
    Use up a code, and let the passkey that was made with it wait. The same request again gets the same answer.

    Raises:
        Refused: the step that failed says which; the code is still good.
    """
    now = sam.now()
    transaction = parse(request)  # (0)
    begun = begun_before(sam, request, transaction)
    if begun is not None:
        return told(begun, now)
    require_new_and_current(sam, transaction, now, MAX_AMENDMENT_LIFE_S)  # (1)
    require_key(sam, transaction.enrollment_id)  # (2)
    asked = challenge(RecoverTransaction, request.registration.transaction)
    made = verify_registration(sam.party, request.registration.response, asked)  # (3)
    count_try(sam, transaction, now)  # (4)
    with sam.store.change(now) as change:
        good = with_code(change, transaction, request.code)  # (5)
        recovery = Recovery(
            recovery_id=transaction.id,
            enrollment_id=transaction.enrollment_id,
            signer=transaction.signer,
            request_sha256=request_sha256(request),
            user_handle=good.user_handle,
            passkey_id=made.passkey_id,
            public_key=made.public_key,
            sign_count=made.sign_count,
            backup_eligible=int(made.backup_eligible),
            begun_at=int(now),
            ready_at=int(now) + sam.recovery_wait_s,
        )
        spend(change, good, transaction)  # (6)
        change.add_row(RECOVERIES, recovery)
        facts = {"transaction": request.registration.transaction, "passkey": made.passkey_id, "passkey_public_key": made.public_key}
        change.journal(Event.RECOVERY_BEGUN, transaction.id, ready_at=recovery.ready_at, **facts)
    return told(recovery, now)


def complete_recovery(sam: Sam, request: RecoveryRequest) -> RecoveryReply:
    """
    Let the passkey of a recovery approve from now on, if its waiting time is over and nobody has stopped it; once it may, it stays so.

    Raises:
        RecoveryUnknown, RecoveryWaits, RecoveryOver: it may not, or not yet.
        CredentialUnusable: there is no key left that it could approve for.
    """
    now = sam.now()
    require_key(sam, sam.store.recovery(request.recovery_id).enrollment_id)
    with sam.store.change(now) as change:
        recovery = current(change, request.recovery_id)
        if recovery.state != "active":
            require_time(recovery, now)
            recovery = change.change_row(RECOVERIES, recovery, state="active")
            change.add_passkey(recovery.passkey())
            change.journal(Event.RECOVERED, recovery.recovery_id, passkey=recovery.passkey_id)
    return told(recovery, now)


def stop_recovery(sam: Sam, request: StopRecoveryRequest) -> RecoveryReply:
    """Let a recovery come to nothing, for good; its code stays used. Raises RecoveryUnknown, or RecoveryOver where it is through."""
    now = sam.now()
    with sam.store.change(now) as change:
        recovery = current(change, request.recovery_id)
        if recovery.state == "active":
            raise RecoveryOver("it is through: the passkey may be removed with another one")
        if recovery.state == "waiting":
            recovery = change.change_row(RECOVERIES, recovery, state="stopped")
            change.journal(Event.RECOVERY_STOPPED, recovery.recovery_id, by=request.by)
    return told(recovery, now)


def recovery(sam: Sam, request: RecoveryRequest) -> RecoveryReply:
    """Tell how a recovery stands; raises RecoveryUnknown."""
    return told(sam.store.recovery(request.recovery_id), sam.now())


def list_recoveries(sam: Sam, _: ListRecoveriesRequest) -> ListRecoveriesReply:
    """List what waits, for the operator; raises RecoveryUnknown where the row of one was tampered with."""
    now = sam.now()
    return ListRecoveriesReply(tuple(told(one, now) for one in sam.store.waiting_recoveries(int(now) - RECOVERY_OPEN_S)))


def parse(request: BeginRecoveryRequest) -> RecoverTransaction:
    """(0) Read the transaction strictly; it is made for this very code. Raises Malformed, EvidenceRefused."""
    try:
        transaction = parse_transaction(request.registration.transaction, RecoverTransaction)
    except NotCanonical as error:
        raise Malformed(str(error)) from None
    if transaction.code_sha256 != recovery_code_sha256(request.code):
        raise EvidenceRefused("the passkey was made for another code")
    return transaction


def begun_before(sam: Sam, request: BeginRecoveryRequest, transaction: RecoverTransaction) -> Recovery | None:
    """Give what this very request began before; raises NotNew where another one did."""
    try:
        found = sam.store.recovery(transaction.id)
    except RecoveryUnknown:
        return None
    if found.request_sha256 != request_sha256(request):
        raise NotNew(transaction.id)
    return found


def require_key(sam: Sam, enrollment_id: str) -> None:
    """(2) Refuse an enrolment all of whose keys were destroyed; raises CredentialUnusable. A frozen key stays frozen."""
    if all(one.state == "destroyed" for one in sam.store.credentials_of(enrollment_id)):
        raise CredentialUnusable("no key is left")


def count_try(sam: Sam, transaction: RecoverTransaction, now: float) -> None:
    """
    (4) Count a try durably before the code is compared with anything.

    Raises:
        EvidenceRefused: the enrolment has no codes.
        TriesUsedUp: there were too many within the last hour.
    """
    with sam.store.change(now) as change:
        codes = set_of(change, transaction)
        is_old = now >= codes.tried_from + TRIES_WITHIN_S
        if not is_old and codes.tries >= TRIES:
            raise TriesUsedUp("too many recovery codes were tried within an hour")
        window = {"tried_from": int(now), "tries": 1} if is_old else {"tries": codes.tries + 1}
        change.change_row(RECOVERY_SETS, codes, **window)
        change.journal(Event.TRIED, transaction.id, enrollment=transaction.enrollment_id)


def with_code(change: Change, transaction: RecoverTransaction, code: str) -> RecoverySet:
    """(5) Give the enrolment's codes as they are now, this one among them; raises EvidenceRefused, and tells used from wrong to nobody."""
    codes = set_of(change, transaction)
    if bytes.fromhex(recovery_code_sha256(code)) not in codes.hashes():
        raise EvidenceRefused("not a recovery code of this enrolment")
    return codes


def spend(change: Change, codes: RecoverySet, transaction: RecoverTransaction) -> None:
    """(6) Take the code out of the set, for good; the tries up to here are forgotten."""
    left = b"".join(known for known in codes.hashes() if known.hex() != transaction.code_sha256)
    change.change_row(RECOVERY_SETS, codes, codes=left, tries=0)


def set_of(change: Change, transaction: RecoverTransaction) -> RecoverySet:
    """Give the codes of the enrolment that a transaction names, as they are now; raises EvidenceRefused where it has none."""
    codes: RecoverySet | None = change.row_now(RECOVERY_SETS, transaction.enrollment_id)
    if codes is None or codes.signer != transaction.signer:
        raise EvidenceRefused("this enrolment has no recovery codes")
    return codes


def current(change: Change, recovery_id: str) -> Recovery:
    """Give a recovery as it is now; raises RecoveryUnknown, also where its row was tampered with."""
    try:
        found: Recovery | None = change.row_now(RECOVERIES, recovery_id)
    except EvidenceRefused as error:
        raise RecoveryUnknown(str(error)) from None
    if found is None:
        raise RecoveryUnknown(recovery_id)
    return found


def require_time(recovery: Recovery, now: float) -> None:
    """Refuse a recovery that is stopped, whose time has not come, or for which nobody came; raises RecoveryWaits, RecoveryOver."""
    standing = standing_of(recovery, now)
    if standing == "waiting":
        raise RecoveryWaits(f"until {recovery.ready_at}")
    if standing != "ready":
        raise RecoveryOver(standing)


def standing_of(recovery: Recovery, now: float) -> str:
    """Give the one word for how a recovery stands: waiting, ready, lapsed, stopped or active."""
    if recovery.state != "waiting":
        return recovery.state
    if now < recovery.ready_at:
        return "waiting"
    return "ready" if now < recovery.ready_at + RECOVERY_OPEN_S else "lapsed"


def told(recovery: Recovery, now: float) -> RecoveryReply:
    standing = standing_of(recovery, now)
    return RecoveryReply(recovery.recovery_id, recovery.enrollment_id, recovery.signer, standing, recovery.ready_at, recovery.record())


def request_sha256(request: BeginRecoveryRequest) -> bytes:
    return hashlib.sha256(msgspec.json.encode(request, order="deterministic")).digest()
