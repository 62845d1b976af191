"""Our record of recovery codes: each step happens once, whoever asks for it at the same time, and no end is undone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.domain.parties import Signer
from app.domain.recovery import Recovery
from app.store import parties, recoveries
from app.store.database import Database, migrate

CODE, OTHER = "a" * 64, "b" * 64
ID, ENROLLMENT = "R" * 22, "N" * 22
MADE: dict[str, Any] = {"passkey_id": b"x", "public_key": b"y", "name": "New", "begun_at": 100, "registration": b"{}"}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'app.db'}"
    migrate(url)
    opened = Database(url)
    opened.write_now(parties.add_signer, Signer("taro", "山田 太郎", b"h" * 64, 1))
    opened.write_now(recoveries.replace, "taro", ENROLLMENT, (CODE, OTHER), 50)
    yield opened
    opened.close()


def now(database: Database, code: str = CODE) -> Recovery:
    found = database.read_now(recoveries.by_code, code)
    assert found is not None
    return found


@pytest.fixture
def offered(database: Database) -> Recovery:
    """A code for which a passkey was asked."""
    assert database.write_now(recoveries.offer, now(database), ID, b"first")
    return now(database)


def test_of_two_that_are_sent_one_is(database: Database, offered: Recovery) -> None:
    """Both have read it while it was unused; what was asked before something else was is void."""
    assert database.write_now(recoveries.send, offered, MADE)
    assert not database.write_now(recoveries.send, offered, MADE | {"passkey_id": b"z"})
    assert (now(database).state, now(database).passkey_id) == ("sent", b"x")
    assert not database.write_now(recoveries.offer, offered, ID, b"third")
    database.write_now(recoveries.take_back, now(database))
    assert database.write_now(recoveries.offer, offered, ID, b"second")
    assert not database.write_now(recoveries.send, offered, MADE)


def test_an_end_is_recorded_once_and_stays(database: Database, offered: Recovery) -> None:
    """Neither a stop nor a late answer of the SAM changes it."""
    database.write_now(recoveries.send, offered, MADE)
    assert database.write_now(recoveries.wait, offered, 500)
    assert not database.write_now(recoveries.wait, offered, 900)
    assert database.write_now(recoveries.owe_stop, offered, "iPhone")
    assert not database.write_now(recoveries.owe_stop, offered, "iPad")
    assert database.write_now(recoveries.end, offered, "stopped")
    assert not database.write_now(recoveries.end, offered, "done")
    ended = now(database)
    assert (ended.state, ended.ready_at, ended.stopped_by) == ("stopped", 500, "iPhone")


def test_new_codes_leave_what_was_begun(database: Database, offered: Recovery) -> None:
    """Only what was not used goes; a code that is known already is not good again."""
    database.write_now(recoveries.send, offered, MADE)
    database.write_now(recoveries.replace, "taro", ENROLLMENT, (CODE, "c" * 64), 60)
    assert database.read_now(recoveries.by_code, OTHER) is None
    assert now(database).state == "sent"
    assert [one.code_sha256 for one in database.read_now(recoveries.unused, ENROLLMENT)] == ["c" * 64]


def test_what_nobody_came_for_is_told_no_more(database: Database, offered: Recovery) -> None:
    """Thirty days after its time."""
    database.write_now(recoveries.send, offered, MADE)
    database.write_now(recoveries.wait, offered, 500)
    for later, count in ((499, 1), (500 + 30 * 86_400 - 1, 1), (500 + 30 * 86_400, 0)):
        assert len(database.read_now(recoveries.waiting_for, "taro", later)) == count
