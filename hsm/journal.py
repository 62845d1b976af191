"""
The journal: an append-only record of what was asked, allowed, refused and signed, as leaves of an RFC 6962 Merkle tree.

Every entry is written in the same SQL transaction as the record it explains, so that there is no action without an entry. The tree's head
is sealed: a changed, removed or added entry no longer fits it. A whole database put back to an older day does (docs/threats.md).

Proofs show the hashes of neighbouring entries to other people, so each entry holds chance that nobody can guess.
"""

import hashlib
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import BigInteger, Column, Connection, Integer, LargeBinary, MetaData, Table, bindparam, insert, select, update

from hsm.errors import ClockInDoubt, RecordsTampered, SamError
from hsm.keyring import Mac
from hsm.messages import canonical
from hsm.seal import SealBroken, check_seal, seal

CLOCK_TOLERANCE_MS = 5_000

metadata = MetaData()

entries = Table(
    "journal",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("entry", LargeBinary, nullable=False),
)
HEAD = "journal_head"
head = Table(
    HEAD,
    metadata,
    Column("id", Integer, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("frontier", LargeBinary, nullable=False),  # the roots of the complete subtrees, largest first
    Column("time_ms", BigInteger, nullable=False),
    Column("seal", LargeBinary, nullable=False),
)


Notice = Callable[[int, bytes], None]
"""Takes the number of an entry, and its bytes."""


class HeadMoved(SamError):
    """The head is not where the caller knew it to be."""


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
    AMENDED = "amended"
    SIGNED_IN = "signed_in"
    FROZEN = "frozen"
    DESTROYED = "destroyed"
    RENEWAL_INTENDED = "renewal_intended"
    FORGOTTEN = "forgotten"
    REPLACEMENT_INTENDED = "replacement_intended"
    REPLACED = "replaced"
    ENDED = "ended"
    TRIED = "tried"
    OFFERED = "offered"
    IMPORTED = "imported"
    RECOVERY_BEGUN = "recovery_begun"
    RECOVERY_STOPPED = "recovery_stopped"
    RECOVERED = "recovered"


class Head(Struct, frozen=True):
    """The state of the tree: its size, the roots of its complete subtrees, and the time of the newest entry."""

    size: int = 0
    frontier: bytes = b""
    time_ms: int = 0
    seal: bytes = b""


# Built once; these run on every append.
_READ_HEAD = select(head.c.size, head.c.frontier, head.c.time_ms, head.c.seal)
_WRITE_ENTRY = insert(entries)
_MOVE_HEAD = update(head).where(head.c.seal == bindparam("old_seal"))


def read_head(connection: Connection, mac: Mac) -> Head:
    """Give the head, an empty one where nothing was ever written; raises RecordsTampered where its seal does not hold."""
    row = connection.execute(_READ_HEAD).one_or_none()
    if row is None:
        return Head()
    found = Head(*row)
    try:
        check_seal(mac, HEAD, asdict(found))
    except SealBroken:
        raise RecordsTampered("the journal's head was changed") from None
    return found


def append(
    connection: Connection,
    mac: Mac,
    known: Head,
    event: Event,
    subject: str,
    now: float,
    *,
    notice: Notice = lambda _, __: None,
    **facts: Any,
) -> Head:
    """
    Add one entry within the caller's transaction, after the head that the caller knows; give the new head.

    `notice` is called with its number and its bytes.

    Raises:
        ClockInDoubt: `now` (unix seconds) is before the newest entry by more than 5 s.
        HeadMoved: the head in the database is another.
    """
    now_ms = int(now * 1000)
    if now_ms < known.time_ms - CLOCK_TOLERANCE_MS:
        raise ClockInDoubt(f"it is {now_ms}, but an entry was written at {known.time_ms}")
    entry = canonical({"at_ms": now_ms, "event": event.value, "subject": subject} | facts)
    moved = Head(known.size + 1, grow(known.frontier, known.size, leaf_hash(entry)), max(now_ms, known.time_ms))
    values = asdict(moved)
    values["seal"] = seal(mac, HEAD, values)
    if known.size == 0:
        connection.execute(insert(head), values | {"id": 1})
    elif connection.execute(_MOVE_HEAD, values | {"old_seal": known.seal}).rowcount != 1:
        raise HeadMoved
    connection.execute(_WRITE_ENTRY, {"number": known.size, "entry": entry})
    notice(known.size, entry)
    return Head(**values)


def verify(connection: Connection, mac: Mac, notice: Notice = lambda _, __: None) -> Head:
    """
    Compute the tree again from every entry and compare it with the sealed head; give that.

    `notice` is called with each entry and its number, before it is known whether all of them are good.

    Raises:
        RecordsTampered: an entry or the head is not what was written, or there are more of them.
    """
    sealed = follow(connection, mac, Head(), notice)
    if connection.scalar(select(entries.c.number).where(~entries.c.number.between(0, sealed.size - 1)).limit(1)) is not None:
        raise RecordsTampered(f"the journal has entries beside the {sealed.size} that its head was sealed over")
    return sealed


def follow(connection: Connection, mac: Mac, known: Head, notice: Notice) -> Head:
    """
    The same from a head that is known to be good; what stands behind the sealed one is left alone, another process may be writing it.

    Raises:
        RecordsTampered: what is there now is no continuation of what was known.
    """
    sealed = read_head(connection, mac)
    size, frontier = known.size, known.frontier
    newer = select(entries.c.number, entries.c.entry).where(entries.c.number.between(size, sealed.size - 1)).order_by(entries.c.number)
    for number, entry in connection.execute(newer).yield_per(1_000):
        if number != size or not isinstance(entry, bytes):
            raise RecordsTampered(f"journal entry {size} is missing")
        notice(size, entry)
        frontier = grow(frontier, size, leaf_hash(entry))
        size += 1
    if (sealed.size, sealed.frontier) != (size, frontier):
        raise RecordsTampered(f"the journal's {size} entries are not those that its head was sealed over")
    return sealed


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


def read(connection: Connection, first: int, last: int) -> list[bytes]:
    """Give the entries from one number to another, both included; raises RecordsTampered where one is missing."""
    rows = connection.execute(
        select(entries.c.number, entries.c.entry).where(entries.c.number.between(first, last)).order_by(entries.c.number)
    )
    found = {number: entry for number, entry in rows if isinstance(entry, bytes)}
    if len(found) != last - first + 1:
        raise RecordsTampered(f"journal entries between {first} and {last} are missing")
    return list(found.values())
