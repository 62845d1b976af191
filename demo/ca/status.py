"""
The state of a certificate: good, held or revoked (RFC 5280 §5.3.1); `crl.py` and `ocsp.py` say it to the world, both from this record.

Held can be lifted and then nothing remains; revoked is for ever. One that is revoked while held is revoked from the day that it was held.
"""

import sqlite3
from datetime import UTC, datetime
from typing import NamedTuple

from cryptography import x509

from demo.ca.errors import CertificateUnknown, StatusRefused
from demo.ca.records import Records

REASONS = tuple(
    reason for reason in x509.ReasonFlags if reason not in (x509.ReasonFlags.certificate_hold, x509.ReasonFlags.remove_from_crl)
)
"""Why a certificate may be revoked; the other two belong to holding and to delta CRLs."""


class Withdrawn(NamedTuple):
    """Since when a certificate does not count, and why."""

    since: datetime
    reason: x509.ReasonFlags


def revoke(records: Records, serial: str, reason: x509.ReasonFlags, now: datetime) -> None:
    """
    Revoke a certificate, held or not; a second time changes nothing.

    Raises:
        CertificateUnknown: no certificate with this hexadecimal serial number was issued here.
        StatusRefused: the reason is not one for revoking.
    """
    if reason not in REASONS:
        raise StatusRefused(f"{reason.value} is no reason to revoke")
    statement = "UPDATE certificate SET state = 'revoked', since = coalesce(since, ?), reason = ? WHERE serial = ? AND state != 'revoked'"
    _change(records, serial, statement, (int(now.timestamp()), reason.value))


def revoke_earlier(sql: sqlite3.Connection, user_id: str, application_id: int, now: datetime) -> None:
    """Revoke, as superseded, what a person has from earlier applications; what was held counts as revoked from the day that it was held."""
    sql.execute(
        "UPDATE certificate SET state = 'revoked', since = coalesce(since, ?), reason = ? WHERE kind = 'signer' AND state != 'revoked'"
        " AND application_id IN (SELECT id FROM application WHERE user_id = ? AND id != ?)",
        (int(now.timestamp()), x509.ReasonFlags.superseded.value, user_id, application_id),
    )


def suspend(records: Records, serial: str, now: datetime) -> None:
    """
    Hold a certificate; a second time changes nothing.

    Raises:
        CertificateUnknown: see `revoke`.
        StatusRefused: it is revoked.
    """
    statement = "UPDATE certificate SET state = 'held', since = ?, reason = ? WHERE serial = ? AND state = 'good'"
    if not _change(records, serial, statement, (int(now.timestamp()), x509.ReasonFlags.certificate_hold.value)):
        _require_not(records, serial, "revoked")


def lift(records: Records, serial: str) -> None:
    """
    Lift the hold; where there is none, nothing changes.

    Raises:
        CertificateUnknown: see `revoke`.
        StatusRefused: it is revoked.
    """
    statement = "UPDATE certificate SET state = 'good', since = NULL, reason = NULL WHERE serial = ? AND state = 'held'"
    if not _change(records, serial, statement, ()):
        _require_not(records, serial, "revoked")


def withdrawn(state: str, since: int | None, reason: str | None) -> Withdrawn | None:
    """Read the columns of a record; None where the certificate is good."""
    if state == "good":
        return None
    assert since is not None
    return Withdrawn(datetime.fromtimestamp(since, UTC), x509.ReasonFlags(reason))


def _change(records: Records, serial: str, statement: str, values: tuple[int | str, ...]) -> bool:
    serial = _plain(serial)
    with records.transaction() as sql:
        if sql.execute("SELECT 1 FROM certificate WHERE serial = ?", (serial,)).fetchone() is None:
            raise CertificateUnknown(f"no certificate with serial number {serial} was issued here")
        return sql.execute(statement, (*values, serial)).rowcount == 1


def _require_not(records: Records, serial: str, state: str) -> None:
    with records.reading() as sql:
        if sql.execute("SELECT state FROM certificate WHERE serial = ?", (_plain(serial),)).fetchone()["state"] == state:
            raise StatusRefused(f"certificate {_plain(serial)} is {state}")


def _plain(serial: str) -> str:
    return serial.replace(":", "").upper().lstrip("0")
