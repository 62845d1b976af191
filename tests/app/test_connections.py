"""Database connections that are kept: after a loss each thread opens a new one, at the first use after the database is back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from app.store.database import Connections, open_engines

LOST = OperationalError("", {}, Exception("gone"))


@pytest.fixture
def connections(tmp_path: Path) -> Iterator[Connections]:
    reading, writing = open_engines(f"sqlite:///{tmp_path / 'some.db'}")
    writing.dispose()
    opened = Connections(reading)
    yield opened
    opened.close()


def ask(connections: Connections) -> int:
    with connections.held() as connection:
        return int(connection.execute(text("SELECT 1")).scalar_one())


def test_first_use_after_the_database_is_back_works(connections: Connections, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a new connection was tried while it was away."""
    assert ask(connections) == 1
    with pytest.raises(SQLAlchemyError), connections.held():
        raise LOST
    with monkeypatch.context() as away:
        away.setattr(connections.engine, "connect", lambda: (_ for _ in ()).throw(LOST))
        for _ in range(2):
            with pytest.raises(OperationalError):
                ask(connections)
    assert ask(connections) == 1
