"""The journal: a tree as RFC 6962 wants it, that shows every change, and a clock that does not go back."""

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import rfc8785
from sqlalchemy import Connection, create_engine, text

from hsm import journal
from hsm.errors import ClockInDoubt, RecordsTampered, StoreUnavailable
from hsm.journal import Event, Head, HeadMoved
from hsm.sam import Sam
from tests.harness.records import database, journal_entries
from tests.harness.sam import NOW, TestClock, TestSigner

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "merkle" / "vectors.json"
LEAVES = [
    bytes.fromhex(leaf) for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = {  # of the trees over the first of these leaves, as certificate-transparency-go has them
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
ENTRIES = 11


def tree(leaves: list[bytes]) -> bytes:
    frontier = b""
    for size, leaf in enumerate(leaves):
        frontier = journal.grow(frontier, size, journal.leaf_hash(leaf))
    return frontier


def tree_hash(leaves: list[bytes]) -> bytes:
    """Hash as RFC 6962 §2.1 defines it, word by word."""
    if len(leaves) < 2:
        return hashlib.sha256(b"\x00" + leaves[0] if leaves else b"").digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + tree_hash(leaves[:split]) + tree_hash(leaves[split:])).digest()


@pytest.mark.parametrize("size", ROOTS)
def test_the_root_is_the_known_one(size: int) -> None:
    """Known answers, for an empty tree, complete trees and one that is not complete."""
    assert journal.root(tree(LEAVES[:size])).hex() == ROOTS[size]


def test_the_root_is_as_defined() -> None:
    """A tree that grows leaf by leaf has the root that the definition gives, and keeps one hash for each bit of its size."""
    leaves = [bytes([number]) for number in range(70)]
    for size in range(len(leaves)):
        frontier = tree(leaves[:size])
        assert journal.root(frontier) == tree_hash(leaves[:size])
        assert len(frontier) == 32 * size.bit_count()


@pytest.mark.skipif(not VECTORS.is_file(), reason=f"the Merkle vectors are not at {VECTORS}")
def test_leaves_and_roots_are_those_of_the_vectors() -> None:
    """The leaves and roots of transparency-dev/merkle's own proofs."""
    checked = 0
    for case in json.loads(VECTORS.read_text()):
        kind, which, *_ = case["name"].split("/")
        if case["wantErr"] or not which.isdigit() or kind not in ("inclusion", "consistency"):
            continue
        sizes = [("size1", "root1"), ("size2", "root2")] if kind == "consistency" else [("treeSize", "root")]
        for size, root in sizes:
            assert journal.root(tree(LEAVES[: case[size]])) == base64.b64decode(case[root])
        if kind == "inclusion":
            assert journal.leaf_hash(LEAVES[case["leafIdx"]]) == base64.b64decode(case["leafHash"])
        checked += 1
    assert checked == 10


@pytest.fixture
def written(sam: Sam) -> Iterator[Connection]:
    """A database in memory with a journal of its own, sealed by the SAM's key."""
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        journal.metadata.create_all(connection)
        head = Head()
        for number in range(ENTRIES):
            head = journal.append(connection, sam.keyring.seal_mac, head, Event.DENIED, f"subject {number}", NOW + number, why="x")
        connection.commit()
        yield connection
    engine.dispose()


def require_detected(sam: Sam, connection: Connection, *statements: str) -> None:
    """The journal is whole; after these statements it is not."""
    assert journal.verify(connection, sam.keyring.seal_mac).size == ENTRIES
    for statement in statements:
        connection.execute(text(statement))
    with pytest.raises(RecordsTampered):
        journal.verify(connection, sam.keyring.seal_mac)
    connection.rollback()


def test_a_changed_bit_is_detected(sam: Sam, written: Connection) -> None:
    """Any bit, of any entry."""
    for number in range(ENTRIES):
        entry = written.execute(text("SELECT entry FROM journal WHERE number = :number"), {"number": number}).scalar_one()
        for position in range(number, len(entry) * 8, ENTRIES):
            changed = (int.from_bytes(entry) ^ 1 << position).to_bytes(len(entry))
            require_detected(sam, written, f"UPDATE journal SET entry = X'{changed.hex()}' WHERE number = {number}")


@pytest.mark.parametrize(
    "statements",
    [
        ["DELETE FROM journal WHERE number = 0"],
        ["DELETE FROM journal WHERE number = 5"],
        ["DELETE FROM journal WHERE number = 10"],
        ["DELETE FROM journal WHERE number >= 4"],
        ["UPDATE journal SET number = 20 WHERE number = 10"],
        ["DELETE FROM journal"],
        ["DELETE FROM journal WHERE number = 5", "UPDATE journal SET number = number - 1 WHERE number > 5"],
        [
            "UPDATE journal SET number = -1 WHERE number = 3",
            "UPDATE journal SET number = 3 WHERE number = 4",
            "UPDATE journal SET number = 4 WHERE number = -1",
        ],
        ["INSERT INTO journal SELECT 11, entry FROM journal WHERE number = 10"],
        ["INSERT INTO journal SELECT -1, entry FROM journal WHERE number = 0"],
        ["INSERT INTO journal VALUES (11, X'7B7D')"],
        ["UPDATE journal_head SET size = 10", "DELETE FROM journal WHERE number = 10"],
        ["UPDATE journal_head SET frontier = zeroblob(96)"],
        ["UPDATE journal_head SET time_ms = 0"],
        ["UPDATE journal_head SET seal = zeroblob(32)"],
        ["UPDATE journal_head SET seal = X''"],
        ["DELETE FROM journal_head"],
    ],
    ids=lambda statements: "; ".join(statements)[:60],
)
def test_an_edited_journal_is_detected(sam: Sam, written: Connection, statements: list[str]) -> None:
    """Entries removed, renumbered, exchanged or added, and a head that was edited or taken away."""
    require_detected(sam, written, *statements)


def test_the_head_of_an_older_state_is_detected(sam: Sam, written: Connection) -> None:
    """A head that was sealed once does not fit the entries that came later."""
    old = written.execute(text("SELECT size, hex(frontier), time_ms, hex(seal) FROM journal_head")).one()
    journal.append(written, sam.keyring.seal_mac, journal.read_head(written, sam.keyring.seal_mac), Event.DENIED, "later", NOW + ENTRIES)
    assert journal.verify(written, sam.keyring.seal_mac).size == ENTRIES + 1
    written.execute(text(f"UPDATE journal_head SET size = {old[0]}, frontier = X'{old[1]}', time_ms = {old[2]}, seal = X'{old[3]}'"))
    with pytest.raises(RecordsTampered):
        journal.verify(written, sam.keyring.seal_mac)


def test_an_entry_is_not_written_after_another_head(sam: Sam, written: Connection) -> None:
    """Whoever knows an older head than the database's writes nothing."""
    head = journal.read_head(written, sam.keyring.seal_mac)
    journal.append(written, sam.keyring.seal_mac, head, Event.DENIED, "first", NOW + ENTRIES)
    with pytest.raises(HeadMoved):
        journal.append(written, sam.keyring.seal_mac, head, Event.DENIED, "second", NOW + ENTRIES)


def test_a_running_sam_notices_a_journal_that_was_put_back(signer: TestSigner) -> None:
    """The SAM knows where its journal stands: a database of an older day is refused while it runs."""
    with database(signer.sam) as connection:
        old = connection.execute("SELECT size, frontier, time_ms, seal FROM journal_head").fetchone()
    signer.approve(signer.transaction())
    with database(signer.sam) as connection:
        connection.execute("DELETE FROM journal WHERE number >= ?", old[:1])
        connection.execute("UPDATE journal_head SET size = ?, frontier = ?, time_ms = ?, seal = ?", old)
    with pytest.raises(StoreUnavailable):
        signer.approve(signer.transaction())


@pytest.mark.parametrize("back_s", [0.001, 4.999, 5])
def test_a_clock_may_be_corrected_a_little(signer: TestSigner, clock: TestClock, back_s: float) -> None:
    """Five seconds back are a correction."""
    clock.now -= back_s
    signer.approve(signer.transaction())


def test_a_clock_that_goes_back_is_refused(signer: TestSigner, clock: TestClock) -> None:
    """More than five seconds before the newest entry nothing is done, and small steps don't add up to more."""
    clock.now -= 5
    signer.approve(signer.transaction())
    clock.now -= 0.002
    with pytest.raises(ClockInDoubt):
        signer.approve(signer.transaction())


def test_entries_are_canonical_json(signer: TestSigner) -> None:
    """An entry can be read, and its hash computed again from what it says (RFC 8785)."""
    signer.sign(signer.transaction(description="é 😀"))
    with database(signer.sam) as connection:
        for (entry,) in connection.execute("SELECT entry FROM journal"):
            assert rfc8785.dumps(json.loads(entry)) == entry
    assert [entry["event"] for entry in journal_entries(signer.sam)] == [
        "key_intended",
        "key_made",
        "certified",
        "approved",
        "sign_intended",
        "signed",
    ]
    assert signer.sam.store.verify_journal() == 6
