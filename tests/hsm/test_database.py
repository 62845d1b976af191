"""The SAM's database: the migrations make exactly the tables of the code, and what is written is on disk."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, create_engine

from hsm import journal, records
from hsm.database import migrate
from hsm.errors import ClockInDoubt, NotNew, StoreUnavailable
from hsm.messages import Outcome
from hsm.records import Approval
from hsm.sam import Sam
from hsm.store import Store
from tests.harness.records import database, journal_entries
from tests.harness.sam import TestClock, new_id


def test_migrations_make_the_tables_of_the_code(tmp_path: Path) -> None:
    """Nothing is left for a next migration, neither a table nor a column nor an index."""
    url = f"sqlite:///{tmp_path / 'sam.db'}"
    migrate(url)
    both = MetaData()
    for table in (*records.metadata.tables.values(), *journal.metadata.tables.values()):
        table.to_metadata(both)
    engine = create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, both) == []
    engine.dispose()


def test_migrating_again_changes_nothing(sam: Sam) -> None:
    """Every start migrates."""
    before = journal_entries(sam)
    migrate(f"sqlite:///{sam.store._writing.engine.url.database}")
    assert journal_entries(sam) == before


def test_every_thread_has_a_connection_of_its_own(sam: Sam) -> None:
    """As many as there may be operations at once (NATSUIN_HSM_SESSIONS), and one more for the operator."""
    threads = 65
    together = threading.Barrier(threads)

    def look() -> str:
        found = sam.store.approval(new_id())
        together.wait(20)
        return str(found)

    with ThreadPoolExecutor(threads) as pool:
        assert {done.result() for done in [pool.submit(look) for _ in range(threads)]} == {"(None, None)"}


@pytest.mark.parametrize("url", ["sqlite:////nowhere/at/all/sam.db", "nonsense", "mysql://x"])
def test_a_database_that_cannot_be_opened_is_a_sentence(url: str) -> None:
    """Not a trace, and without the URL, which may hold a password."""
    with pytest.raises(StoreUnavailable, match="can't be opened") as caught:
        migrate(url)
    assert url not in str(caught.value)


def test_a_file_that_is_no_database_is_a_sentence(tmp_path: Path) -> None:
    """As where someone put another file in its place."""
    (tmp_path / "sam.db").write_bytes(b"something else entirely" * 100)
    with pytest.raises(StoreUnavailable):
        migrate(f"sqlite:///{tmp_path / 'sam.db'}")


def test_every_change_is_durable(sam: Sam) -> None:
    """Writers use the write-ahead log with full synchronisation (SQLite, PRAGMA synchronous)."""
    with sam.store.change(sam.now()) as change:
        pragmas = [
            change._connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous", "trusted_schema")
        ]
    assert pragmas == ["wal", 2, 0]


def test_a_new_database_has_no_records(tmp_path: Path, sam: Sam) -> None:
    """Until something was sealed into it."""
    url = f"sqlite:///{tmp_path / 'other.db'}"
    migrate(url)
    assert not Store.has_records(url)
    with sam.store.change(sam.now()) as change:
        change.deny("approve", "-", "expired", "x")
    assert Store.has_records(f"sqlite:///{sam.store._writing.engine.url.database}")


def approval() -> Approval:
    return Approval(new_id(), Outcome.REFUSED.value, "declined", b"{}", 0, 0)


def decide(sam: Sam, *approvals: Approval) -> None:
    """Decide them in one change."""
    with sam.store.change(sam.now()) as change:
        for one in approvals:
            change.decide(one)


def test_what_is_done_in_one_change_happens_together(sam: Sam) -> None:
    """One refusal that is not new undoes the other, which is."""
    known, new = approval(), approval()
    decide(sam, known)
    with pytest.raises(NotNew):
        decide(sam, new, known)
    assert sam.store.approval(new.authorization_id) == (None, None)
    assert len(journal_entries(sam)) == 1


def test_a_change_after_one_that_failed_goes_on_where_the_last_good_one_ended(sam: Sam, clock: TestClock) -> None:
    """Neither a refusal nor a clock in doubt leaves anything in the journal's way."""
    decide(sam, approval())
    with pytest.raises(ClockInDoubt), sam.store.change(clock.now - 60) as change:
        change.decide(approval())
    decide(sam, approval())
    assert sam.store.verify_journal() == 2


def test_a_database_that_is_locked_is_unavailable(sam: Sam, tmp_path: Path) -> None:
    """Another writer that does not let go costs a refusal; when it is gone, changes go on."""
    blocker = sqlite3.connect(str(sam.store._writing.engine.url.database), isolation_level=None)
    with sam.store.change(sam.now()) as change:
        change._connection.exec_driver_sql("PRAGMA busy_timeout = 50")
    blocker.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable):
        decide(sam, approval())
    blocker.execute("ROLLBACK")
    blocker.close()
    decide(sam, approval())


def test_a_table_that_is_gone_is_unavailable(sam: Sam) -> None:
    """And no failure: reads and changes say the same."""
    with database(sam) as connection:
        connection.execute("DROP TABLE approvals")
    with pytest.raises(StoreUnavailable):
        sam.store.approval(new_id())
    with pytest.raises(StoreUnavailable):
        decide(sam, approval())
