"""`certify`: a key gets the certificate that was made for it, once."""

import pytest
from cryptography import x509

from hsm.enrollment import certify
from hsm.errors import CertificateInvalid, CredentialUnknown, CredentialUnusable
from hsm.messages import CertifyRequest
from hsm.sam import Sam
from tests.harness.records import journal_entries
from tests.harness.sam import NOW, TestCa, TestClock, TestSigner, new_id

EC_PUBLIC_KEY_OID = bytes.fromhex("06072a8648ce3d0201")


def test_a_certified_key_can_be_used(sam: Sam, clock: TestClock, ca: TestCa) -> None:
    """The reply says which certificate it is, and when it is valid; the journal keeps it."""
    signer = TestSigner(sam, clock)
    certificate = ca.certificate(signer.begin().csr)
    reply = certify(sam, CertifyRequest(signer.credential_id, (certificate,)))
    assert (reply.not_before, reply.not_after) == (NOW - 86_400, NOW + 365 * 86_400)
    assert sam.store.credential(signer.credential_id).state == "enabled"
    assert journal_entries(sam, signer.credential_id)[-1]["event"] == "certified"
    signer.certificate = certificate
    assert signer.transaction().certificate_sha256 == reply.certificate_sha256
    assert signer.sign(signer.transaction())


def test_a_foreign_certificate_is_refused(sam: Sam, clock: TestClock, ca: TestCa) -> None:
    """A certificate of another key, in the same name even, is not this key's."""
    signer, other = TestSigner(sam, clock), TestSigner(sam, clock)
    signer.begin()
    with pytest.raises(CertificateInvalid, match="not this key's"):
        certify(sam, CertifyRequest(signer.credential_id, (ca.certificate(other.begin().csr),)))


def test_the_certificate_is_registered_once(sam: Sam, clock: TestClock, ca: TestCa) -> None:
    """The same again is a repeat; a second one for the same key is refused."""
    signer = TestSigner(sam, clock)
    csr = signer.begin().csr
    request = CertifyRequest(signer.credential_id, (ca.certificate(csr),))
    assert certify(sam, request) == certify(sam, request)
    with pytest.raises(CertificateInvalid, match="another"):
        certify(sam, CertifyRequest(signer.credential_id, (ca.certificate(csr),)))


def test_an_unknown_credential_has_no_certificate(sam: Sam, signer: TestSigner) -> None:
    """There is no key to compare with."""
    with pytest.raises(CredentialUnknown):
        certify(sam, CertifyRequest(new_id(), (signer.certificate,)))


def test_what_is_no_certificate_is_refused(sam: Sam, clock: TestClock, ca: TestCa) -> None:
    """Garbage, a PKCS#10, and a key of a kind that nobody knows are refusals, and no failure."""
    signer = TestSigner(sam, clock)
    csr = signer.begin().csr
    certificate = ca.certificate(csr)
    assert EC_PUBLIC_KEY_OID in certificate
    strange = certificate.replace(EC_PUBLIC_KEY_OID, EC_PUBLIC_KEY_OID[:-1] + b"\x79")
    x509.load_der_x509_certificate(strange)
    for der in (b"", b"\x30\x00", csr, certificate[:-1], certificate + b"\0", strange):
        with pytest.raises(CertificateInvalid):
            certify(sam, CertifyRequest(signer.credential_id, (der,)))


def test_a_destroyed_key_gets_no_certificate(sam: Sam, clock: TestClock, ca: TestCa) -> None:
    """One that was on its way when the key was destroyed does not bring its record back."""
    signer = TestSigner(sam, clock)
    certificate = ca.certificate(signer.begin().csr)
    signer.amend(signer.destroying())
    with pytest.raises(CredentialUnusable):
        certify(sam, CertifyRequest(signer.credential_id, (certificate,)))
    assert sam.store.credential(signer.credential_id).state == "destroyed"
