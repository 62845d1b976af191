"""Looks into a SAM's database past the SAM, and changes rows as only the SAM could: with a seal that holds."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hsm.journal import Event
from hsm.sam import Sam
from hsm.sealed import Sealed


@contextmanager
def database(sam: Sam) -> Iterator[sqlite3.Connection]:
    """Open the SAM's database file; what is changed is committed."""
    connection = sqlite3.connect(str(sam.store._writing.engine.url.database), timeout=10)
    try:
        yield connection
        connection.commit()
    finally:
        connection.close()


def journal_entries(sam: Sam, subject: str | None = None) -> list[dict[str, Any]]:
    """Read the journal, or what it says about one subject."""
    with database(sam) as connection:
        entries = [json.loads(entry) for (entry,) in connection.execute("SELECT entry FROM journal ORDER BY number")]
    return [entry for entry in entries if subject in (None, entry["subject"])]


def credential_ids(sam: Sam) -> list[str]:
    """List the keys that were begun at this SAM."""
    with database(sam) as connection:
        return [credential_id for (credential_id,) in connection.execute("SELECT credential_id FROM credentials")]


def reseal(sam: Sam, kind: Sealed, key: str | bytes, **changes: Any) -> None:
    """Change a row, seal it again, and have the journal know it."""
    with sam.store.change(sam.now()) as change:
        assert change._change(kind, kind.get(change._connection, sam.keyring.seal_mac, key), **changes)
        if kind.has_versions:
            change.journal(Event.STARTED, "a test")
