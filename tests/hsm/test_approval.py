"""
`approve`, step by step; that its first step reads strictly is in test_approval_parsing.py, its evidence in test_approval_evidence.py.

Each numbered step was taken out in turn: tests that are named after it fail then.
"""

import base64
import hashlib
import json
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from demo.passkey import Defects
from hsm import approval
from hsm.activation import status
from hsm.approval import approve, refuse
from hsm.assertion import Verified
from hsm.credential import freeze
from hsm.enrollment import certify, enroll
from hsm.errors import (
    CertificateExpired,
    CertificateInvalid,
    ClockInDoubt,
    CredentialUnknown,
    CredentialUnusable,
    EvidenceRefused,
    Expired,
    Malformed,
    NotNew,
    SadInvalid,
)
from hsm.messages import (
    MAX_LIFE_S,
    ApproveRequest,
    CertifyRequest,
    EnrollTransaction,
    FreezeRequest,
    RefuseRequest,
    SignTransaction,
    StatusRequest,
    challenge,
)
from hsm.records import PASSKEYS
from hsm.sam import Sam
from tests.harness.records import database, journal_entries, reseal
from tests.harness.sam import ORIGIN, TestCa, TestClock, TestSigner, b64, new_id


def test_step_0_the_transaction_is_read_strictly(signer: TestSigner) -> None:
    """Bytes that say the same in another way are refused, though the passkey has signed those very bytes."""
    raw = signer.transaction().encode().replace(b'"version":1', b'"version": 1')
    with pytest.raises(Malformed):
        approve(signer.sam, ApproveRequest(raw, signer.assertion(raw)))


def test_step_1_an_approved_transaction_is_not_approved_again(signer: TestSigner) -> None:
    """A replay is refused for what it is, before its evidence is looked at."""
    raw = signer.transaction().encode()
    request = ApproveRequest(raw, signer.assertion(raw))
    approve(signer.sam, request)
    with pytest.raises(NotNew):
        approve(signer.sam, request)


def test_step_1_a_refused_transaction_is_not_approved(signer: TestSigner) -> None:
    """No is final, whatever proof comes later."""
    transaction = signer.transaction()
    refuse(signer.sam, RefuseRequest(transaction.encode(), "declined"))
    with pytest.raises(NotNew):
        signer.approve(transaction, Defects(bogus_signature=True))


@pytest.mark.parametrize(
    ("created", "expires"),
    [(-180, 0), (-181, -1), (61, 180), (0, MAX_LIFE_S + 1), (30, -30)],
    ids=["expires now", "expired", "from the future", "lives too long", "ends before it begins"],
)
def test_step_1_a_transaction_out_of_its_time_is_refused(signer: TestSigner, clock: TestClock, created: int, expires: int) -> None:
    """A transaction counts from its making (a minute of skew allowed) until it expires, and lives 30 days at most."""
    now = int(clock.now)
    with pytest.raises(Expired):
        signer.approve(signer.transaction(created=now + created, expires=now + expires))


@pytest.mark.parametrize(("created", "expires"), [(60, 180), (-179, 1), (0, MAX_LIFE_S)], ids=["skew", "last second", "30 days"])
def test_step_1_a_transaction_within_its_time_is_approved(signer: TestSigner, clock: TestClock, created: int, expires: int) -> None:
    """The limits themselves are allowed."""
    now = int(clock.now)
    assert signer.approve(signer.transaction(created=now + created, expires=now + expires)).usable_until == now + 120


def test_step_2_a_credential_must_exist(signer: TestSigner) -> None:
    """An unknown credential is refused."""
    with pytest.raises(CredentialUnknown):
        signer.approve(signer.transaction(credential_id=new_id()))


def test_step_2_a_credential_is_its_signers(sam: Sam, clock: TestClock, ca: TestCa, signer: TestSigner) -> None:
    """Another signer's credential gets the same answer as an unknown one."""
    mallory = TestSigner(sam, clock).enroll(ca)
    with pytest.raises(CredentialUnknown):
        mallory.approve(
            mallory.transaction(credential_id=signer.credential_id, certificate_sha256=hashlib.sha256(signer.certificate).hexdigest())
        )


def test_step_2_a_credential_needs_a_certificate(sam: Sam, clock: TestClock) -> None:
    """A key whose certificate is still missing can't be approved for."""
    unfinished = TestSigner(sam, clock)
    unfinished.begin()
    with pytest.raises(CredentialUnusable, match="made"):
        unfinished.approve(unfinished.transaction())


def test_step_2_a_frozen_credential_is_refused(signer: TestSigner, clock: TestClock) -> None:
    """Its certificate may be as valid as it likes; when the time of the freeze is over, it is approved for again."""
    freeze(signer.sam, FreezeRequest(signer.credential_id, int(clock.now) + 100, "signer"))
    clock.now += 99
    with pytest.raises(CredentialUnusable, match="frozen"):
        signer.approve(signer.transaction())
    clock.now += 1
    signer.approve(signer.transaction())


def test_step_2_a_destroyed_credential_is_refused(signer: TestSigner) -> None:
    """For ever, whatever else its record says."""
    signer.amend(signer.destroying())
    with pytest.raises(CredentialUnusable, match="destroyed"):
        signer.approve(signer.transaction())


def test_step_2_the_certificate_is_valid_already(sam: Sam, clock: TestClock) -> None:
    """Before the certificate's dates nothing is approved."""
    early = TestSigner(sam, clock).enroll(TestCa(clock.now + 2 * 86_400))
    with pytest.raises(CertificateExpired):
        early.approve(early.transaction())


def test_step_2_the_certificate_is_valid_still(signer: TestSigner, clock: TestClock) -> None:
    """After the certificate's dates nothing is approved."""
    clock.now += 365 * 86_400
    signer.approve(signer.transaction())
    clock.now += 1
    with pytest.raises(CertificateExpired):
        signer.approve(signer.transaction())


def test_step_2_the_transaction_names_this_certificate(signer: TestSigner) -> None:
    """A transaction over another certificate, of the same key even, is refused."""
    with pytest.raises(CertificateInvalid):
        signer.approve(signer.transaction(certificate_sha256=hashlib.sha256(b"another").hexdigest()))


def test_step_3_a_foreign_signers_passkey_is_refused(sam: Sam, clock: TestClock, ca: TestCa, signer: TestSigner) -> None:
    """Mallory's own passkey, known and flawless, does not approve for this signer's key."""
    mallory = TestSigner(sam, clock).enroll(ca)
    raw = signer.transaction().encode()
    with pytest.raises(EvidenceRefused, match="another enrolment"):
        approve(sam, ApproveRequest(raw, mallory.assertion(raw)))


def test_step_3_another_credentials_passkey_is_refused(sam: Sam, clock: TestClock, ca: TestCa, signer: TestSigner) -> None:
    """A hostile web server that enrols a second key under the signer's name, with a passkey of its own, gains nothing over the first."""
    hostile = TestSigner(sam, clock, user_id=signer.user_id, name=signer.name, user_handle=signer.user_handle).enroll(ca)
    raw = signer.transaction().encode()
    with pytest.raises(EvidenceRefused, match="another enrolment"):
        approve(sam, ApproveRequest(raw, hostile.assertion(raw)))
    signer.approve(signer.transaction())


def test_step_3_an_unknown_passkey_is_refused(signer: TestSigner, sam: Sam, clock: TestClock) -> None:
    """A passkey that the SAM has not recorded itself does not exist."""
    stranger = TestSigner(sam, clock)
    stranger.enrollment()  # makes the passkey, and shows it to nobody
    raw = signer.transaction().encode()
    with pytest.raises(EvidenceRefused, match="unknown"):
        approve(sam, ApproveRequest(raw, stranger.assertion(raw)))


def test_step_3_a_passkeys_seal_must_hold(signer: TestSigner, sam: Sam, clock: TestClock, ca: TestCa) -> None:
    """A passkey that was moved to another enrolment with plain SQL is no passkey any more."""
    mallory = TestSigner(sam, clock).enroll(ca)
    with database(sam) as connection:
        moved = (signer.enrollment_id, signer.user_id, mallory.passkey.credential_id)
        connection.execute("UPDATE passkeys SET enrollment_id = ?, signer = ? WHERE passkey_id = ?", moved)
    raw = signer.transaction().encode()
    with pytest.raises(EvidenceRefused, match="row"):
        approve(sam, ApproveRequest(raw, mallory.assertion(raw)))


def test_step_4_the_evidence_is_over_this_transaction(signer: TestSigner) -> None:
    """An assertion over another transaction of the same signer is refused."""
    with pytest.raises(EvidenceRefused):
        approve(signer.sam, ApproveRequest(signer.transaction().encode(), signer.assertion(signer.transaction().encode())))


@pytest.mark.parametrize("tag", [EnrollTransaction.domain, b"", b"natsuin/v1/sign"], ids=["enroll", "none", "without its end"])
def test_step_4_the_evidence_is_of_this_domain(signer: TestSigner, tag: bytes) -> None:
    """An assertion whose challenge was made for something else is refused, though it is over the same bytes."""
    raw = signer.transaction().encode()
    options = {"challenge": b64(hashlib.sha256(tag + raw).digest()), "rpId": signer.passkey.rp_id}
    with pytest.raises(EvidenceRefused):
        approve(signer.sam, ApproveRequest(raw, signer.passkey.get(options, ORIGIN)))


def test_step_4_a_sign_in_is_not_an_approval(signer: TestSigner) -> None:
    """An assertion over a random challenge, as a sign-in asks for, is refused."""
    options = {"challenge": b64(bytes(range(32))), "rpId": signer.passkey.rp_id}
    with pytest.raises(EvidenceRefused):
        approve(signer.sam, ApproveRequest(signer.transaction().encode(), signer.passkey.get(options, ORIGIN)))


def test_step_4_a_registration_is_not_an_approval(sam: Sam, clock: TestClock, ca: TestCa) -> None:
    """What enrolled a passkey does not approve with it."""
    signer = TestSigner(sam, clock)
    request = signer.enrollment()
    signer.certificate = ca.certificate(enroll(sam, request).csr)
    certify(sam, CertifyRequest(signer.credential_id, (signer.certificate,)))
    with pytest.raises(EvidenceRefused):
        approve(sam, ApproveRequest(signer.transaction().encode(), request.registration))


def test_step_5_the_counter_moves_forward(signer: TestSigner) -> None:
    """An assertion that was made before one that has counted is refused."""
    early, late = signer.transaction().encode(), signer.transaction().encode()
    first, second = signer.assertion(early), signer.assertion(late)
    approve(signer.sam, ApproveRequest(late, second))
    assert signer.sam.store.passkey(signer.passkey.credential_id).sign_count == signer.passkey.sign_count
    with pytest.raises(EvidenceRefused):
        approve(signer.sam, ApproveRequest(early, first))


def test_step_5_the_counter_is_compared_and_set(signer: TestSigner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two assertions that were both verified before either was recorded, the one that comes late is refused."""
    first, second = signer.transaction(), signer.transaction()
    verified = approval.proof_over

    def overtaken(*arguments: Any) -> Verified:
        proof = verified(*arguments)
        monkeypatch.undo()
        signer.approve(second)
        return proof

    monkeypatch.setattr(approval, "proof_over", overtaken)
    with pytest.raises(EvidenceRefused, match="counter"):
        signer.approve(first)
    assert status(signer.sam, StatusRequest(first.id)).outcome == "none"


def test_step_5_a_passkey_without_a_counter_approves_again_and_again(signer: TestSigner) -> None:
    """Synced passkeys report zero each time (WebAuthn L3 §6.1.1)."""
    reseal(signer.sam, PASSKEYS, signer.passkey.credential_id, sign_count=0)
    signer.passkey.sign_count = 0
    for _ in range(2):
        signer.approve(signer.transaction(), Defects(counter_stands_still=True))


def test_step_6_the_approval_is_stored(signer: TestSigner, clock: TestClock) -> None:
    """What is kept is the very bytes that were signed, until when they may be used, and a seal."""
    transaction = signer.transaction()
    reply = signer.approve(transaction)
    stored, used = signer.sam.store.approval(transaction.id)
    assert stored is not None
    assert (stored.outcome, stored.transaction, stored.decided_at) == ("approved", transaction.encode(), int(clock.now))
    assert stored.usable_until == reply.usable_until == int(clock.now) + 120
    assert used is None
    with database(signer.sam) as connection:
        connection.execute("UPDATE approvals SET usable_until = usable_until + 1")
    with pytest.raises(SadInvalid):
        signer.sam.store.approval(transaction.id)


def test_step_6_the_journal_proves_the_approval_to_anyone(signer: TestSigner) -> None:
    """The entry alone holds what verifies the signer's proof over the transaction, without us."""
    raw = signer.transaction().encode()
    approve(signer.sam, ApproveRequest(raw, signer.assertion(raw)))
    entry: dict[str, Any] = journal_entries(signer.sam)[-1]
    fact = {name: base64.b64decode(value) for name, value in entry.items() if name not in ("event", "subject", "at_ms", "factor", "rows")}
    assert (entry["event"], entry["factor"], fact["transaction"]) == ("approved", "passkey", raw)
    key = cbor2.loads(fact["passkey_public_key"])
    public = ec.EllipticCurvePublicNumbers(int.from_bytes(key[-2]), int.from_bytes(key[-3]), ec.SECP256R1()).public_key()
    signed = fact["authenticator_data"] + hashlib.sha256(fact["client_data"]).digest()
    public.verify(fact["signature"], signed, ec.ECDSA(hashes.SHA256()))
    assert json.loads(fact["client_data"])["challenge"] == b64(challenge(SignTransaction, raw))


def test_step_6_without_a_journal_entry_nothing_is_approved(signer: TestSigner, clock: TestClock) -> None:
    """Where the journal refuses, the approval and the passkey's counter stay as they were, and the same evidence counts later."""
    raw = signer.transaction().encode()
    request = ApproveRequest(raw, signer.assertion(raw))
    clock.now -= 6
    with pytest.raises(ClockInDoubt):
        approve(signer.sam, request)
    clock.now += 6
    approve(signer.sam, request)
