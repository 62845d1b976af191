"""The list of certificates that do not count (RFC 5280 §5), complete and made anew for every request; no deltas."""

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from demo.ca.authority import Authority
from demo.ca.records import Records
from demo.ca.status import withdrawn

LIFE = timedelta(days=1)
BACKDATED = timedelta(minutes=1)
"""Statements begin this much earlier: a validator that noted the time before it asked would otherwise find them too new."""


def make_crl(authority: Authority, records: Records, now: datetime) -> bytes:
    """Sign the list of all held and revoked certificates, as DER; one whose hold was lifted is simply not in it."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(now - BACKDATED)
        .next_update(now + LIFE)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(authority.key_identifier), critical=False)
        # Microseconds since 1970 rise by themselves, as a CRL number must.
        .add_extension(x509.CRLNumber(int(now.timestamp() * 1_000_000)), critical=False)
    )
    with records.reading() as sql:
        rows = sql.execute("SELECT serial, state, since, reason FROM certificate WHERE state != 'good' ORDER BY since").fetchall()
    for row in rows:
        found = withdrawn(row["state"], row["since"], row["reason"])
        assert found is not None
        entry = x509.RevokedCertificateBuilder().serial_number(int(row["serial"], 16)).revocation_date(found.since)
        if found.reason is not x509.ReasonFlags.unspecified:  # RFC 5280 §5.3.1: then leave it out
            entry = entry.add_extension(x509.CRLReason(found.reason), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(authority.key, hashes.SHA256()).public_bytes(Encoding.DER)
