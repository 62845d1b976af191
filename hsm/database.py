"""The SAM's database: how it is opened, made durable, and brought to this version's tables."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import Connection, NullPool, create_engine, event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from hsm.errors import StoreUnavailable


def open_engines(url: str) -> tuple[Engine, Engine]:
    """
    Open the database twice: to read, without transactions, and to write, each transaction durable before it is answered.

    SQLite is put in WAL mode with full synchronisation, and its writers begin as writers.
    """
    # Every thread keeps its connection (`Connections`): a pool would only make the threads beyond its size wait for ever.
    reading = create_engine(url, poolclass=NullPool, hide_parameters=True, isolation_level="AUTOCOMMIT", pool_reset_on_return=None)
    writing = create_engine(url, poolclass=NullPool, hide_parameters=True)
    if writing.dialect.name == "sqlite":

        @event.listens_for(reading, "connect")
        @event.listens_for(writing, "connect")
        def configure(connection: Any, _: object) -> None:
            connection.isolation_level = None  # sqlite3's own transaction handling begins too late
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "trusted_schema=OFF"):
                connection.execute(f"PRAGMA {pragma}")

        @event.listens_for(writing, "begin")
        def begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return reading, writing


class Connections:
    """
    One open connection a thread, kept from one use to the next: to take one from a pool and give it back costs more than a look-up.

    After a failure every thread opens a new one, for the database may have gone and come back.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._mine = threading.local()
        self._failures = 0
        self._open: list[Connection] = []

    @contextmanager
    def held(self) -> Iterator[Connection]:
        """Give this thread's connection."""
        connection: Connection | None = getattr(self._mine, "connection", None)
        if connection is None or self._mine.failures != self._failures:
            connection = self._renew(connection)
        try:
            yield connection
        except SQLAlchemyError:
            self._failures += 1
            raise

    def close(self) -> None:
        """Close every thread's connection; nobody may use one any more."""
        for connection in self._open:
            connection.close()
        self.engine.dispose()

    def _renew(self, old: Connection | None) -> Connection:
        if old is not None:
            self._mine.connection = None  # whatever fails below, the next use begins anew
            self._open.remove(old)
            old.close()
        self._mine.failures = self._failures
        self._mine.connection = new = self.engine.connect()
        self._open.append(new)
        return new


def migrate(url: str) -> None:
    """Bring the database to this version's tables."""
    settings = AlembicConfig(attributes={"url": url})
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    try:
        command.upgrade(settings, "head")
    except (SQLAlchemyError, ImportError) as error:  # ImportError: the driver that the URL asks for is not installed
        raise StoreUnavailable(f"the database can't be opened: {type(error).__name__}") from error
