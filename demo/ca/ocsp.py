"""OCSP answers (RFC 6960, nonce by RFC 9654), signed by the root itself and made anew for every request from the records."""

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp

from demo.ca.authority import Authority
from demo.ca.crl import BACKDATED
from demo.ca.records import Records
from demo.ca.status import withdrawn

LIFE = timedelta(hours=1)
NONCE_MAX_BYTES = 128
"""RFC 9654 §2.1."""


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
        row = sql.execute("SELECT state, since, reason FROM certificate WHERE serial = ?", (f"{serial:X}",)).fetchone()
    status = ocsp.OCSPCertStatus.UNKNOWN if row is None else ocsp.OCSPCertStatus.GOOD
    revoked = reason = None
    if row is not None and (found := withdrawn(row["state"], row["since"], row["reason"])) is not None:
        status, revoked, reason = ocsp.OCSPCertStatus.REVOKED, found.since, found.reason
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response_by_hash(
            request.issuer_name_hash,
            request.issuer_key_hash,
            serial,
            algorithm,
            status,
            now - BACKDATED,
            now + LIFE,
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
