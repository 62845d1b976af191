"""
The journal: an append-only record of what was asked, allowed, refused and signed, as leaves of an RFC 6962 Merkle tree.

Every entry is written in the same SQL transaction as the record it explains, so that there is no action without an entry. The tree's head
is sealed: a changed, removed or added entry no longer fits it. A whole database put back to an older day does (docs/threats.md).
"""

import hashlib
from enum import StrEnum
from typing import Any

import rfc8785
from sqlalchemy import BigInteger, Column, Connection, Integer, LargeBinary, MetaData, Table, insert, select, update

from hsm.errors import ClockInDoubt, RecordsTampered
from hsm.keyring import Mac
from hsm.seal import SealBroken, check_seal, seal

CLOCK_TOLERANCE_MS = 5_000

metadata = MetaData()

entries = Table(
    "journal",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("entry", LargeBinary, nullable=False),
)
head = Table(
    "journal_head",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("frontier", LargeBinary, nullable=False),  # the roots of the complete subtrees, largest first
    Column("time_ms", BigInteger, nullable=False),
    Column("seal", LargeBinary, nullable=False),
)


class Event(StrEnum):
    """What an entry tells of."""

    STARTED = "started"
    KEY_INTENDED = "key_intended"
    KEY_MADE = "key_made"
    CERTIFIED = "certified"
    APPROVED = "approved"
    REFUSED = "refused"
    DENIED = "denied"
    SIGN_INTENDED = "sign_intended"
    SIGNED = "signed"
    UNKNOWN = "unknown"


# SQLAlchemy builds a statement once; these run on every append.
_read_head = select(head)
_write_entry = insert(entries)
_write_head = update(head)


def append(connection: Connection, mac: Mac, event: Event, subject: str, now: float, **facts: Any) -> None:
    """
    Add one entry within the caller's transaction.

    Raises:
        ClockInDoubt: `now` (unix seconds) is before the newest entry by more than 5 s.
        RecordsTampered: the head's seal does not hold.
    """
    row = connection.execute(_read_head).mappings().one_or_none()
    if row is None:
        size, frontier, time_ms = 0, b"", 0
    else:
        _require_sealed(mac, dict(row))
        size, frontier, time_ms = row["size"], row["frontier"], row["time_ms"]
    now_ms = int(now * 1000)
    if now_ms < time_ms - CLOCK_TOLERANCE_MS:
        raise ClockInDoubt(f"it is {now_ms}, but an entry was written at {time_ms}")
    entry = rfc8785.dumps({"at_ms": now_ms, "event": event.value, "subject": subject} | facts)
    connection.execute(_write_entry, {"number": size, "entry": entry})
    values = {"id": 1, "size": size + 1, "frontier": grow(frontier, size, leaf_hash(entry)), "time_ms": max(now_ms, time_ms)}
    values["seal"] = seal(mac, head.name, values)
    connection.execute(insert(head) if row is None else _write_head, values)


def verify(connection: Connection, mac: Mac) -> int:
    """
    Compute the tree again from every entry and compare it with the sealed head; give the number of entries.

    Raises:
        RecordsTampered: an entry or the head is not what was written.
    """
    row = connection.execute(_read_head).mappings().one_or_none()
    size, frontier = 0, b""
    for number, entry in connection.execute(select(entries.c.number, entries.c.entry).order_by(entries.c.number)).yield_per(1_000):
        if number != size:
            raise RecordsTampered(f"journal entry {size} is missing")
        frontier = grow(frontier, size, leaf_hash(entry))
        size += 1
    if row is None:
        if size:
            raise RecordsTampered("the journal has entries and no head")
        return 0
    _require_sealed(mac, dict(row))
    if (row["size"], row["frontier"]) != (size, frontier):
        raise RecordsTampered(f"the journal's {size} entries are not those that its head was sealed over")
    return size


def leaf_hash(entry: bytes) -> bytes:
    """Hash a leaf (RFC 6962 §2.1)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def grow(frontier: bytes, size: int, leaf: bytes) -> bytes:
    """Add a leaf to a tree of `size` leaves that is known by the roots of its complete subtrees (32 bytes each, largest first)."""
    while size & 1:
        leaf = hashlib.sha256(b"\x01" + frontier[-32:] + leaf).digest()
        frontier = frontier[:-32]
        size >>= 1
    return frontier + leaf


def root(frontier: bytes) -> bytes:
    """Give the Merkle tree hash of a frontier (RFC 6962 §2.1)."""
    if not frontier:
        return hashlib.sha256(b"").digest()
    node = frontier[-32:]
    for end in range(len(frontier) - 32, 0, -32):
        node = hashlib.sha256(b"\x01" + frontier[end - 32 : end] + node).digest()
    return node


def _require_sealed(mac: Mac, row: dict[str, Any]) -> None:
    try:
        check_seal(mac, head.name, row)
    except SealBroken:
        raise RecordsTampered("the journal's head was changed") from None
