"""Renewal: what it takes, what comes of it, and that a crash at any of its steps leaves one key and one certificate."""

import base64
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from hsm.activation import activate
from hsm.amendment import amend
from hsm.approval import approve
from hsm.credential import freeze
from hsm.csr import POLICIES, RENEWAL_APPROVAL
from hsm.enrollment import certify
from hsm.errors import (
    CertificateExpired,
    CertificateInvalid,
    CertificateRevoked,
    CredentialUnknown,
    CredentialUnusable,
    HsmUnavailable,
    NotNew,
    Refused,
    StatusUnknown,
)
from hsm.messages import FOR_EVER, AmendRequest, ApproveRequest, CertifyRequest, FreezeRequest, RenewalRequest, RenewTransaction
from hsm.policy import Scheme
from hsm.renewal import renewal
from hsm.revocation import Requirement, StatusPolicy
from hsm.sam import Sam
from tests.harness.authority import Authority
from tests.harness.records import credential_ids, journal_entries
from tests.harness.sam import TestCa, TestClock, TestSigner, new_id, signing_with

YEAR_S = 366 * 86_400


def approved(signer: TestSigner, **changes: object) -> str:
    """Have the signer approve a renewal, and give the id of the key that will be made."""
    amendment = signer.renewing(**changes)
    signer.amend(amendment)
    return amendment.new_credential_id


def openssl(folder: Path, *words: str) -> str:
    done = subprocess.run(["openssl", *words], cwd=folder, capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_the_new_key_signs_and_the_old_one_still_does(signer: TestSigner, ca: TestCa) -> None:
    """Applications that know the old key's id go on; both keys are used with the same passkey."""
    new = signer.renew()
    new.certify(ca.certificate(new.request()))
    for one in (signer, new):
        assert one.sign(one.transaction()).signatures
    assert signer.sam.store.credential(new.credential_id).enrollment_id == signer.enrollment_id


@pytest.mark.parametrize("algorithm", ["p-256", "rsa-2048"])
def test_the_request_has_the_old_names_and_the_old_keys_approval(
    sam: Sam, clock: TestClock, ca: TestCa, tmp_path: Path, algorithm: str
) -> None:
    """openssl, which knows neither of us, verifies both signatures; what the old key signed asks for the same key and names."""
    signer = TestSigner(sam, clock, key_algorithm=algorithm).enroll(ca)  # type: ignore[arg-type]  # one of them
    new = signer.renew()
    csr = x509.load_der_x509_csr(new.request())
    old = x509.load_der_x509_certificate(signer.certificate)
    assert csr.is_signature_valid
    assert csr.subject == old.subject
    assert csr.public_key() != old.public_key()
    assert csr.extensions.get_extension_for_class(x509.CertificatePolicies).value[0].policy_identifier == POLICIES["passkey"]
    (tmp_path / "approval.p7m").write_bytes(base64.b64decode(csr.attributes.get_attribute_for_oid(RENEWAL_APPROVAL).value))
    (tmp_path / "old.pem").write_bytes(old.public_bytes(Encoding.PEM))
    (tmp_path / "csr.der").write_bytes(new.request())
    openssl(tmp_path, "req", "-in", "csr.der", "-inform", "DER", "-verify", "-noout")
    signed_by_old = ("-in", "approval.p7m", "-certfile", "old.pem", "-nointern", "-noverify")
    openssl(tmp_path, "cms", "-verify", "-binary", "-inform", "DER", *signed_by_old, "-out", "bare.der")
    bare = x509.load_der_x509_csr((tmp_path / "bare.der").read_bytes())
    assert (bare.public_key(), bare.subject, bare.is_signature_valid) == (csr.public_key(), csr.subject, True)


def test_the_old_key_signs_once(signer: TestSigner) -> None:
    """A repeat gets the same request; the journal has the intent before the key was made known, and once."""
    new = approved(signer)
    first = renewal(signer.sam, RenewalRequest(new)).csr
    assert renewal(signer.sam, RenewalRequest(new)).csr == first
    events = [entry["event"] for entry in journal_entries(signer.sam)]
    assert events.count("renewal_intended") == 1
    assert events.index("amended") < events.index("renewal_intended") < len(events) - 1 - events[::-1].index("key_made")


@pytest.mark.parametrize("fails_at", range(4))
def test_a_crash_at_any_signature_leaves_one_key(signer: TestSigner, ca: TestCa, fails_at: int) -> None:
    """The token goes away at the n-th signature (the bare request's, the old key's, the request's); the same call goes on."""
    new, calls, honest = approved(signer), [0], signer.sam.token.sign

    def failing(key_id: bytes, scheme: Scheme, digest: bytes) -> bytes:
        calls[0] += 1
        if calls[0] == fails_at:
            raise HsmUnavailable("gone")
        return honest(key_id, scheme, digest)

    faulty = signing_with(signer.sam, failing)
    if fails_at:
        with pytest.raises(HsmUnavailable):
            renewal(faulty, RenewalRequest(new))
    csr = renewal(faulty, RenewalRequest(new)).csr
    replace(signer, credential_id=new).certify(ca.certificate(csr))
    assert calls[0] == fails_at + 3 if fails_at else 3
    assert sorted(credential_ids(signer.sam)) == sorted([signer.credential_id, new])
    assert x509.load_der_x509_csr(csr).public_key() == x509.load_der_x509_certificate(ca.certificate(csr)).public_key()


def test_one_renewal_at_a_time(signer: TestSigner) -> None:
    """A second one is refused while the first one's key lives, and may be approved when that is gone."""
    first = approved(signer)
    with pytest.raises(CredentialUnusable, match="renewed by"):
        signer.amend(signer.renewing())
    renewal(signer.sam, RenewalRequest(first))
    with pytest.raises(CredentialUnusable, match="renewed by"):
        signer.amend(signer.renewing())
    signer.amend(signer.destroying(credential_id=first))
    assert approved(signer) != first


def test_a_key_is_not_made_twice_under_one_id(signer: TestSigner, sam: Sam, clock: TestClock, ca: TestCa) -> None:
    other = TestSigner(sam, clock).enroll(ca)
    for taken in (signer.credential_id, other.credential_id):
        with pytest.raises(NotNew):
            signer.amend(signer.renewing(new_credential_id=taken))
    assert sam.store.credential(signer.credential_id).renewed_by is None


def frozen(signer: TestSigner) -> None:
    freeze(signer.sam, FreezeRequest(signer.credential_id, FOR_EVER, "signer"))


def destroyed(signer: TestSigner) -> None:
    signer.amend(signer.destroying())


def expired(signer: TestSigner) -> None:
    signer.clock.now += YEAR_S


STATES = {"frozen": (frozen, CredentialUnusable), "destroyed": (destroyed, CredentialUnusable), "expired": (expired, CertificateExpired)}


@pytest.mark.parametrize("state", STATES)
def test_a_key_that_could_not_sign_renews_nothing(signer: TestSigner, state: str) -> None:
    become, error = STATES[state]
    become(signer)
    with pytest.raises(error):
        signer.amend(signer.renewing())


@pytest.mark.parametrize("state", STATES)
def test_nor_does_it_after_it_was_approved(signer: TestSigner, state: str) -> None:
    """Between the approval and the making of the key it became so: no key is made known, the old one signs nothing."""
    become, error = STATES[state]
    new = approved(signer)
    become(signer)

    def never(*_: object) -> bytes:
        raise AssertionError("signed")

    with pytest.raises(error):
        renewal(signing_with(signer.sam, never), RenewalRequest(new))
    assert signer.sam.store.credential(new).csr is None


def test_frozen_while_the_key_is_being_made(signer: TestSigner) -> None:
    """The old key is looked at again when the new one is there."""
    new, make = approved(signer), signer.sam.token.generate_signing_key
    token = type(signer.sam.token).__new__(type(signer.sam.token))
    token.__dict__.update(signer.sam.token.__dict__)

    def slow(*arguments: object) -> bytes:
        frozen(signer)
        return make(*arguments)  # type: ignore[arg-type]  # passed on as they came

    token.__dict__["generate_signing_key"] = slow
    with pytest.raises(CredentialUnusable):
        renewal(replace(signer.sam, token=token), RenewalRequest(new))


def test_a_freeze_of_the_old_key_is_the_new_ones_too(signer: TestSigner, ca: TestCa) -> None:
    """Who paused everything while the certificate was on its way finds everything paused."""
    new = signer.renew()
    frozen(signer)
    new.certify(ca.certificate(new.request()))
    with pytest.raises(CredentialUnusable, match="frozen"):
        new.approve(new.transaction())


def test_what_was_destroyed_gets_no_successor(signer: TestSigner, ca: TestCa) -> None:
    new = signer.renew()
    destroyed(signer)
    with pytest.raises(CredentialUnusable, match="destroyed"):
        new.certify(ca.certificate(new.request()))


def test_the_certificate_that_the_signer_was_shown(signer: TestSigner) -> None:
    with pytest.raises(CertificateInvalid):
        signer.amend(signer.renewing(certificate_sha256="0" * 64))


def test_another_enrolments_key_is_not_renewed(signer: TestSigner, sam: Sam, clock: TestClock, ca: TestCa) -> None:
    other = TestSigner(sam, clock).enroll(ca)
    with pytest.raises(CredentialUnknown):
        signer.amend(signer.renewing(credential_id=other.credential_id, certificate_sha256=other.renewing().certificate_sha256))


def test_only_what_was_approved_is_made(signer: TestSigner) -> None:
    """Neither a key that nobody approved, nor one of an enrolment."""
    for credential_id in (new_id(), signer.credential_id):
        with pytest.raises(CredentialUnknown):
            renewal(signer.sam, RenewalRequest(credential_id))


def test_a_new_key_without_certificate_signs_nothing(signer: TestSigner) -> None:
    new = replace(signer, credential_id=approved(signer))
    for _ in range(2):
        with pytest.raises(Refused):
            new.approve(new.transaction(certificate_sha256="0" * 64))
        renewal(signer.sam, RenewalRequest(new.credential_id))


def test_approvals_for_the_old_key_do_not_open_the_new_one(signer: TestSigner, ca: TestCa) -> None:
    new = signer.renew()
    new.certify(ca.certificate(new.request()))
    transaction = signer.transaction()
    signer.approve(transaction)
    sad = signer.collect(transaction).sad
    with pytest.raises(CredentialUnknown):
        activate(signer.sam, signer.activation(transaction, sad, credential_id=new.credential_id))


def test_a_revoked_certificate_renews_nothing(sam: Sam, clock: TestClock) -> None:
    """The CA's word is asked for at the approval and again when the old key signs."""
    strict = replace(sam, status_policy=StatusPolicy(Requirement.REQUIRE, 300))
    authority = Authority(clock.now)
    signer = TestSigner(strict, clock)
    certificate = authority.certify(signer.begin().csr)
    signer.certificate = certificate.public_bytes(Encoding.DER)
    certify(strict, CertifyRequest(signer.credential_id, (signer.certificate, authority.root.der)))
    good = authority.says(certificate)
    revoked = authority.says(certificate, x509.ocsp.OCSPCertStatus.REVOKED)
    for status, error in ((None, StatusUnknown), (revoked, CertificateRevoked)):
        raw = signer.renewing().encode()
        with pytest.raises(error):
            amend(strict, AmendRequest(raw, signer.assertion(raw, kind=RenewTransaction), status=status))
    amendment = signer.renewing()
    raw = amendment.encode()
    amend(strict, AmendRequest(raw, signer.assertion(raw, kind=RenewTransaction), status=good))
    for status, error in ((None, StatusUnknown), (revoked, CertificateRevoked)):
        with pytest.raises(error):
            renewal(strict, RenewalRequest(amendment.new_credential_id, status))
    assert renewal(strict, RenewalRequest(amendment.new_credential_id, good)).csr


def test_a_renewal_is_no_approval_of_documents(signer: TestSigner) -> None:
    raw = signer.renewing().encode()
    with pytest.raises(Refused):
        approve(signer.sam, ApproveRequest(raw, signer.assertion(raw, kind=RenewTransaction)))
