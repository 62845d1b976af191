"""What the CA says of its certificates: OCSP answers and the CRL, before and after revocation."""

import base64
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp

from demo.ca.errors import CertificateUnknown
from demo.ca.records import Records
from demo.ca.status import revoke
from tests.demo.ca_desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "ca")


def ask_ocsp(desk: Desk, request: ocsp.OCSPRequestBuilder, *, by_get: bool = False) -> ocsp.OCSPResponse:
    der = request.build().public_bytes(serialization.Encoding.DER)
    encoded = base64.b64encode(der).decode().replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
    answer = desk.http.get(f"/ocsp/{encoded}") if by_get else desk.http.post("/ocsp", content=der)
    assert answer.headers["Content-Type"] == "application/ocsp-response"
    return ocsp.load_der_ocsp_response(answer.content)


def request_about(certificate: x509.Certificate, issuer: x509.Certificate, digest: Any = None) -> ocsp.OCSPRequestBuilder:
    return ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, digest or hashes.SHA256())


@pytest.mark.parametrize("by_get", [False, True])
@pytest.mark.parametrize("digest", [hashes.SHA1(), hashes.SHA256(), hashes.SHA384()])
def test_ocsp_says_good_then_revoked(desk: Desk, by_get: bool, digest: hashes.HashAlgorithm) -> None:
    certificate = desk.issue()
    request = request_about(certificate, desk.root, digest).add_extension(x509.OCSPNonce(b"0123456789abcdef"), critical=False)
    good = ask_ocsp(desk, request, by_get=by_get)
    assert good.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert good.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"0123456789abcdef"
    revoke(Records(desk.directory / "ca.sqlite3"), f"{certificate.serial_number:x}", x509.ReasonFlags.superseded, desk.now)
    revoked = ask_ocsp(desk, request, by_get=by_get)
    assert (revoked.certificate_status, revoked.revocation_reason) == (ocsp.OCSPCertStatus.REVOKED, x509.ReasonFlags.superseded)
    assert revoked.revocation_time_utc == desk.now
    public_key = desk.root.public_key()
    assert isinstance(public_key, ec.EllipticCurvePublicKey)
    public_key.verify(revoked.signature, revoked.tbs_response_bytes, ec.ECDSA(hashes.SHA256()))


def test_ocsp_does_not_know_what_was_not_issued(desk: Desk) -> None:
    assert ask_ocsp(desk, request_about(desk.root, desk.root)).certificate_status is ocsp.OCSPCertStatus.UNKNOWN


def test_ocsp_does_not_answer_for_others_or_nonsense(desk: Desk, tmp_path: Path) -> None:
    other = Desk(tmp_path / "other")
    assert ask_ocsp(desk, request_about(other.issue(), other.root)).response_status is ocsp.OCSPResponseStatus.UNAUTHORIZED
    nonsense = ocsp.load_der_ocsp_response(desk.http.post("/ocsp", content=b"\x30\x00").content)
    assert nonsense.response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST
    assert desk.http.get("/ocsp/%%%").content == desk.http.post("/ocsp", content=b"").content


def test_crl_lists_what_is_revoked(desk: Desk) -> None:
    kept, lost = desk.issue("alice"), desk.issue("bob")
    records = Records(desk.directory / "ca.sqlite3")
    before = x509.load_der_x509_crl(desk.http.get("/crl").content)
    revoke(records, f"{lost.serial_number:X}", x509.ReasonFlags.key_compromise, desk.now)
    revoke(records, f"{lost.serial_number:X}", x509.ReasonFlags.superseded, desk.now + timedelta(days=1))
    desk.now += timedelta(seconds=1)
    crl = x509.load_der_x509_crl(desk.http.get("/crl").content)
    entry = crl.get_revoked_certificate_by_serial_number(lost.serial_number)
    assert entry is not None
    assert entry.extensions.get_extension_for_class(x509.CRLReason).value.reason is x509.ReasonFlags.key_compromise
    assert crl.get_revoked_certificate_by_serial_number(kept.serial_number) is None
    assert crl_number(crl) > crl_number(before)
    with pytest.raises(CertificateUnknown):
        revoke(records, "00", x509.ReasonFlags.unspecified, desk.now)


def crl_number(crl: x509.CertificateRevocationList) -> int:
    return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
