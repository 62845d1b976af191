"""What the CA must never forget, in SQLite: applications with their hashed codes, issued certificates, revocations; rules are elsewhere."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

LOCK_WAIT_S = 10

SCHEMA = """
CREATE TABLE IF NOT EXISTS application (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL,
    name TEXT NOT NULL,
    code_sha256 BLOB NOT NULL,
    expires INTEGER NOT NULL,
    attempts_left INTEGER NOT NULL,
    used INTEGER,
    csr_sha256 BLOB,
    UNIQUE (user_id, code_sha256)
) STRICT;
CREATE TABLE IF NOT EXISTS certificate (
    serial TEXT PRIMARY KEY,
    application_id INTEGER NOT NULL UNIQUE REFERENCES application (id),
    der BLOB NOT NULL,
    revoked INTEGER,
    reason TEXT
) STRICT;
"""
"""Times are unix seconds. `used` and `csr_sha256` are set once, together; a serial number is upper-case hexadecimal."""


class Records:
    """A SQLite file; each transaction opens it anew, so any thread and any process may come."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with closing(self._connect()) as sql:
            sql.execute("PRAGMA journal_mode = WAL")
            sql.executescript(SCHEMA)

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
