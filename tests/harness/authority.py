"""A CA with a certificate of its own, that says how its certificates stand: OCSP responses and lists, right ones and wrong ones."""

import datetime
import hashlib
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from hsm.messages import CertificateStatus

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
DAY = datetime.timedelta(days=1)


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@dataclass
class Holder:
    """A key and its certificate."""

    key: Key
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


class Authority:
    """Issues certificates and speaks about them; `now` is a unix time."""

    def __init__(self, now: float, key: Key | None = None, common_name: str = "Test CA") -> None:
        self.now = datetime.datetime.fromtimestamp(now, datetime.UTC)
        made = key or ec.generate_private_key(ec.SECP256R1())
        self.root = Holder(made, self._certificate(name(common_name), made.public_key(), name(common_name), made))

    def certify(self, csr: bytes, *, with_responder: bool = True) -> x509.Certificate:
        """Issue what a SAM asks for."""
        request = x509.load_der_x509_csr(csr)
        address = x509.UniformResourceIdentifier("http://ca.example/ocsp")
        access = x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.OCSP, address)])
        extensions: list[x509.ExtensionType] = [access] if with_responder else []
        return self._certificate(request.subject, request.public_key(), self.root.certificate.subject, self.root.key, *extensions)

    def responder(self, *, for_ocsp: bool = True, begins: datetime.timedelta = -DAY, issuer: Holder | None = None) -> Holder:
        """Name somebody else to answer."""
        key = ec.generate_private_key(ec.SECP256R1())
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING if for_ocsp else ExtendedKeyUsageOID.EMAIL_PROTECTION])
        by = issuer or self.root
        certificate = self._certificate(name("Responder"), key.public_key(), by.certificate.subject, by.key, usage, begins=begins)
        return Holder(key, certificate)

    def says(
        self,
        certificate: x509.Certificate,
        status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
        reason: x509.ReasonFlags | None = None,
        *,
        by: Holder | None = None,
        issuer: x509.Certificate | None = None,
        at: datetime.timedelta = datetime.timedelta(),
        life: datetime.timedelta | None = DAY,
        algorithm: hashes.HashAlgorithm | None = None,
        named_by: ocsp.OCSPResponderEncoding = ocsp.OCSPResponderEncoding.HASH,
    ) -> CertificateStatus:
        """Answer as a responder would, `at` from now, for `life`."""
        signer, this_update, about = by or self.root, self.now + at, issuer or self.root.certificate
        revoked = this_update if status is ocsp.OCSPCertStatus.REVOKED else None
        builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
            issuer_name_hash=hashlib.sha1(about.subject.public_bytes()).digest(),
            issuer_key_hash=x509.SubjectKeyIdentifier.from_public_key(about.public_key()).digest,
            serial_number=certificate.serial_number,
            algorithm=hashes.SHA1(),
            cert_status=status,
            this_update=this_update,
            next_update=this_update + life if life is not None else None,
            revocation_time=revoked,
            revocation_reason=reason,
        )
        builder = builder.responder_id(named_by, signer.certificate)
        if by is not None:
            builder = builder.certificates([by.certificate])
        return CertificateStatus(ocsp=builder.sign(signer.key, algorithm or hashes.SHA256()).public_bytes(Encoding.DER))

    def lists(
        self,
        *revoked: tuple[x509.Certificate, x509.ReasonFlags | None],
        by: Holder | None = None,
        at: datetime.timedelta = datetime.timedelta(),
        scope: x509.ExtensionType | None = None,
    ) -> CertificateStatus:
        """Sign a list of what was revoked."""
        signer = by or self.root
        builder = x509.CertificateRevocationListBuilder().issuer_name(signer.certificate.subject)
        builder = builder.last_update(self.now + at).next_update(self.now + at + DAY)
        for certificate, reason in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number).revocation_date(self.now)
            builder = builder.add_revoked_certificate((entry.add_extension(x509.CRLReason(reason), False) if reason else entry).build())
        if scope is not None:
            builder = builder.add_extension(scope, critical=True)
        return CertificateStatus(crl=builder.sign(signer.key, hashes.SHA256()).public_bytes(Encoding.DER))

    def _certificate(
        self,
        subject: x509.Name,
        public_key: Any,
        issuer: x509.Name,
        key: Key,
        *extensions: x509.ExtensionType,
        begins: datetime.timedelta = -DAY,
    ) -> x509.Certificate:
        builder = x509.CertificateBuilder(issuer, subject, public_key).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(self.now + begins).not_valid_after(self.now + begins + 366 * DAY)
        for extension in extensions:
            builder = builder.add_extension(extension, critical=False)
        return builder.sign(key, hashes.SHA256())
