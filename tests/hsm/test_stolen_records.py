"""Whoever can write the SAM's database gets no signature that the signer did not approve, and none twice."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import pytest
from argon2 import PasswordHasher

from hsm import pin
from hsm.activation import activate, collect
from hsm.approval import approve
from hsm.cryptoki import Token
from hsm.errors import RecordsTampered, SadInvalid, SadSpent, SamError, StoreUnavailable
from hsm.messages import ApproveRequest, CollectRequest
from hsm.records import PASSKEYS
from hsm.sam import Sam
from tests.harness.exploit import Loot
from tests.harness.hostile import Ledger, World, open_sam
from tests.harness.records import reseal
from tests.harness.row_edits import Edit, Tables, drop_constraints, edits_of, read_tables, recording, rollbacks
from tests.harness.sam import TestClock, TestSigner, make_sam

TABLES = (
    *("passkeys", "credentials", "tokens", "pins", "recovery_sets", "recoveries", "approvals", "activations"),
    *("journal", "journal_head", "alembic_version"),
)


@dataclass
class Stolen:
    """A stopped SAM's database, all that it ever held, and what the hostile side knows."""

    token: Token
    world: World
    ledger: Ledger
    loot: Loot
    history: list[Tables]
    database: Path

    def copy(self, database: Path) -> None:
        for end in ("", "-wal", "-shm"):
            Path(f"{database}{end}").unlink(missing_ok=True)
        shutil.copy(self.database, database)

    def open(self, database: Path) -> Sam:
        return open_sam(self.token, database, self.world.clock)


@pytest.fixture(scope="module", autouse=True)
def _quick_pins() -> Iterator[None]:
    """Let PINs cost little to check: they are, some thousand times."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pin, "_ARGON2ID", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture(scope="module")
def stolen(token: Token, tmp_path_factory: pytest.TempPathFactory) -> Stolen:
    folder = tmp_path_factory.mktemp("stolen")
    database = folder / "sam.db"
    clock, ledger = TestClock(), Ledger()
    sam = make_sam(token, folder, clock)
    with ledger.watching(), recording(database) as history:
        world = World(sam, clock, ledger)
    sam.store.close()
    drop_constraints(database)
    return Stolen(token, world, ledger, Loot(world), history, database)


def starts_on_edited(stolen: Stolen, database: Path, edit: Edit) -> Sam | None:
    """Edit a copy of the records of a stopped SAM, and start one on them; None where it notices and does not start."""
    stolen.copy(database)
    edit.apply(database)
    try:
        return stolen.open(database)
    except (RecordsTampered, StoreUnavailable):
        return None


def runs_on_edited(stolen: Stolen, database: Path, edit: Edit) -> Sam:
    """Start a SAM on a copy of the records, and edit them then."""
    stolen.copy(database)
    sam = stolen.open(database)
    edit.apply(database)
    return sam


def use_all(stolen: Stolen, sam: Sam, edit: Edit, database: Path, *, codes: bool = True) -> None:
    """Try everything; what is refused, is refused in good order."""
    known = {asked.transaction.id for asked in stolen.world.all}
    try:
        new = [row["authorization_id"] for row in read_tables(database).get("approvals", ()) if row["authorization_id"] not in known]
        raised = stolen.loot.use_all(sam, new, codes=codes)
    finally:
        sam.store.close()
    assert [error for error in raised if not isinstance(error, SamError)] == [], edit.name


def takeovers(stolen: Stolen) -> Iterator[Edit]:
    """Make Mallory's passkey, and her credential's record, those of Alice's key."""
    alice, mallory = stolen.world.alice, stolen.world.mallory
    passkey = ("UPDATE passkeys SET enrollment_id = ? WHERE signer = ?", (alice.enrollment_id, mallory.user_id))
    signer = ("UPDATE passkeys SET enrollment_id = ?, signer = ? WHERE signer = ?", (alice.enrollment_id, alice.user_id, mallory.user_id))
    enrolled = ("UPDATE credentials SET enrollment_id = ? WHERE credential_id = ?", (mallory.enrollment_id, alice.credential_id))
    gone = ("DELETE FROM credentials WHERE credential_id = ?", (alice.credential_id,))
    credential = ("UPDATE credentials SET credential_id = ? WHERE signer = ?", (alice.credential_id, mallory.user_id))
    certified = ("UPDATE credentials SET signer = ? WHERE credential_id = ?", (mallory.user_id, alice.credential_id))
    yield Edit("takeover: passkey and credential", (passkey, gone, credential))
    yield Edit("takeover: passkey and signer", (signer,))
    yield Edit("takeover: credential's signer and passkey", (certified, passkey))
    yield Edit("takeover: credential's enrolment and signer", (certified, enrolled))
    own_token = ("UPDATE tokens SET enrollment_id = ? WHERE enrollment_id = ?", (alice.enrollment_id, mallory.enrollment_id))
    own_pin = ("UPDATE pins SET enrollment_id = ? WHERE enrollment_id = ?", (alice.enrollment_id, mallory.enrollment_id))
    no_pin = ("DELETE FROM pins WHERE enrollment_id = ?", (alice.enrollment_id,))
    yield Edit("takeover: token", (own_token,))
    yield Edit("takeover: token and PIN", (own_token, no_pin, own_pin))
    yield Edit("takeover: offered token", (("UPDATE tokens SET state = 'active'", ()),))
    yield Edit("takeover: used code", (("UPDATE tokens SET last = NULL", ()),))
    yield Edit("takeover: recovery that was stopped", (("UPDATE recoveries SET state = 'waiting'", ()),))
    yield Edit("takeover: recovery that waits", (("UPDATE recoveries SET ready_at = begun_at", ()),))
    copied = "passkey_id, enrollment_id, signer, user_handle, public_key, sign_count, backup_eligible, 'active', 1, seal FROM recoveries"
    yield Edit("takeover: recovery as a passkey", ((f"INSERT INTO passkeys SELECT {copied}", ()),))


@pytest.mark.parametrize("table", [*TABLES, None])
def test_edited_rows_give_no_power(stolen: Stolen, tmp_path: Path, table: str | None) -> None:
    """
    Any column of any row is edited, and then everything is tried: nobody gets what was not approved, nor twice what was.

    Without a table, those edits that would give Alice's key to Mallory if they worked together.
    The edit is made while the SAM is stopped; where it notices that, and does not start, the edit is made while it runs.
    """
    assert stolen.history[-1].keys() == set(TABLES)
    noticed = 0
    for edit in takeovers(stolen) if table is None else edits_of(table, stolen.history):
        with stolen.ledger.branch():
            sam = starts_on_edited(stolen, tmp_path / "sam.db", edit)
            noticed += sam is None
            if sam is None and table == "journal" and noticed % 8:
                continue  # a running SAM does not read entries: some will do
            use_all(stolen, sam or runs_on_edited(stolen, tmp_path / "sam.db", edit), edit, tmp_path / "sam.db")
            stolen.ledger.require_approved()


@pytest.mark.parametrize("running", [True, False], ids=["while it runs", "while it is stopped"])
def test_older_database_gives_nothing_new(stolen: Stolen, tmp_path: Path, running: bool) -> None:
    """
    The whole database is put back to each older state: nobody gets what was not approved.

    A running SAM notices, and nothing is signed twice either. A SAM that starts on an older database can't know (docs/threats.md), nor that
    a code was used, which binds nothing.
    """
    for edit in rollbacks(stolen.history):
        with stolen.ledger.branch():
            sam = (runs_on_edited if running else starts_on_edited)(stolen, tmp_path / "sam.db", edit)
            if sam is not None:
                use_all(stolen, sam, edit, tmp_path / "sam.db", codes=running)
            stolen.ledger.require_approved(once=running)


@pytest.mark.parametrize(
    "vandalism",
    [
        "DELETE FROM activations",
        "UPDATE activations SET authorization_id = authorization_id || '='",
        "CREATE TRIGGER gone AFTER UPDATE ON activations BEGIN DELETE FROM activations; END",
        "CREATE TRIGGER gone AFTER INSERT ON journal BEGIN DELETE FROM activations; END",
        "CREATE TRIGGER gone BEFORE INSERT ON activations BEGIN SELECT RAISE(IGNORE); END",
        "CREATE TRIGGER gone BEFORE INSERT ON journal BEGIN SELECT RAISE(IGNORE); END",
    ],
)
def test_use_whose_row_was_taken_away_is_remembered(token: Token, tmp_path: Path, vandalism: str) -> None:
    """A SAM that has signed does not sign again, though its database has forgotten that it did; nor does it start on such a database."""
    clock, ledger, database = TestClock(), Ledger(), tmp_path / "sam.db"
    sam = make_sam(token, tmp_path, clock)
    with ledger.watching():
        world = World(sam, clock, ledger)
        activate(sam, world.bobs.activation())
        change_database(database, vandalism)
        with suppress(SamError):
            activate(sam, world.ready.activation())
        for asked in (world.ready, world.bobs, world.signed) * 2:
            with pytest.raises(SadSpent):
                activate(sam, asked.activation(idempotency_key="again"))
    sam.store.close()

    ledger.require_approved()
    with pytest.raises(RecordsTampered):
        open_sam(token, database, clock)


def test_use_is_remembered_over_a_restart(token: Token, tmp_path: Path) -> None:
    """What was spent before the SAM was started is remembered as well, for as long as its evidence is good for anything."""
    clock, ledger, database = TestClock(), Ledger(), tmp_path / "sam.db"
    sam = make_sam(token, tmp_path, clock)
    world = World(sam, clock, ledger)
    sam.store.close()
    sam = open_sam(token, database, clock)
    change_database(database, "DELETE FROM activations; DELETE FROM approvals")
    # The passkey's record was put back, too: its counter is what it was before the approval.
    reseal(sam, PASSKEYS, world.alice.passkey.credential_id, sign_count=0)

    approve(sam, world.signed.approval)
    with ledger.watching(), pytest.raises(SadSpent):
        activate(sam, world.signed.activation(idempotency_key="again"))
    sam.store.close()


@pytest.mark.parametrize(
    "vandalism",
    [
        "DELETE FROM credentials WHERE signer = :alice",
        "DELETE FROM credentials WHERE signer = :alice; DELETE FROM passkeys WHERE signer = :alice",
        "DELETE FROM passkeys WHERE signer = :alice",
        "UPDATE credentials SET credential_id = 'AAAAAAAAAAAAAAAAAAAAAA' WHERE signer = :alice",
        "UPDATE credentials SET credential_id = CAST(credential_id AS BLOB) WHERE signer = :alice",
    ],
)
def test_key_never_goes_to_another_passkey(token: Token, tmp_path: Path, vandalism: str) -> None:
    """Once the records of Alice's key are gone, her credential's name may be enrolled again; but then it names another key."""
    clock, ledger = TestClock(), Ledger()
    sam = make_sam(token, tmp_path, clock)
    with ledger.watching():
        world = World(sam, clock, ledger)
        change_database(tmp_path / "sam.db", vandalism.replace(":alice", f"'{world.alice.user_id}'"))
        impostor = TestSigner(sam, clock, user_id=world.alice.user_id, credential_id=world.alice.credential_id)
        with suppress(SamError):
            impostor.enroll()
            assert impostor.sign(impostor.transaction()).signatures
        for asked in (world.pending, world.held, world.ready):
            with suppress(SamError):
                activate(sam, asked.activation())
            with suppress(SamError):
                approve(sam, ApproveRequest(asked.raw, impostor.assertion(asked.raw)))
                sad = collect(sam, CollectRequest(asked.transaction.id, asked.transaction.application_id)).sad
                activate(sam, asked.activation(sad=sad))
    sam.store.close()
    ledger.require_approved()
    ledger.require_no_other()


def test_sad_is_good_for_its_own_transaction_only(token: Token, tmp_path: Path) -> None:
    """An approval's row is taken away, and the signer approves something else under the same id: the older SAD does not open it."""
    clock, ledger = TestClock(), Ledger()
    sam = make_sam(token, tmp_path, clock)
    world = World(sam, clock, ledger)
    change_database(tmp_path / "sam.db", "DELETE FROM approvals")
    other = replace(world.ready, transaction=msgspec.structs.replace(world.pending.transaction, id=world.ready.transaction.id))
    approve(sam, ApproveRequest(other.raw, world.alice.assertion(other.raw)))

    with ledger.watching(), pytest.raises(SadInvalid):
        activate(sam, other.activation())
    sam.store.close()


def change_database(database: Path, statements: str) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(statements)
