"""Documents in SQL: whichever way a request ends, its documents go in the same transaction, and nobody else's do."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from app.domain.authorization import MOVES, Authorization, State
from app.domain.parties import Application, Credential, Signer
from app.store import authorizations, credentials, documents, parties
from app.store.database import Database, migrate

NOW = int(time.time())
KEY = Credential(
    credential_id="K" * 22,
    user_id="taro",
    enrollment_id="E" * 22,
    key_algorithm="p-256",
    factors="passkey",
    certificates=(b"",),
    certificate_sha256="0" * 64,
    not_before=0,
    not_after=2 * NOW,
    created=NOW,
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'natsuin.db'}"
    migrate(url)
    opened = Database(url)
    opened.write_now(parties.add_signer, Signer("taro", "山田 太郎", b"h" * 64, NOW))
    opened.write_now(credentials.add, KEY)
    for name in "ab":
        opened.write_now(parties.add_application, Application(f"application {name}", name, b"h" * 32, asks_code=False, created=NOW))
    yield opened
    opened.close()


def add(connection: Connection, name: str) -> Authorization:
    """Record a request of its own application with two documents."""
    authorization = Authorization(
        id=f"request {name}",
        application_id=f"application {name}",
        user_id="taro",
        credential_id=KEY.credential_id,
        transaction=b"{}",
        state=State.PENDING,
        reason=None,
        code=None,
        code_tries=0,
        created=NOW,
        expires=NOW + 180,
        decided_at=None,
        usable_until=None,
        told=None,
    )
    assert authorizations.add_if_room(connection, authorization, 3)
    documents.add(connection, authorization.id, {0: b"sealed", 1: b"sealed"})
    return authorization


def kept(database: Database, name: str) -> list[bool]:
    return [database.read_now(documents.get, f"request {name}", position) is not None for position in (0, 1)]


@pytest.mark.parametrize("end", sorted(MOVES[State.PENDING]))
def test_with_every_end_they_are_gone(database: Database, end: State) -> None:
    """Those of another request stay."""
    ended = database.write_now(add, "a")
    database.write_now(add, "b")
    assert database.write_now(lambda connection: authorizations.move(connection, ended, end, decided_at=NOW))
    assert (kept(database, "a"), kept(database, "b")) == ([False, False], [True, True])


@pytest.mark.parametrize("end", [State.SIGNED, State.UNKNOWN])
def test_with_the_end_of_an_approval_that_was_never_recorded_too(database: Database, end: State) -> None:
    """The signature may be known here before the approval is."""
    database.write_now(add, "a")
    database.write_now(authorizations.finish, "request a", end)
    assert kept(database, "a") == [False, False]


def test_with_their_application_they_are_gone(database: Database) -> None:
    """At once, whatever becomes of its request; that is found, and the other application's is not."""
    orphan = database.write_now(add, "a")
    database.write_now(add, "b")
    assert database.read_now(authorizations.orphans, 10) == []
    assert database.write_now(parties.remove_application, "application a")
    assert (kept(database, "a"), kept(database, "b")) == ([False, False], [True, True])
    assert [one.id for one in database.read_now(authorizations.orphans, 10)] == [orphan.id]


def test_after_their_time_they_are_gone(database: Database) -> None:
    """Also while nobody can record the end."""
    database.write_now(add, "a")
    assert database.write_now(documents.forget_ended, NOW + 179) == 0
    assert database.write_now(documents.forget_ended, NOW + 180) == 2
