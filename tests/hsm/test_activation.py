"""
`activate`, step by step; step (0) and requests that are not what was approved are in test_activation_request.py.

Each numbered step was taken out in turn: tests that are named after it fail then.
"""

import base64
import hashlib
import json
from typing import Any

import pytest

from hsm import sad as sads
from hsm.activation import activate, status
from hsm.approval import refuse
from hsm.credential import freeze
from hsm.errors import (
    CertificateExpired,
    ClockInDoubt,
    CredentialUnusable,
    HsmUnavailable,
    OutcomeUnknown,
    SadExpired,
    SadInvalid,
    SadSpent,
)
from hsm.messages import ActivateRequest, FreezeRequest, Outcome, RefuseRequest, SignTransaction, StatusRequest
from hsm.policy import Scheme
from hsm.sad import Sad
from hsm.sam import Sam
from tests.harness.records import database, journal_entries
from tests.harness.sam import TestClock, TestSigner, new_id, signing_with


def outcome(sam: Sam, transaction: SignTransaction) -> Outcome:
    return status(sam, StatusRequest(transaction.id)).outcome


def approved(signer: TestSigner, **fields: Any) -> tuple[SignTransaction, ActivateRequest]:
    """Approve a transaction of two documents, and give the request that signs it."""
    transaction = signer.transaction(hashlib.sha256(b"1").digest(), hashlib.sha256(b"2").digest(), **fields)
    signer.approve(transaction)
    return transaction, signer.activation(transaction, signer.collect(transaction).sad)


def minted(signer: TestSigner, transaction: SignTransaction, **changes: Any) -> ActivateRequest:
    """Ask with a SAD whose MAC holds, as nobody but the SAM could make it."""
    digest = hashlib.sha256(transaction.encode()).digest()
    fields: dict[str, Any] = {
        "authorization_id": transaction.id,
        "transaction_sha256": digest,
        "usable_until": int(signer.clock.now) + 120,
    } | changes
    return signer.activation(transaction, sads.mint(signer.sam.keyring.sad_mac, Sad(**fields)))


def must_not_sign(key_id: bytes, scheme: Scheme, digest: bytes) -> bytes:
    raise AssertionError("the key was used")


def test_approved_documents_are_signed_once_each(signer: TestSigner) -> None:
    """The whole way gives one signature for each document, and ends as signed."""
    transaction, request = approved(signer)
    assert len(activate(signer.sam, request).signatures) == 2
    assert outcome(signer.sam, transaction) == Outcome.SIGNED


def test_step_1_a_sad_of_another_sam_is_refused(signer: TestSigner) -> None:
    """A SAD under another key says the right things, and opens nothing."""
    transaction, request = approved(signer)
    said = sads.read(signer.sam.keyring.sad_mac, request.sad)
    with pytest.raises(SadInvalid, match="MAC"):
        activate(signer.sam, signer.activation(transaction, sads.mint(signer.sam.keyring.seal_mac, said)))
    assert outcome(signer.sam, transaction) == Outcome.APPROVED


def test_step_2_an_approval_must_exist(signer: TestSigner) -> None:
    """A SAD for a transaction that nobody approved is refused, though its MAC holds."""
    with pytest.raises(SadInvalid):
        activate(signer.sam, minted(signer, signer.transaction()))


def test_step_2_a_refused_transaction_is_not_signed(signer: TestSigner) -> None:
    """A refusal is no approval."""
    transaction = signer.transaction()
    refuse(signer.sam, RefuseRequest(transaction.encode(), "declined"))
    with pytest.raises(SadInvalid):
        activate(signer.sam, minted(signer, transaction))


def test_step_2_the_sad_is_this_transactions(signer: TestSigner) -> None:
    """A SAD over other bytes under the same authorization id is refused."""
    transaction, _ = approved(signer)
    with pytest.raises(SadInvalid):
        activate(signer.sam, minted(signer, transaction, transaction_sha256=bytes(32)))


@pytest.mark.parametrize("column", ["usable_until = usable_until + 600", "transaction = X'7B7D'", "outcome = 'approved ', reason = 'x'"])
def test_step_2_the_approvals_seal_must_hold(signer: TestSigner, column: str) -> None:
    """An approval that was changed with plain SQL is none."""
    _, request = approved(signer)
    with database(signer.sam) as connection:
        connection.execute(f"UPDATE approvals SET {column}".replace("transaction =", '"transaction" ='))
    with pytest.raises(SadInvalid):
        activate(signer.sam, request)


def test_step_2_an_approval_expires(signer: TestSigner, clock: TestClock) -> None:
    """It is usable for 120 s, and not at their end."""
    _, late = approved(signer)
    _, in_time = approved(signer)
    clock.now += 119.9
    activate(signer.sam, in_time)
    clock.now += 0.1
    with pytest.raises(SadExpired):
        activate(signer.sam, late)


def test_step_2_a_sad_does_not_outlive_its_approval(signer: TestSigner, clock: TestClock) -> None:
    """Of two ends the earlier counts, whatever the SAD says."""
    transaction, _ = approved(signer)
    longer = minted(signer, transaction, usable_until=int(clock.now) + 9_999)
    clock.now += 120
    with pytest.raises(SadExpired):
        activate(signer.sam, longer)


def test_step_2_a_spent_approval_is_not_used_again(signer: TestSigner) -> None:
    """The second use is refused, with the same SAD or a new one, and makes no signature."""
    transaction, request = approved(signer)
    activate(signer.sam, request)
    for again in (request, minted(signer, transaction, usable_until=int(signer.clock.now) + 60)):
        with pytest.raises(SadSpent):
            activate(signing_with(signer.sam, must_not_sign), again)


def test_step_4_a_credential_frozen_since_the_approval_is_refused(signer: TestSigner, clock: TestClock) -> None:
    """An approval is no right against the credential's own state; nothing is spent."""
    transaction, request = approved(signer)
    freeze(signer.sam, FreezeRequest(signer.credential_id, int(clock.now) + 60, "signer"))
    with pytest.raises(CredentialUnusable):
        activate(signer.sam, request)
    assert outcome(signer.sam, transaction) == Outcome.APPROVED
    clock.now += 60
    activate(signer.sam, request)


def test_step_4_a_credential_destroyed_since_the_approval_is_refused(signer: TestSigner) -> None:
    """All approvals of a destroyed key are dead, and its key is not on the token any more."""
    transaction, request = approved(signer)
    signer.amend(signer.destroying())
    with pytest.raises(CredentialUnusable, match="destroyed"):
        activate(signing_with(signer.sam, must_not_sign), request)
    assert outcome(signer.sam, transaction) == Outcome.APPROVED
    assert not signer.sam.token.has_key(signer.credential_id.encode())


def test_step_4_a_certificate_expired_since_the_approval_is_refused(signer: TestSigner, clock: TestClock) -> None:
    """The certificate is valid at the signature, not only at the approval."""
    clock.now += 365 * 86_400
    _, request = approved(signer)
    clock.now += 1
    with pytest.raises(CertificateExpired):
        activate(signer.sam, request)


def test_step_5_the_intent_is_on_disk_before_the_key_is_used(signer: TestSigner) -> None:
    """Another connection sees the spent approval and the journalled intent while the HSM is signing."""
    transaction, request = approved(signer)
    seen: list[tuple[Any, ...]] = []

    def sign(key_id: bytes, scheme: Scheme, digest: bytes) -> bytes:
        with database(signer.sam) as connection:
            rows = connection.execute("SELECT authorization_id, state FROM activations").fetchall()
            (last,) = connection.execute("SELECT entry FROM journal ORDER BY number DESC LIMIT 1").fetchone()
        entry = json.loads(last)
        seen.append((rows, entry["event"], entry["subject"], len(entry["hashes"])))
        return signer.sam.token.sign(key_id, scheme, digest)

    activate(signing_with(signer.sam, sign), request)
    assert seen == [([(transaction.id, "intended")], "sign_intended", transaction.id, 2)] * 2


def test_step_5_without_a_journal_entry_nothing_is_spent_or_signed(signer: TestSigner, clock: TestClock) -> None:
    """Where the journal refuses, the key is not used, and the same SAD signs later."""
    _, request = approved(signer)
    clock.now -= 6
    with pytest.raises(ClockInDoubt):
        activate(signing_with(signer.sam, must_not_sign), request)
    clock.now += 6
    assert activate(signer.sam, request)


def test_step_6_an_hsm_that_fails_leaves_an_unknown_outcome(signer: TestSigner) -> None:
    """Whether the second signature was made can't be known: none is given, and none is tried again."""
    transaction, request = approved(signer)
    counted: list[bytes] = []

    def sign(key_id: bytes, scheme: Scheme, digest: bytes) -> bytes:
        counted.append(digest)
        if len(counted) == 2:
            raise HsmUnavailable("DeviceError")
        return signer.sam.token.sign(key_id, scheme, digest)

    failing = signing_with(signer.sam, sign)
    with pytest.raises(OutcomeUnknown):
        activate(failing, request)
    with pytest.raises(SadSpent):
        activate(failing, request)
    assert (len(counted), outcome(signer.sam, transaction)) == (2, Outcome.UNKNOWN)
    entries = journal_entries(signer.sam, transaction.id)
    assert [entry["event"] for entry in entries] == ["approved", "sign_intended", "unknown"]
    assert entries[-1]["why"] == "HsmUnavailable"  # written when it failed, not when somebody asked


def test_step_6_a_failure_that_nobody_foresaw_leaves_an_unknown_outcome(signer: TestSigner) -> None:
    """Any error between intent and outcome ends the approval."""
    transaction, request = approved(signer)
    with pytest.raises(ZeroDivisionError):
        activate(signing_with(signer.sam, lambda key, scheme, digest: bytes(1 // 0)), request)
    assert outcome(signer.sam, transaction) == Outcome.UNKNOWN


def test_step_7_a_signature_of_another_key_is_not_given_out(signer: TestSigner) -> None:
    """Where the token holds another key under the same id, its signatures don't leave the SAM."""
    transaction, request = approved(signer)
    signer.sam.token.generate_signing_key(signer.credential_id.encode(), "p-256")
    with pytest.raises(OutcomeUnknown):
        activate(signer.sam, request)
    assert outcome(signer.sam, transaction) == Outcome.UNKNOWN


def test_step_7_a_signature_with_a_wrong_bit_is_not_given_out(signer: TestSigner) -> None:
    """A fault in the HSM shows before anyone gets its signature."""
    transaction, request = approved(signer)

    def sign(key_id: bytes, scheme: Scheme, digest: bytes) -> bytes:
        made = signer.sam.token.sign(key_id, scheme, digest)
        return made[:-1] + bytes([made[-1] ^ 1])

    with pytest.raises(OutcomeUnknown):
        activate(signing_with(signer.sam, sign), request)
    assert outcome(signer.sam, transaction) == Outcome.UNKNOWN


def test_step_8_the_outcome_is_journalled_with_the_signatures(signer: TestSigner) -> None:
    """The journal's last entry holds what the caller got."""
    transaction, request = approved(signer)
    reply = activate(signer.sam, request)
    entry = journal_entries(signer.sam, transaction.id)[-1]
    assert entry["event"] == "signed"
    assert tuple(base64.b64decode(signature) for signature in entry["signatures"]) == reply.signatures


def test_step_8_without_a_journalled_outcome_no_signature_is_given(signer: TestSigner, clock: TestClock) -> None:
    """Where the journal refuses after the key was used, the caller gets no signature, and the outcome is unknown."""
    transaction, request = approved(signer)

    def sign(key_id: bytes, scheme: Scheme, digest: bytes) -> bytes:
        clock.now -= 6
        return signer.sam.token.sign(key_id, scheme, digest)

    with pytest.raises(ClockInDoubt):
        activate(signing_with(signer.sam, sign), request)
    clock.now += 60
    assert outcome(signer.sam, transaction) == Outcome.UNKNOWN


def test_unknown_authorizations_have_no_outcome(signer: TestSigner) -> None:
    """Nobody decided anything about them."""
    assert status(signer.sam, StatusRequest(new_id())).outcome == Outcome.NONE
