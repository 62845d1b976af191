"""What the CA must never forget, in SQLite: applications, hashed codes, every certificate and its state; rules are elsewhere."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

LOCK_WAIT_S = 10

MIGRATIONS = (
    """
CREATE TABLE IF NOT EXISTS application (
    id INTEGER PRIMARY KEY, user_id TEXT NOT NULL, name TEXT NOT NULL, code_sha256 BLOB NOT NULL, expires INTEGER NOT NULL,
    attempts_left INTEGER NOT NULL, used INTEGER, csr_sha256 BLOB, UNIQUE (user_id, code_sha256)
) STRICT;
CREATE TABLE IF NOT EXISTS certificate (
    serial TEXT PRIMARY KEY, application_id INTEGER NOT NULL UNIQUE REFERENCES application (id), der BLOB NOT NULL, revoked INTEGER,
    reason TEXT
) STRICT;
""",
    """
ALTER TABLE application RENAME TO old_application;
ALTER TABLE certificate RENAME TO old_certificate;
CREATE TABLE application (
    id INTEGER PRIMARY KEY,
    receipt TEXT NOT NULL UNIQUE,
    user_id TEXT NOT NULL,
    name TEXT NOT NULL,
    postal_code TEXT NOT NULL,
    address TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('received', 'refused', 'accepted', 'code_issued', 'certified')),
    reason TEXT,
    received INTEGER NOT NULL,
    decided INTEGER,
    code_sha256 BLOB,
    code_expires INTEGER,
    attempts_left INTEGER NOT NULL DEFAULT 0,
    used INTEGER,
    identity_sha256 BLOB,
    content_sha256 BLOB UNIQUE
) STRICT;
CREATE INDEX application_of_person ON application (user_id);
CREATE TABLE certificate (
    serial TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('signer', 'registration_authority', 'server', 'timestamp_authority')),
    application_id INTEGER REFERENCES application (id),
    der BLOB NOT NULL,
    key_sha256 BLOB NOT NULL UNIQUE,
    csr_sha256 BLOB,
    state TEXT NOT NULL DEFAULT 'good' CHECK (state IN ('good', 'held', 'revoked')),
    since INTEGER,
    reason TEXT
) STRICT;
CREATE INDEX certificate_of_application ON certificate (application_id);
INSERT INTO application (id, receipt, user_id, name, postal_code, address, state, received, decided, code_sha256, used)
    SELECT id, lower(hex(randomblob(16))), user_id, name, '', '', CASE WHEN used IS NULL THEN 'accepted' ELSE 'certified' END,
        unixepoch(), unixepoch(), code_sha256, used FROM old_application;
INSERT INTO certificate (serial, kind, application_id, der, key_sha256, csr_sha256, state, since, reason)
    SELECT serial, 'signer', application_id, der, key_sha256(der),
        (SELECT csr_sha256 FROM old_application WHERE id = application_id), CASE WHEN revoked IS NULL THEN 'good' ELSE 'revoked' END,
        revoked, reason FROM old_certificate;
DROP TABLE old_certificate;
DROP TABLE old_application;
""",
    """
ALTER TABLE application ADD COLUMN replaces INTEGER NOT NULL DEFAULT 0 CHECK (replaces IN (0, 1));
""",
)
"""
Each step once, in order; `user_version` counts them. The first is what version 0.1.0 made.

Times are unix seconds. A serial number is upper-case hexadecimal. A key is certified once, whoever asks (`key_sha256`, over its SPKI).

With the certificate of an application that `replaces`, the person's earlier ones are revoked.

An application that was signed with an existing certificate is known by its content, its person by that certificate's issuer and subject.
"""


class Records:
    """A SQLite file; each transaction opens it anew, so any thread and any process may come."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with closing(self._connect()) as sql:
            sql.execute("PRAGMA journal_mode = WAL")
        with self.transaction() as sql:
            sql.create_function("key_sha256", 1, lambda der: key_sha256(x509.load_der_x509_certificate(der).public_key()))
            (done,) = sql.execute("PRAGMA user_version").fetchone()
            for number, migration in enumerate(MIGRATIONS[done:], done + 1):
                for statement in migration.split(";\n"):
                    sql.execute(statement)
                sql.execute(f"PRAGMA user_version = {number:d}")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One writer at a time; durable when the block ends, undone when it raises."""
        with closing(self._connect()) as sql:
            sql.execute("BEGIN IMMEDIATE")
            try:
                yield sql
            except BaseException:
                sql.execute("ROLLBACK")
                raise
            sql.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Look without keeping writers out."""
        with closing(self._connect()) as sql:
            yield sql

    def _connect(self) -> sqlite3.Connection:
        sql = sqlite3.connect(self._path, timeout=LOCK_WAIT_S, isolation_level=None)
        sql.row_factory = sqlite3.Row
        sql.execute("PRAGMA synchronous = FULL")
        sql.execute("PRAGMA foreign_keys = ON")
        return sql


def add_certificate(
    sql: sqlite3.Connection, kind: str, certificate: x509.Certificate, *, application_id: int | None = None, csr_sha256: bytes | None = None
) -> None:
    """Put a certificate on record; raises sqlite3.IntegrityError where its key has one already."""
    sql.execute(
        "INSERT INTO certificate (serial, kind, application_id, der, key_sha256, csr_sha256) VALUES (?, ?, ?, ?, ?, ?)",
        (
            f"{certificate.serial_number:X}",
            kind,
            application_id,
            certificate.public_bytes(Encoding.DER),
            key_sha256(certificate.public_key()),
            csr_sha256,
        ),
    )


def key_sha256(public_key: CertificatePublicKeyTypes) -> bytes:
    """What a public key is known by: SHA-256 over its SubjectPublicKeyInfo."""
    return hashlib.sha256(public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
