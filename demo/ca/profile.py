"""The certificates that this CA issues (RFC 5280 §4.2, RFC 9336), field by field, and nothing about who may have one."""

import ipaddress
from collections.abc import Iterable
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from demo.ca.authority import BACKDATED, Authority

VALIDITY = timedelta(days=730)
SERVER_VALIDITY = timedelta(days=90)
DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")
"""id-kp-documentSigning, RFC 9336 §3.1."""
REGISTRATION_AUTHORITY = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.28")
"""id-kp-cmcRA, RFC 6402 §2.10."""
MAX_COMMON_NAME_BYTES = 64
"""RFC 5280 appendix A.1 counts characters, but many readers count bytes; a longer name stands as the attribute `name`."""
NAME = x509.ObjectIdentifier("2.5.4.41")


def certify(
    authority: Authority,
    url: str,
    *,
    user_id: str,
    name: str,
    public_key: CertificatePublicKeyTypes,
    now: datetime,
    client_auth: bool = False,
    policy: x509.ObjectIdentifier | None = None,
) -> x509.Certificate:
    """
    Sign a certificate for document signing that binds the key to this person; `url` is where the CA answers for it.

    With `client_auth` its holder may also renew it over TLS by himself. E-mail protection is what validators older than RFC 9336, poppler's
    pdfsig among them, look for on a signed document.
    """
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
            x509.NameAttribute(NameOID.COMMON_NAME if len(name.encode()) <= MAX_COMMON_NAME_BYTES else NAME, name),
            x509.NameAttribute(NameOID.USER_ID, user_id),
        ]
    )
    purposes = [DOCUMENT_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION, *([ExtendedKeyUsageOID.CLIENT_AUTH] if client_auth else [])]
    builder = _builder(authority, url, subject, public_key, now, VALIDITY, purposes, content_commitment=True)
    if policy is not None:
        builder = builder.add_extension(x509.CertificatePolicies([x509.PolicyInformation(policy, None)]), critical=False)
    return builder.sign(authority.key, hashes.SHA256())


def certify_registration_authority(
    authority: Authority, url: str, *, name: str, public_key: CertificatePublicKeyTypes, now: datetime
) -> x509.Certificate:
    """Sign a certificate that makes its holder a registration authority of this CA."""
    subject = _organisation(authority, name)
    purposes = [REGISTRATION_AUTHORITY, ExtendedKeyUsageOID.CLIENT_AUTH]
    return _builder(authority, url, subject, public_key, now, VALIDITY, purposes).sign(authority.key, hashes.SHA256())


def certify_timestamp_authority(
    authority: Authority, url: str, *, public_key: CertificatePublicKeyTypes, now: datetime
) -> x509.Certificate:
    """Sign the certificate of the CA's own time-stamping authority, which is for nothing else (RFC 3161 §2.3)."""
    subject = _organisation(authority, "Natsuin Demo TSA")
    purposes = [ExtendedKeyUsageOID.TIME_STAMPING]
    builder = _builder(authority, url, subject, public_key, now, VALIDITY, purposes, purposes_critical=True)
    return builder.sign(authority.key, hashes.SHA256())


def certify_server(
    authority: Authority, url: str, *, names: Iterable[str], public_key: CertificatePublicKeyTypes, now: datetime
) -> x509.Certificate:
    """Sign the certificate of the CA's own TLS server; `names` are host names and IP addresses."""
    alternative = x509.SubjectAlternativeName([_general_name(name) for name in names])
    builder = _builder(
        authority,
        url,
        _organisation(authority, "Natsuin Demo CA EST"),
        public_key,
        now,
        SERVER_VALIDITY,
        [ExtendedKeyUsageOID.SERVER_AUTH],
    )
    return builder.add_extension(alternative, critical=False).sign(authority.key, hashes.SHA256())


def _builder(
    authority: Authority,
    url: str,
    subject: x509.Name,
    public_key: CertificatePublicKeyTypes,
    now: datetime,
    validity: timedelta,
    purposes: list[x509.ObjectIdentifier],
    *,
    content_commitment: bool = False,
    purposes_critical: bool = False,
) -> x509.CertificateBuilder:
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=content_commitment,  # nonRepudiation by its older name
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
        .not_valid_after(min(now + validity, authority.certificate.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=purposes_critical)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(authority.key_identifier), critical=False)
        .add_extension(access, critical=False)
        .add_extension(x509.CRLDistributionPoints([crl]), critical=False)
    )


def _organisation(authority: Authority, common_name: str) -> x509.Name:
    kept = [attribute for attribute in authority.certificate.subject if attribute.oid != NameOID.COMMON_NAME]
    return x509.Name([*kept, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
