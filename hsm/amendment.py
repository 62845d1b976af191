"""
`amend`: a signer changes what belongs to one enrolment, on the proof of a passkey that belongs to it already.

A passkey more, a passkey less, a frozen key used again, a key destroyed; renewing is in `renewal`, PINs and one-time passwords are in
`otp_amendment`, printed recovery codes in `recovery_amendment`. The numbers are the same in docs/flow.md and in the tests. What needs no
proof, because it grants nothing, is in `credential`.
"""

import hashlib
from collections.abc import Callable
from typing import Any

from hsm.approval import allowed_passkey, evidence_of, proof_over, require_new_and_current
from hsm.assertion import verify_registration
from hsm.credential import complete_destruction, credential_of
from hsm.errors import CredentialUnusable, EvidenceRefused, Malformed
from hsm.messages import (
    MAX_AMENDMENT_LIFE_S,
    AddPasskeyTransaction,
    Amendment,
    AmendReply,
    AmendRequest,
    DestroyTransaction,
    NewPasskeyTransaction,
    NotCanonical,
    Outcome,
    PasskeyRecord,
    RemovePasskeyTransaction,
    RenewTransaction,
    SetRecoveryTransaction,
    UnfreezeTransaction,
    challenge,
    parse_amendment,
    parse_transaction,
)
from hsm.otp_amendment import OTP_CHECKS, Write
from hsm.records import Approval, Passkey
from hsm.recovery_amendment import set_recovery
from hsm.renewal import renew
from hsm.sam import Sam


def amend(sam: Sam, request: AmendRequest) -> AmendReply:
    """
    Check the signer's evidence over an amendment, and do what it says.

    Raises:
        Refused: the step that failed says which; nothing was changed.
        HsmUnavailable: the key is marked as destroyed and is of no use to anyone; the HSM will lose it at the next start, if not before.
    """
    now = sam.now()
    amendment = parse(request.transaction)  # (0)
    require_new_and_current(sam, amendment, now, MAX_AMENDMENT_LIFE_S)  # (1)
    passkey = allowed_passkey(sam, amendment.enrollment_id, amendment.signer, request.assertion)  # (2)
    proof = proof_over(sam, type(amendment), request.transaction, request.assertion, passkey)  # (3)
    added = new_passkey(sam, amendment, request, now) if isinstance(amendment, AddPasskeyTransaction) else None
    if isinstance(amendment, RenewTransaction):
        write = renew(sam, amendment, request, now)  # (4)
    elif type(amendment) in OTP_CHECKS:
        write = OTP_CHECKS[type(amendment)](sam, amendment, request, now)
    else:
        write = CHECKS[type(amendment)](sam, amendment, passkey, added)
    done = Approval(
        authorization_id=amendment.id,
        outcome=Outcome.AMENDED.value,
        reason=None,
        transaction=request.transaction,
        decided_at=int(now),
        usable_until=0,
    )
    with sam.store.change(now) as change:
        change.advance_counter(passkey, proof.sign_count)  # (5)
        write(change)
        change.decide(done, **evidence_of(passkey, proof))  # (6)
    if isinstance(amendment, DestroyTransaction):
        complete_destruction(sam, amendment.credential_id)  # (7)
    return AmendReply(added)


def parse(raw: bytes) -> Amendment:
    """(0) Read the amendment strictly, within limits; raises Malformed."""
    try:
        return parse_amendment(raw)
    except NotCanonical as error:
        raise Malformed(str(error)) from None


def new_passkey(sam: Sam, amendment: AddPasskeyTransaction, request: AmendRequest, now: float) -> PasskeyRecord:
    """
    Check that the passkey to be added was made for this enrolment, now, by its own holder, and is the one that the amendment names.

    Raises:
        Malformed, EvidenceRefused, Expired: it was not.
    """
    made = request.registration
    if made is None:
        raise Malformed("no registration")
    try:
        made_over = parse_transaction(made.transaction, NewPasskeyTransaction)
    except NotCanonical as error:
        raise Malformed(str(error)) from None
    if (made_over.enrollment_id, made_over.signer) != (amendment.enrollment_id, amendment.signer):
        raise EvidenceRefused("made for another enrolment")
    if hashlib.sha256(made.transaction).hexdigest() != amendment.made_over_sha256:
        raise EvidenceRefused("not the passkey's own transaction")
    require_new_and_current(sam, made_over, now, MAX_AMENDMENT_LIFE_S)
    record = verify_registration(sam.party, made.response, challenge(NewPasskeyTransaction, made.transaction))
    if (record.passkey_id, record.public_key) != (amendment.passkey_id, amendment.public_key):
        raise EvidenceRefused("not the passkey that was approved")
    return record


def _add(sam: Sam, amendment: AddPasskeyTransaction, passkey: Passkey, added: PasskeyRecord | None) -> Write:
    assert added is not None
    row = Passkey(
        passkey_id=added.passkey_id,
        enrollment_id=amendment.enrollment_id,
        signer=amendment.signer,
        user_handle=passkey.user_handle,
        public_key=added.public_key,
        sign_count=added.sign_count,
        backup_eligible=int(added.backup_eligible),
    )
    return lambda change: change.add_passkey(row)


def _remove(sam: Sam, amendment: RemovePasskeyTransaction, passkey: Passkey, _: Any) -> Write:
    target = sam.store.passkey(amendment.passkey_id)
    if target.enrollment_id != amendment.enrollment_id or target.state != "active":
        raise EvidenceRefused("no such passkey to remove")
    if target.passkey_id == passkey.passkey_id:
        raise EvidenceRefused("a passkey can't remove itself: one must remain")
    return lambda change: change.remove_passkey(target)


def _unfreeze(sam: Sam, amendment: UnfreezeTransaction, _: Passkey, __: Any) -> Write:
    credential = credential_of(sam, amendment.credential_id, amendment.enrollment_id)
    if credential.state != "enabled":
        raise CredentialUnusable(credential.state)
    return lambda change: change.set_credential(credential, frozen_until=0)


def _destroy(sam: Sam, amendment: DestroyTransaction, _: Passkey, __: Any) -> Write:
    credential = credential_of(sam, amendment.credential_id, amendment.enrollment_id)
    if credential.state == "destroyed":
        raise CredentialUnusable(credential.state)
    return lambda change: change.set_credential(credential, state="destroyed")


CHECKS: dict[type[Amendment], Callable[[Sam, Any, Passkey, PasskeyRecord | None], Write]] = {
    AddPasskeyTransaction: _add,
    RemovePasskeyTransaction: _remove,
    UnfreezeTransaction: _unfreeze,
    DestroyTransaction: _destroy,
    SetRecoveryTransaction: set_recovery,
}
"""(4) What is to be changed is there, is of this enrolment, and may be changed so; each gives what is to be written, or raises Refused."""
