"""What is told to which browser: written down once, claimed by one, tried again when its time has come."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, update

from app.domain.identifiers import new_id
from app.store import authorizations, notices
from app.store.database import Database, migrate
from app.store.tables import authorizations as asked
from app.store.tables import credentials, passkeys, signers, subscriptions

NOW = 1_800_000_000
KEY: dict[str, Any] = {
    "credential_id": "K" * 22,
    "user_id": "taro",
    "enrollment_id": "E" * 22,
    "key_algorithm": "p-256",
    "factors": "passkey",
    "certificates": b"[]",
}
KEY |= {"certificate_sha256": "", "not_before": 0, "not_after": NOW * 2, "state": "enabled", "frozen_until": 0, "freeze_owed": False}
PASSKEY: dict[str, Any] = {
    "passkey_id": b"p",
    "user_id": "taro",
    "enrollment_id": "E" * 22,
    "public_key": b"",
    "sign_count": 0,
    "backup_eligible": False,
}
PHONE: dict[str, Any] = {
    "id": "S" * 22,
    "user_id": "taro",
    "passkey_id": b"p",
    "session_sha256": b"",
    "endpoint": "https://fcm.googleapis.com/x",
}
PHONE |= {"p256dh": b"", "auth": b"", "language": "ja", "agent": "", "created": NOW, "last_success": 0, "last_seen": 0, "refused": 0}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A database with a signer who has a phone that takes pushes."""
    url = f"sqlite:///{tmp_path / 'natsuin.db'}"
    migrate(url)
    opened = Database(url)
    opened.write_now(_fill)
    yield opened
    opened.close()


def _fill(connection: Connection) -> None:
    connection.execute(insert(signers), {"user_id": "taro", "name": "山田 太郎", "user_handle": b"h", "created": NOW, "quiet_until": 0})
    connection.execute(insert(credentials), KEY | {"not_me_at": 0, "created": NOW})
    connection.execute(insert(passkeys), PASSKEY | {"name": "iPhone", "created": NOW, "last_used": 0})
    connection.execute(insert(subscriptions), PHONE)


def ask(database: Database) -> str:
    """Let an authorization wait for three minutes."""
    row: dict[str, Any] = {"id": new_id(), "application_id": "A" * 22, "user_id": "taro", "credential_id": "K" * 22, "transaction": b""}
    row |= {"state": "pending", "code_tries": 0, "created": NOW, "expires": NOW + 180}
    database.write_now(lambda connection: connection.execute(insert(asked), row))
    return str(row["id"])


def test_of_many_who_would_send_a_push_one_does(database: Database) -> None:
    """And nobody else until its time is over: then whoever had it is dead."""
    handle = ask(database)
    database.write_now(notices.begin, handle, NOW, 5)
    (due,) = database.read_now(notices.due, NOW, 10, handle)
    with ThreadPoolExecutor(8) as threads:
        claimed = list(threads.map(lambda _: database.write_now(notices.claim, due, NOW, NOW + 15), range(16)))
    assert sum(claimed) == 1
    assert database.read_now(notices.due, NOW + 14, 10) == []
    (again,) = database.read_now(notices.due, NOW + 15, 10)
    assert database.write_now(notices.claim, again, NOW + 15, NOW + 30)
    database.write_now(notices.put_off, again, NOW + 90)
    assert database.read_now(notices.due, NOW + 89, 10) == []
    assert len(database.read_now(notices.due, NOW + 90, 10)) == 1
    assert database.read_now(notices.due, NOW + 180, 10) == []  # nobody wants to know any more


def test_what_was_sent_is_not_due_until_it_is_over(database: Database) -> None:
    """Then once, and not where it was opened."""
    handles = [ask(database), ask(database)]
    for handle in handles:
        database.write_now(notices.begin, handle, NOW, 5)
        (due,) = database.read_now(notices.due, NOW, 10, handle)
        assert database.write_now(notices.claim, due, NOW, NOW + 15)
        database.write_now(notices.sent, due)
        told = database.read_now(authorizations.get, handle)
        assert told is not None
        assert told.told == "pushed"
    database.write_now(notices.delivered, due.id, NOW, opened=True)
    assert database.read_now(notices.due, NOW, 10) == []
    database.write_now(lambda connection: connection.execute(update(asked).values(state="refused")))
    (over,) = database.read_now(notices.due, NOW, 10)
    assert (over.authorization_id, over.is_over) == (handles[0], True)
    assert database.write_now(notices.claim, over, NOW, NOW + 15)
    database.write_now(notices.sent, over)
    assert database.read_now(notices.due, NOW + 3_600, 10) == []


def test_a_request_that_ended_meanwhile_is_not_pushed(database: Database) -> None:
    """Between the look and the claim."""
    handle = ask(database)
    database.write_now(notices.begin, handle, NOW, 5)
    (due,) = database.read_now(notices.due, NOW, 10, handle)
    database.write_now(lambda connection: connection.execute(update(asked).values(state="expired")))
    assert not database.write_now(notices.claim, due, NOW, NOW + 15)


def test_many_at_once_are_pushed_as_often_as_allowed(database: Database) -> None:
    """Whoever begins first; ten minutes later there is room again."""
    handles = [ask(database) for _ in range(20)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda handle: database.write_now(notices.begin, handle, NOW, 5), handles * 2))
    assert len(database.read_now(notices.due, NOW, 100)) == 5
    assert database.read_now(notices.untold, NOW, 100) == []
    late = ask(database)
    database.write_now(notices.begin, late, NOW + 600, 5)
    assert late in {one.authorization_id for one in database.read_now(notices.due, NOW + 100, 100)}


def test_old_notices_are_forgotten(database: Database) -> None:
    """A day after the end, not before."""
    handle = ask(database)
    database.write_now(notices.begin, handle, NOW, 5)
    (due,) = database.read_now(notices.due, NOW, 10, handle)
    database.write_now(lambda connection: connection.execute(update(asked).values(state="refused")))
    database.write_now(notices.purge, NOW + 86_400)
    assert database.write_now(notices.delivered, due.id, NOW) is not None
    database.write_now(notices.purge, NOW + 86_400 + 181)
    assert database.write_now(notices.delivered, due.id, NOW) is None
