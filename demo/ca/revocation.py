"""Certificate status: revoking, the CRL (RFC 5280 §5) and OCSP answers (RFC 6960), both made anew for every request from the records."""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp

from demo.ca.authority import Authority
from demo.ca.errors import CertificateUnknown
from demo.ca.records import Records

CRL_LIFE = timedelta(days=1)
OCSP_LIFE = timedelta(hours=1)
BACKDATED = timedelta(minutes=1)
"""Statements begin this much earlier: a validator that noted the time before it asked would otherwise find them too new."""
NONCE_MAX_BYTES = 128
"""RFC 9654 §2.1."""


def revoke(records: Records, serial: str, reason: x509.ReasonFlags, now: datetime) -> None:
    """
    Revoke a certificate; a second time changes nothing.

    Raises:
        CertificateUnknown: no certificate with this hexadecimal serial number was issued here.
    """
    serial = serial.replace(":", "").upper().lstrip("0")
    with records.transaction() as sql:
        if sql.execute("SELECT 1 FROM certificate WHERE serial = ?", (serial,)).fetchone() is None:
            raise CertificateUnknown(f"no certificate with serial number {serial} was issued here")
        sql.execute(
            "UPDATE certificate SET revoked = ?, reason = ? WHERE serial = ? AND revoked IS NULL",
            (int(now.timestamp()), reason.value, serial),
        )


def make_crl(authority: Authority, records: Records, now: datetime) -> bytes:
    """Sign the list of all revoked certificates, as DER."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(now - BACKDATED)
        .next_update(now + CRL_LIFE)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(authority.key_identifier), critical=False)
        # Microseconds since 1970 rise by themselves, as a CRL number must.
        .add_extension(x509.CRLNumber(int(now.timestamp() * 1_000_000)), critical=False)
    )
    with records.reading() as sql:
        for row in sql.execute("SELECT serial, revoked, reason FROM certificate WHERE revoked IS NOT NULL ORDER BY revoked"):
            entry = x509.RevokedCertificateBuilder().serial_number(int(row["serial"], 16)).revocation_date(_time(row["revoked"]))
            if row["reason"] != x509.ReasonFlags.unspecified.value:  # RFC 5280 §5.3.1: then leave it out
                entry = entry.add_extension(x509.CRLReason(x509.ReasonFlags(row["reason"])), critical=False)
            builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(authority.key, hashes.SHA256()).public_bytes(Encoding.DER)


def answer_ocsp(authority: Authority, records: Records, der: bytes, now: datetime) -> bytes:
    """Answer an OCSP request about one certificate, as DER; a request that cannot be answered gets an unsigned error (RFC 6960 §2.3)."""
    try:
        request = ocsp.load_der_ocsp_request(der)
        serial = request.serial_number
        algorithm = request.hash_algorithm
        nonce = next((extension.value.nonce for extension in request.extensions if isinstance(extension.value, x509.OCSPNonce)), None)
    except (ValueError, UnsupportedAlgorithm, NotImplementedError):  # the last one: more than one certificate in a request
        return _unsuccessful(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
    if (request.issuer_name_hash, request.issuer_key_hash) != _issuer_hashes(authority, algorithm):
        return _unsuccessful(ocsp.OCSPResponseStatus.UNAUTHORIZED)
    with records.reading() as sql:
        row = sql.execute("SELECT revoked, reason FROM certificate WHERE serial = ?", (f"{serial:X}",)).fetchone()
    status = ocsp.OCSPCertStatus.UNKNOWN if row is None else ocsp.OCSPCertStatus.GOOD
    revoked = reason = None
    if row is not None and row["revoked"] is not None:
        status, revoked, reason = ocsp.OCSPCertStatus.REVOKED, _time(row["revoked"]), x509.ReasonFlags(row["reason"])
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response_by_hash(
            request.issuer_name_hash,
            request.issuer_key_hash,
            serial,
            algorithm,
            status,
            now - BACKDATED,
            now + OCSP_LIFE,
            revoked,
            None if reason is x509.ReasonFlags.unspecified else reason,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, authority.certificate)
    )
    if nonce is not None and 0 < len(nonce) <= NONCE_MAX_BYTES:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.sign(authority.key, hashes.SHA256()).public_bytes(Encoding.DER)


def _issuer_hashes(authority: Authority, algorithm: hashes.HashAlgorithm) -> tuple[bytes, bytes]:
    """CertID of RFC 6960 §4.1.1: hashes over the issuer's name and over the bits of its public key."""
    name = authority.certificate.subject.public_bytes()
    key = authority.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    digests = []
    for value in (name, key):
        digest = hashes.Hash(algorithm)
        digest.update(value)
        digests.append(digest.finalize())
    return digests[0], digests[1]


def _unsuccessful(status: ocsp.OCSPResponseStatus) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)


def _time(unix_s: int) -> datetime:
    return datetime.fromtimestamp(unix_s, UTC)
