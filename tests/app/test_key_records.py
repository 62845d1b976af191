"""The records of keys, devices and changes in SQL: what two do at once happens once, and nothing that is owed is forgotten."""

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.domain.account import Addition, Change, Event, EventKind
from app.domain.parties import Credential, Signer
from app.store import additions, changes, credentials, events, parties
from app.store.database import Database, migrate
from hsm.messages import FOR_EVER

DAY_S = 86_400
NOW = 1_800_000_000
KEY = "K" * 22


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty database with one signer and one key."""
    url = f"sqlite:///{tmp_path / 'natsuin.db'}"
    migrate(url)
    opened = Database(url)
    opened.write_now(parties.add_signer, Signer("taro", "山田 太郎", b"h" * 64, NOW))
    opened.write_now(
        credentials.add,
        Credential(
            credential_id=KEY,
            user_id="taro",
            enrollment_id="E" * 22,
            key_algorithm="p-256",
            factors="passkey",
            certificates=(b"",),
            certificate_sha256="0" * 64,
            not_before=0,
            not_after=2 * NOW,
            created=NOW,
        ),
    )
    yield opened
    opened.close()


def key(database: Database) -> Credential:
    found = database.read_now(credentials.get, KEY)
    assert found is not None
    return found


def test_second_not_me_within_a_day_freezes(database: Database) -> None:
    """The first is only remembered; the second, a day less a second later, freezes for ever, which is owed to the SAM."""
    assert not database.write_now(credentials.count_not_me, KEY, NOW, DAY_S)
    assert key(database).frozen_until == 0
    assert database.write_now(credentials.count_not_me, KEY, NOW + DAY_S - 1, DAY_S)
    frozen = key(database)
    assert (frozen.frozen_until, frozen.frozen_by, frozen.freeze_owed) == (FOR_EVER, "not_me", True)
    assert [one.credential_id for one in database.read_now(credentials.owed, 10)] == [KEY]


def test_not_me_after_a_day_begins_anew(database: Database) -> None:
    """Two that are a day apart are no two in a day; the later one counts for the next."""
    for at in (NOW, NOW + DAY_S):
        assert not database.write_now(credentials.count_not_me, KEY, at, DAY_S)
    assert database.write_now(credentials.count_not_me, KEY, NOW + DAY_S + 1, DAY_S)


def test_not_me_counts_anew_after_the_signer_unfroze(database: Database) -> None:
    """What the signer has answered for does not count a second time."""
    for _ in range(2):
        database.write_now(credentials.count_not_me, KEY, NOW, DAY_S)
    database.write_now(credentials.unfreeze, KEY)
    assert not key(database).is_frozen(NOW)
    assert not database.write_now(credentials.count_not_me, KEY, NOW + 1, DAY_S)
    assert database.write_now(credentials.count_not_me, KEY, NOW + 1, DAY_S)


def test_not_me_from_many_at_once_freezes_by_every_second(database: Database) -> None:
    """Eight refusals at the same moment are eight, whoever is first: none is lost between reading and writing."""
    with ThreadPoolExecutor(8) as pool:
        froze = list(pool.map(lambda _: database.write_now(credentials.count_not_me, KEY, NOW, DAY_S), range(8)))
    assert sum(froze) == 4


def test_freeze_gets_longer_never_shorter(database: Database) -> None:
    """An hour after a day changes nothing."""
    assert database.write_now(credentials.freeze, KEY, NOW + DAY_S, "signer")
    assert not database.write_now(credentials.freeze, KEY, NOW + 3_600, "operator")
    assert (key(database).frozen_until, key(database).frozen_by) == (NOW + DAY_S, "signer")
    assert database.write_now(credentials.freeze, KEY, FOR_EVER, "operator")
    assert (key(database).frozen_until, key(database).frozen_by) == (FOR_EVER, "operator")


def test_confirmation_of_a_shorter_freeze_leaves_the_longer_one_owed(database: Database) -> None:
    """The SAM confirms an hour while a day was recorded: the day is still owed."""
    database.write_now(credentials.freeze, KEY, NOW + DAY_S, "signer")
    database.write_now(credentials.confirm_freeze, KEY, NOW + 3_600)
    assert key(database).freeze_owed
    database.write_now(credentials.confirm_freeze, KEY, NOW + DAY_S)
    assert not key(database).freeze_owed


def test_what_is_owed_is_not_overwritten_by_what_the_sam_says(database: Database) -> None:
    """The SAM says that the key is not frozen, because it was not told yet."""
    database.write_now(credentials.freeze, KEY, FOR_EVER, "signer")
    database.write_now(credentials.follow, key(database), 0)
    assert key(database).frozen_until == FOR_EVER


def test_destroyed_key_is_not_frozen_and_owes_nothing(database: Database) -> None:
    """There is nothing left to freeze."""
    database.write_now(credentials.freeze, KEY, FOR_EVER, "signer")
    database.write_now(credentials.destroy, KEY)
    assert not database.write_now(credentials.freeze, KEY, FOR_EVER, "signer")
    assert database.read_now(credentials.owed, 10) == []
    assert not key(database).is_usable(NOW)


def change(number: int, expires: int = NOW + 600) -> Change:
    return Change(id=f"{number:022}", user_id="taro", transaction=b"{}", expires=expires)


def test_changes_that_wait_are_few_and_those_that_are_over_forgotten(database: Database) -> None:
    """A session can't fill the database; what was never approved goes when its time is over."""
    assert [database.write_now(changes.add_if_room, change(number), 3, NOW) for number in range(4)] == [True, True, True, False]
    assert database.write_now(changes.add_if_room, change(9, NOW + 1_200), 3, NOW + 600)
    assert database.read_now(changes.of_signer, change(0).id, "taro") is None


def test_change_is_done_once(database: Database) -> None:
    """Whoever is second is told so, and writes nothing."""
    database.write_now(changes.add_if_room, change(1), 3, NOW)
    database.write_now(changes.send, change(1), b"passkey", NOW)
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: database.write_now(changes.finish, change(1).id), range(4))) == 1
    database.write_now(changes.take_back, change(1))
    done = database.read_now(changes.of_signer, change(1).id, "taro")
    assert done is not None
    assert done.state == "done"


def test_change_that_was_sent_is_asked_about_later(database: Database) -> None:
    """It is listed from its time on, until it is done or taken back."""
    database.write_now(changes.add_if_room, change(1), 3, NOW)
    database.write_now(changes.send, change(1), b"passkey", NOW)
    assert database.read_now(changes.sent_before, NOW - 1, 10) == []
    (sent,) = database.read_now(changes.sent_before, NOW, 10)
    assert (sent.id, sent.sent_with) == (change(1).id, b"passkey")
    database.write_now(changes.take_back, sent)
    assert database.read_now(changes.sent_before, NOW, 10) == []


def addition(number: int) -> Addition:
    return Addition(
        id=f"{number:022}", link_sha256=bytes([number]) * 32, user_id="taro", enrollment_id="E" * 22, created=NOW, expires=NOW + 600
    )


def test_of_two_passkeys_for_one_link_one_is_taken(database: Database) -> None:
    """The one that answers what was asked last; the link is used then."""
    database.write_now(additions.begin, addition(1))
    for transaction in (b"first", b"second"):
        assert database.write_now(additions.offer, addition(1), transaction)
    second = database.read_now(additions.by_link, addition(1).link_sha256)
    assert second is not None
    made = {"passkey_id": b"p", "public_key": b"k", "registration": b"{}", "name": "x", "expires": NOW + 600}
    first = Addition(**{name: getattr(second, name) for name in second.__struct_fields__} | {"transaction": b"first"})
    assert not database.write_now(additions.make, first, made)
    assert database.write_now(additions.make, second, made)
    assert not database.write_now(additions.make, second, made)
    assert not database.write_now(additions.offer, second, b"third")


def test_new_link_ends_the_one_before(database: Database) -> None:
    """One device is added at a time."""
    for number in (1, 2):
        database.write_now(additions.begin, addition(number))
    states = [database.read_now(additions.of_signer, addition(number).id, "taro") for number in (1, 2)]
    assert [one.state for one in states if one is not None] == ["refused", "open"]
    assert database.read_now(additions.of_signer, addition(1).id, "hanako") is None


def test_history_is_paged_without_gaps_and_doubles(database: Database) -> None:
    """Also where many entries have the same second."""
    for number, at in enumerate(itertools.chain([NOW] * 5, range(NOW - 8, NOW))):
        event = Event(id=f"{number:022}", user_id="taro", at=at, kind=EventKind.KEY_UNFROZEN)
        database.write_now(events.add, event)
    whole = database.read_now(events.history, "taro", None, 100)
    assert len({one.id for one in whole}) == 13
    assert [(one.at, one.id) for one in whole] == sorted(((one.at, one.id) for one in whole), reverse=True)
    paged: list[events.Place] = []
    while page := database.read_now(events.history, "taro", paged[-1] if paged else None, 3):
        paged += page
    assert paged == whole
    assert database.read_now(events.history, "hanako", None, 100) == []
