"""The certificate for document signing that this CA issues (RFC 5280 §4.2, RFC 9336): its fields, and nothing about who may have one."""

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from demo.ca.authority import BACKDATED, Authority

VALIDITY = timedelta(days=730)
DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")
"""id-kp-documentSigning, RFC 9336 §3.1."""
MAX_COMMON_NAME_BYTES = 64
"""RFC 5280 appendix A.1 counts characters, but many readers count bytes; a longer name stands as the attribute `name`."""
NAME = x509.ObjectIdentifier("2.5.4.41")
EMAIL_PROTECTION = x509.oid.ExtendedKeyUsageOID.EMAIL_PROTECTION
"""Validators older than RFC 9336, poppler's pdfsig among them, look for this purpose on a signed document."""


def certify(
    authority: Authority, url: str, *, user_id: str, name: str, public_key: CertificatePublicKeyTypes, now: datetime
) -> x509.Certificate:
    """Sign a certificate that binds the key to this person; `url` is where the CA answers for it."""
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
            x509.NameAttribute(NameOID.COMMON_NAME if len(name.encode()) <= MAX_COMMON_NAME_BYTES else NAME, name),
            x509.NameAttribute(NameOID.USER_ID, user_id),
        ]
    )
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,  # nonRepudiation by its older name
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    access = x509.AuthorityInformationAccess(
        [
            x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(f"{url}/ocsp")),
            x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(f"{url}/ca.der")),
        ]
    )
    crl = x509.DistributionPoint([x509.UniformResourceIdentifier(f"{url}/crl")], relative_name=None, reasons=None, crl_issuer=None)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(authority.certificate.subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + VALIDITY)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([DOCUMENT_SIGNING, EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(authority.key_identifier), critical=False)
        .add_extension(access, critical=False)
        .add_extension(x509.CRLDistributionPoints([crl]), critical=False)
        .sign(authority.key, hashes.SHA256())
    )
