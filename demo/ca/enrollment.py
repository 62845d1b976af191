"""Issuing and renewing: a request from an identified person, or a renewed one, makes one certificate (RFC 7030 §4.2)."""

import sqlite3
from datetime import datetime

from cryptography import x509

from demo.ca.applications import Application, insert
from demo.ca.authority import Authority
from demo.ca.csr import Csr
from demo.ca.errors import ApplicationRefused, ClientRefused, CodeRefused, CsrRefused, NotYet
from demo.ca.profile import certify
from demo.ca.records import Records, add_certificate, key_sha256
from demo.ca.registration_authority import is_registration_authority
from demo.ca.status import revoke_earlier


class Enrollment:
    """The issuing desk: its authority, its records, and the address that certificates point to."""

    def __init__(self, authority: Authority, records: Records, url: str) -> None:
        self._authority = authority
        self._records = records
        self._url = url

    def enroll(self, application_id: int, csr: Csr, now: datetime) -> x509.Certificate:
        """
        Use up the code of an application and issue its certificate; the same call again returns the same one.

        Nothing is signed that does not hold the code, and no certificate leaves that is not on record: one transaction around both,
        and around the end of earlier certificates where the application replaces them.

        Raises:
            CodeRefused: the code was used for another request, or has just expired.
            CsrRefused: the key has a certificate already; the code stays unused.
        """
        now_s = int(now.timestamp())
        with self._records.transaction() as sql:
            won = sql.execute(
                "UPDATE application SET state = 'certified', used = ? WHERE id = ? AND state = 'code_issued' AND code_expires > ?"
                " RETURNING user_id, name, replaces",
                (now_s, application_id, now_s),
            ).fetchone()
            if won is None:
                repeated = _issued(sql, application_id, csr.sha256)
                if repeated is None:
                    raise CodeRefused
                return repeated
            if won["replaces"]:
                revoke_earlier(sql, won["user_id"], application_id, now)
            return self._issue(sql, application_id, won["user_id"], won["name"], csr, now)

    def enroll_identified(
        self, application: Application, identity_sha256: bytes, content_sha256: bytes, csr: Csr, now: datetime
    ) -> x509.Certificate:
        """
        Issue to a person who is identified already; the same content again returns the same certificate.

        A user id stays with whom it was first given to: the same name with the same `identity_sha256`.

        Raises:
            ApplicationRefused: the user id is somebody else's.
            CsrRefused: the key has a certificate already.
        """
        with self._records.transaction() as sql:
            made = sql.execute("SELECT id FROM application WHERE content_sha256 = ?", (content_sha256,)).fetchone()
            if made is not None and (repeated := _issued(sql, made["id"], csr.sha256)) is not None:
                return repeated
            others = sql.execute(
                "SELECT 1 FROM application WHERE user_id = ? AND (name != ? OR identity_sha256 IS NOT ?)"
                " AND state IN ('accepted', 'code_issued', 'certified')",
                (application.user_id, application.name, identity_sha256),
            )
            if others.fetchone() is not None:
                raise ApplicationRefused("this user id belongs to another application", "user_id")
            _, application_id = insert(sql, application, "certified", now)
            sql.execute(
                "UPDATE application SET used = ?, identity_sha256 = ?, content_sha256 = ? WHERE id = ?",
                (int(now.timestamp()), identity_sha256, content_sha256, application_id),
            )
            if application.replaces:
                revoke_earlier(sql, application.user_id, application_id, now)
            return self._issue(sql, application_id, application.user_id, application.name, csr, now)

    def reenroll(self, client: x509.Certificate | None, approver: x509.Certificate | None, csr: Csr, now: datetime) -> x509.Certificate:
        """
        Renew with a new key (RFC 7030 §4.2.2): for the holder of the certificate, or through a registration authority (RFC 6402 §2.10).

        What is renewed is the client's certificate; of a registration authority, that of the key that has approved the request. Subject and
        alternative names must be its own; the same call again returns the same certificate.

        Raises:
            ClientRefused: no client certificate, or one that gives no right to this, or no approval of the old key's.
            CsrRefused: the certificate to be renewed is not good, valid and of these names; or the key has one already.
        """
        with self._records.transaction() as sql:
            right = _row_in_force(sql, client, now)
            held = _row(sql, approver) if is_registration_authority(right) else right
            if held is None or held["kind"] != "signer":
                raise ClientRefused("a registration authority renews what the old key has approved")
            repeated = _issued(sql, held["application_id"], csr.sha256)
            if repeated is not None:
                return repeated
            has_names = _names(x509.load_der_x509_certificate(held["der"])) == (csr.subject, csr.alternative_names)
            if held is right and not has_names:
                raise ClientRefused("the client certificate is not the one to be renewed")
            if not has_names or not _is_in_force(held, now):
                raise CsrRefused("subject and alternative names must equal those of a certificate in force")
            application = sql.execute("SELECT id, user_id, name FROM application WHERE id = ?", (held["application_id"],)).fetchone()
            return self._issue(sql, application["id"], application["user_id"], application["name"], csr, now)

    def collect(self, client: x509.Certificate, csr: Csr, now: datetime) -> x509.Certificate:
        """
        Give a registration authority the certificate of a key for which its holder has applied (RFC 7030 §4.2.3).

        Raises:
            ClientRefused: the client is no registration authority.
            NotYet: the key has no certificate.
        """
        with self._records.reading() as sql:
            if not is_registration_authority(_row_in_force(sql, client, now)):
                raise ClientRefused("only a registration authority asks for what others have applied for")
            query = "SELECT der FROM certificate WHERE kind = 'signer' AND key_sha256 = ?"
            row = sql.execute(query, (key_sha256(csr.public_key),)).fetchone()
        if row is None:
            raise NotYet
        return x509.load_der_x509_certificate(row["der"])

    def _issue(self, sql: sqlite3.Connection, application_id: int, user_id: str, name: str, csr: Csr, now: datetime) -> x509.Certificate:
        if sql.execute("SELECT 1 FROM certificate WHERE key_sha256 = ?", (key_sha256(csr.public_key),)).fetchone() is not None:
            raise CsrRefused("this key has a certificate already")
        certificate = certify(
            self._authority,
            self._url,
            user_id=user_id,
            name=name,
            public_key=csr.public_key,
            client_auth=csr.asks_for_client_auth,
            policy=csr.policy,
            now=now,
        )
        add_certificate(sql, "signer", certificate, application_id=application_id, csr_sha256=csr.sha256)
        return certificate


def _row_in_force(sql: sqlite3.Connection, client: x509.Certificate | None, now: datetime) -> sqlite3.Row:
    if client is None:
        raise ClientRefused("renewing needs a TLS client certificate")
    row = _row(sql, client)
    if row is None or not _is_in_force(row, now):
        raise ClientRefused("the client certificate is not in force")
    return row


def _row(sql: sqlite3.Connection, certificate: x509.Certificate | None) -> sqlite3.Row | None:
    """Find what is on record of a certificate that was issued here."""
    if certificate is None:
        return None
    row: sqlite3.Row | None = sql.execute("SELECT * FROM certificate WHERE serial = ?", (f"{certificate.serial_number:X}",)).fetchone()
    return row if row is not None and x509.load_der_x509_certificate(row["der"]) == certificate else None


def _names(certificate: x509.Certificate) -> tuple[x509.Name, x509.SubjectAlternativeName | None]:
    try:
        alternative = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        alternative = None
    return certificate.subject, alternative


def _is_in_force(row: sqlite3.Row, now: datetime) -> bool:
    certificate = x509.load_der_x509_certificate(row["der"])
    return row["state"] == "good" and certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def _issued(sql: sqlite3.Connection, application_id: int, csr_sha256: bytes) -> x509.Certificate | None:
    row = sql.execute("SELECT der FROM certificate WHERE application_id = ? AND csr_sha256 = ?", (application_id, csr_sha256)).fetchone()
    return None if row is None else x509.load_der_x509_certificate(row["der"])
