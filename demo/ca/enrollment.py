"""Issuing: one identification code and one certificate request make one certificate (RFC 7030 §4.2.1); HTTP is in `est.py`."""

import hashlib
import sqlite3
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding

from demo.ca.applications import code_hash
from demo.ca.authority import Authority
from demo.ca.csr import read_csr
from demo.ca.errors import CodeRefused
from demo.ca.profile import certify
from demo.ca.records import Records

REPEAT_WITHIN = timedelta(minutes=10)
"""So long the same code with the same request gets the same certificate, for a client that lost the reply."""


class Enrollment:
    """The issuing desk: its authority, its records, and the address that certificates point to."""

    def __init__(self, authority: Authority, records: Records, url: str) -> None:
        self._authority = authority
        self._records = records
        self._url = url

    def check_code(self, user_id: str, code: str, now: datetime) -> None:
        """
        Check the code without using it up; a wrong one costs every open application of this person an attempt.

        Raises:
            CodeRefused: unknown, expired, locked, or used longer ago than a reply can be lost.
        """
        with self._records.transaction() as sql:
            found = _find(sql, user_id, code)
            if found is None:
                sql.execute(
                    "UPDATE application SET attempts_left = attempts_left - 1 WHERE user_id = ? AND used IS NULL AND attempts_left > 0",
                    (user_id,),
                )
        if found is None or not (_is_open(found, now) or _is_repeatable(found, now)):
            raise CodeRefused

    def enroll(self, user_id: str, code: str, csr_der: bytes, now: datetime) -> x509.Certificate:
        """
        Use up the code and issue the certificate; the same call again within ten minutes returns the same one.

        Raises:
            CodeRefused: see `check_code`, or the code was used for another request.
            CsrRefused: the request is bad; the code stays unused.
        """
        self.check_code(user_id, code, now)
        return self._issue(user_id, code, read_csr(csr_der), hashlib.sha256(csr_der).digest(), now)

    def _issue(self, user_id: str, code: str, public_key: CertificatePublicKeyTypes, csr_sha256: bytes, now: datetime) -> x509.Certificate:
        """Nothing is signed that does not hold the code, and no certificate leaves that is not on record: one transaction around both."""
        now_s = int(now.timestamp())
        with self._records.transaction() as sql:
            won = sql.execute(
                "UPDATE application SET used = ?, csr_sha256 = ?"
                " WHERE user_id = ? AND code_sha256 = ? AND used IS NULL AND attempts_left > 0 AND expires > ? RETURNING id, name",
                (now_s, csr_sha256, user_id, code_hash(code), now_s),
            ).fetchone()
            if won is None:
                return _repeat(sql, user_id, code, csr_sha256, now)
            certificate = certify(self._authority, self._url, user_id=user_id, name=won["name"], public_key=public_key, now=now)
            sql.execute(
                "INSERT INTO certificate (serial, application_id, der) VALUES (?, ?, ?)",
                (f"{certificate.serial_number:X}", won["id"], certificate.public_bytes(Encoding.DER)),
            )
        return certificate


def _find(sql: sqlite3.Connection, user_id: str, code: str) -> sqlite3.Row | None:
    found = sql.execute("SELECT * FROM application WHERE user_id = ? AND code_sha256 = ?", (user_id, code_hash(code)))
    row: sqlite3.Row | None = found.fetchone()
    return row


def _is_open(application: sqlite3.Row, now: datetime) -> bool:
    return application["used"] is None and application["attempts_left"] > 0 and application["expires"] > now.timestamp()


def _is_repeatable(application: sqlite3.Row, now: datetime) -> bool:
    return application["used"] is not None and now.timestamp() - application["used"] <= REPEAT_WITHIN.total_seconds()


def _repeat(sql: sqlite3.Connection, user_id: str, code: str, csr_sha256: bytes, now: datetime) -> x509.Certificate:
    application = _find(sql, user_id, code)
    if application is None or not _is_repeatable(application, now) or application["csr_sha256"] != csr_sha256:
        raise CodeRefused
    issued = sql.execute("SELECT der FROM certificate WHERE application_id = ?", (application["id"],)).fetchone()
    return x509.load_der_x509_certificate(issued["der"])
