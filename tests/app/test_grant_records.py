"""Our record of OAuth grants: a code is redeemed once, and not any more when the browser was given another."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.grant import Grant, GrantRequest, Step
from app.store import grants
from app.store.database import Database, migrate

ID = "G" * 22
FIRST, SECOND = b"1" * 32, b"2" * 32


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A grant that its signer has agreed to."""
    url = f"sqlite:///{tmp_path / 'app.db'}"
    migrate(url)
    opened = Database(url)
    grant = Grant(
        id=ID, client_id="C" * 22, kind="code", scope="service", state=Step.AGREED, created=100, expires=200, request=GrantRequest()
    )
    opened.write_now(grants.add, grant)
    yield opened
    opened.close()


def coded(database: Database, code_sha256: bytes) -> Grant:
    assert database.write_now(grants.give_code, ID, code_sha256, 160)
    found = database.read_now(grants.by_code, code_sha256)
    assert found is not None
    return found


def test_of_two_that_have_read_one_code_one_redeems_it(database: Database) -> None:
    """And nothing puts a new code in the place of one that was redeemed."""
    grant = coded(database, FIRST)
    assert database.write_now(grants.redeem, grant, 900, {"jkt": "first"})
    assert not database.write_now(grants.redeem, grant, 900, {"jkt": "second"})
    kept = database.read_now(grants.get, ID)
    assert kept is not None
    assert (kept.state, kept.jkt, kept.expires) == (Step.GIVEN, "first", 900)
    assert not database.write_now(grants.give_code, ID, SECOND, 160)


def test_a_code_that_was_replaced_while_it_was_looked_at_is_not_redeemed(database: Database) -> None:
    """The page was opened again: the code of then is the one."""
    earlier, later = coded(database, FIRST), coded(database, SECOND)
    assert not database.write_now(grants.redeem, earlier, 900, {})
    assert database.write_now(grants.redeem, later, 900, {})
