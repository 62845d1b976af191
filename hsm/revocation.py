"""
Whether a certificate still stands: the CA's own signed statement, an OCSP response (RFC 6960) or a list (CRL, RFC 5280 §5).

The SAM asks nobody; the caller brings the statement, and cannot make one. It may withhold one, and bring one that is a little old: how old,
and what happens without any, is the operator's policy.
"""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID
from msgspec import Struct

from hsm.errors import CertificateRevoked, CertificateSuspended, StatusUnknown
from hsm.messages import CertificateStatus

CLOCK_SKEW_S = 60
LEAST_HASH_BYTES = 32


class Requirement(StrEnum):
    """What the operator wants where nobody can tell."""

    REQUIRE = "require"  # no statement, no signature
    PREFER = "prefer"  # a statement that is there counts
    OFF = "off"


class StatusPolicy(Struct, frozen=True):
    """`max_age_s` is how old an OCSP response may be, whatever it says of its own life."""

    requirement: Requirement
    max_age_s: int


def require_good(
    policy: StatusPolicy, certificate: x509.Certificate, issuer: x509.Certificate | None, given: CertificateStatus | None, now: float
) -> None:
    """
    Refuse a certificate that its CA has revoked or holds, or of which nobody can tell.

    Raises:
        CertificateRevoked, CertificateSuspended: the CA says so.
        StatusUnknown: there is no statement, or none that counts, and the operator requires one.
    """
    if policy.requirement is Requirement.OFF or (policy.requirement is Requirement.PREFER and given is None):
        return
    if given is None or issuer is None:
        raise StatusUnknown("no statement of the CA" if given is None else "no certificate of the CA")
    try:
        if given.ocsp is not None:
            reason = _ocsp_reason(given.ocsp, certificate, issuer, policy.max_age_s, now)
        else:
            reason = _crl_reason(given.crl or b"", certificate, issuer, now)
    except (ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature, x509.ExtensionNotFound) as error:
        raise StatusUnknown(f"the statement can't be used: {type(error).__name__}") from None
    if reason is x509.ReasonFlags.certificate_hold:
        raise CertificateSuspended(certificate.subject.rfc4514_string())
    if reason is not None:
        raise CertificateRevoked(f"{certificate.subject.rfc4514_string()}: {reason.value}")


def standing(
    max_age_s: int, certificate: x509.Certificate, issuer: x509.Certificate | None, given: CertificateStatus | None, now: float
) -> Literal["valid", "expired", "revoked", "suspended"] | None:
    """Say how a certificate stands, for whoever wants to know before asking for a signature; None where nobody can tell."""
    if now > certificate.not_valid_after_utc.timestamp():
        return "expired"  # and of no concern to its CA any more
    try:
        require_good(StatusPolicy(Requirement.REQUIRE, max_age_s), certificate, issuer, given, now)
    except CertificateRevoked:
        return "revoked"
    except CertificateSuspended:
        return "suspended"
    except StatusUnknown:
        return None
    return "valid" if now >= certificate.not_valid_before_utc.timestamp() else None


def _ocsp_reason(
    der: bytes, certificate: x509.Certificate, issuer: x509.Certificate, max_age_s: int, now: float
) -> x509.ReasonFlags | None:
    """Read what a response says of this certificate (RFC 6960 §3.2): None where it is good."""
    response = ocsp.load_der_ocsp_response(der)
    if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        raise StatusUnknown(f"the responder answered {response.response_status.name}")
    if not _is_about(response, certificate, issuer):
        raise StatusUnknown("a statement about another certificate")
    _verify(response, _responder(response, issuer, now).public_key())
    _require_current(response.this_update_utc, response.next_update_utc, now)
    if now - response.this_update_utc.timestamp() > max_age_s + CLOCK_SKEW_S:
        raise StatusUnknown(f"a statement of {response.this_update_utc:%Y-%m-%d %H:%M:%S} UTC")
    if response.certificate_status is ocsp.OCSPCertStatus.GOOD:
        return None
    if response.certificate_status is ocsp.OCSPCertStatus.UNKNOWN:
        raise StatusUnknown("the CA does not know the certificate")
    return response.revocation_reason or x509.ReasonFlags.unspecified


def _crl_reason(der: bytes, certificate: x509.Certificate, issuer: x509.Certificate, now: float) -> x509.ReasonFlags | None:
    """Read what a list says of this certificate (RFC 5280 §5): None where it is not on it."""
    if _names_a_responder(certificate):
        raise StatusUnknown("a list, where there is a responder to ask")
    crl = x509.load_der_x509_crl(der)
    if crl.issuer != issuer.subject or not crl.is_signature_valid(issuer.public_key()):  # type: ignore[arg-type]  # others raise TypeError
        raise StatusUnknown("a list of another CA")
    _require_current(crl.last_update_utc, crl.next_update_utc, now)
    if any(extension.critical for extension in crl.extensions):
        raise StatusUnknown("a list with a scope that is not understood")
    entry = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
    if entry is None:
        return None
    given = [one.value.reason for one in entry.extensions if isinstance(one.value, x509.CRLReason)]
    return given[0] if given else x509.ReasonFlags.unspecified


def _is_about(response: ocsp.OCSPResponse, certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """RFC 6960 §4.1.1, CertID: the issuer by the hashes of its name and key, the certificate by its serial number."""
    named = (response.issuer_name_hash, response.issuer_key_hash, response.serial_number)
    algorithm = response.hash_algorithm  # SHA-1, often; it names here, and nothing rests on it alone
    return named == (_digest(algorithm, issuer.subject.public_bytes()), _digest(algorithm, _key_bits(issuer)), certificate.serial_number)


def _responder(response: ocsp.OCSPResponse, issuer: x509.Certificate, now: float) -> x509.Certificate:
    """Give the certificate of who may sign the response: the issuer, or one whom the issuer has named for this (RFC 6960 §4.2.2.2)."""
    if _is_responder(response, issuer):
        return issuer
    named = next((one for one in response.certificates if _is_responder(response, one)), None)
    if named is None:
        raise StatusUnknown("signed by somebody whom the CA did not name")
    named.verify_directly_issued_by(issuer)
    if ExtendedKeyUsageOID.OCSP_SIGNING not in named.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value:
        raise StatusUnknown("signed with a certificate that is for something else")
    _require_current(named.not_valid_before_utc, named.not_valid_after_utc, now)
    return named


def _is_responder(response: ocsp.OCSPResponse, certificate: x509.Certificate) -> bool:
    """RFC 6960 §4.2.1, ResponderID: by name, or by the SHA-1 of the key."""
    if response.responder_name is not None:
        return response.responder_name == certificate.subject
    return response.responder_key_hash == _digest(hashes.SHA1(), _key_bits(certificate))  # noqa: S303  # the standard names it so


def _verify(response: ocsp.OCSPResponse, key: object) -> None:
    algorithm = response.signature_hash_algorithm
    if algorithm is None or algorithm.digest_size < LEAST_HASH_BYTES:
        raise StatusUnknown("a weak signature")
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(response.signature, response.tbs_response_bytes, padding.PKCS1v15(), algorithm)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(algorithm))
    else:
        raise TypeError("a responder's key of another kind")


def _names_a_responder(certificate: x509.Certificate) -> bool:
    access = [one.value for one in certificate.extensions if isinstance(one.value, x509.AuthorityInformationAccess)]
    return any(one.access_method == AuthorityInformationAccessOID.OCSP for descriptions in access for one in descriptions)


def _key_bits(certificate: x509.Certificate) -> bytes:
    """Give the bits of a certificate's public key, without its algorithm."""
    public_key = certificate.public_key()
    if isinstance(public_key, rsa.RSAPublicKey):
        return public_key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        return public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    raise TypeError("a CA's key of another kind")


def _digest(algorithm: hashes.HashAlgorithm, data: bytes) -> bytes:
    digest = hashes.Hash(algorithm)
    digest.update(data)
    return digest.finalize()


def _require_current(begin: datetime, end: datetime | None, now: float) -> None:
    if now < begin.timestamp() - CLOCK_SKEW_S or (end is not None and now >= end.timestamp()):
        raise StatusUnknown("a statement of another time")
