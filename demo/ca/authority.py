"""The CA's own key and self-signed certificate (RFC 5280 §4.2.1.9, §4.2.1.3), kept in its directory; it decides nothing about people."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from demo.ca.files import read_or_make

VALIDITY = timedelta(days=3652)
BACKDATED = timedelta(minutes=5)
"""Certificates begin this much before they are made, for machines whose clock is behind."""

SUBJECT = x509.Name(
    [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Natsuin Demo"),
        x509.NameAttribute(NameOID.COMMON_NAME, "Natsuin Demo CA"),
    ]
)


@dataclass(frozen=True)
class Authority:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def key_identifier(self) -> x509.SubjectKeyIdentifier:
        return self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value


def open_authority(directory: Path, now: datetime) -> Authority:
    """Load the CA's key and certificate; make them at the first start."""
    key = serialization.load_pem_private_key(read_or_make(directory / "root-key.pem", _new_key), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("root-key.pem is not an EC key")
    certificate = x509.load_pem_x509_certificate(read_or_make(directory / "root.pem", lambda: _self_signed(key, now)))
    return Authority(key, certificate)


def _new_key() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _self_signed(key: ec.EllipticCurvePrivateKey, now: datetime) -> bytes:
    usage = x509.KeyUsage(
        digital_signature=True,  # for OCSP answers, which this key signs itself
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(SUBJECT)
        .issuer_name(SUBJECT)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + VALIDITY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)
