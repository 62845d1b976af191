"""A certificate authority in memory for the tests of the relying application: root, leaf, CRL (RFC 5280 §5) and OCSP (RFC 6960)."""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID as Access
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # RFC 9336 §3.1
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def usage(**granted: bool) -> x509.KeyUsage:
    names = (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign crl_sign "
        "encipher_only decipher_only"
    )
    return x509.KeyUsage(**{name: granted.get(name, False) for name in names.split()})


class Pki:
    """One self-signed root that issues leaves; `url` is where its CRL and OCSP answer (None: the leaves name no such place)."""

    def __init__(self, url: str | None = None, name: str = "Test Root") -> None:
        self.url = url
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"), x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.revoked: set[int] = set()
        self.issued: dict[int, x509.Certificate] = {}
        self.now = datetime.now(UTC)
        self.root = (
            self._builder(self.name, self.key, days=3650)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage(key_cert_sign=True, crl_sign=True, digital_signature=True), critical=True)
            .sign(self.key, hashes.SHA256())
        )

    def _builder(self, subject: x509.Name, key: PrivateKey, *, days: int) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now - timedelta(minutes=5))
            .not_valid_after(self.now + timedelta(days=days))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )

    def issue(self, key: PrivateKey, name: str = "山田 太郎", *, for_email: bool = True) -> x509.Certificate:
        purposes = [DOCUMENT_SIGNING, *([ExtendedKeyUsageOID.EMAIL_PROTECTION] if for_email else [])]
        builder = (
            self._builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), key, days=30)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage(digital_signature=True, content_commitment=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        )
        if self.url is not None:
            point = x509.DistributionPoint([x509.UniformResourceIdentifier(f"{self.url}/crl")], None, None, None)
            responder = x509.AccessDescription(Access.OCSP, x509.UniformResourceIdentifier(f"{self.url}/ocsp"))
            builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
            builder = builder.add_extension(x509.AuthorityInformationAccess([responder]), critical=False)
        leaf = builder.sign(self.key, hashes.SHA256())
        self.issued[leaf.serial_number] = leaf
        return leaf

    def crl(self) -> bytes:
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.name)
            .last_update(self.now - timedelta(minutes=1))
            .next_update(self.now + timedelta(days=1))
            .add_extension(x509.CRLNumber(1), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )
        for serial in self.revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(self.now - timedelta(minutes=1)).build()
            builder = builder.add_revoked_certificate(entry)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def ocsp(self, request: bytes) -> bytes:
        question = ocsp.load_der_ocsp_request(request)
        is_revoked = question.serial_number in self.revoked
        answer = ocsp.OCSPResponseBuilder().add_response(
            cert=self.issued[question.serial_number],
            issuer=self.root,
            algorithm=question.hash_algorithm,
            cert_status=ocsp.OCSPCertStatus.REVOKED if is_revoked else ocsp.OCSPCertStatus.GOOD,
            this_update=self.now - timedelta(minutes=1),
            next_update=self.now + timedelta(days=1),
            revocation_time=self.now - timedelta(minutes=1) if is_revoked else None,
            revocation_reason=None,
        )
        signed = answer.responder_id(ocsp.OCSPResponderEncoding.HASH, self.root).sign(self.key, hashes.SHA256())
        return signed.public_bytes(Encoding.DER)
