"""The SQL database: how it is opened, made durable, migrated, and used from the event loop; one thread hop for one transaction."""

import asyncio
import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from app.errors import StoreUnavailable

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")
Query = Callable[Concatenate[Connection, Parameters], Answer]


class Database:
    """
    Runs functions of a connection, each in one transaction; what may wait for a disk, a lock or a network runs on threads of its own.

    Raises, from both:
        StoreUnavailable: the database can't be read, or the change could not be made durable; then nothing was changed.
    """

    def __init__(self, url: str) -> None:
        reader, writer = open_engines(url)
        self._reading, self._writing = Connections(reader), Connections(writer)
        sqlite = writer.dialect.name == "sqlite"
        # SQLite's readers wait for nobody, and a look-up takes less than the hop to another thread.
        self._readers = None if sqlite else ThreadPoolExecutor(8, thread_name_prefix="read")
        # SQLite has one writer; the writes of this process queue here, not in its sleeping retries.
        self._writers = ThreadPoolExecutor(1 if sqlite else 8, thread_name_prefix="write")

    async def read(self, function: Query[Parameters, Answer], *args: Parameters.args, **kwargs: Parameters.kwargs) -> Answer:
        """Run a function that only reads."""
        if self._readers is None:
            return self.read_now(function, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._readers, lambda: self.read_now(function, *args, **kwargs))

    async def write(self, function: Query[Parameters, Answer], *args: Parameters.args, **kwargs: Parameters.kwargs) -> Answer:
        """Run a function in a durable transaction."""
        return await asyncio.get_running_loop().run_in_executor(self._writers, lambda: self.write_now(function, *args, **kwargs))

    def read_now(self, function: Query[Parameters, Answer], *args: Parameters.args, **kwargs: Parameters.kwargs) -> Answer:
        try:
            with self._reading.held() as connection:
                return function(connection, *args, **kwargs)
        except SQLAlchemyError as error:
            raise StoreUnavailable(type(error).__name__) from error

    def write_now(self, function: Query[Parameters, Answer], *args: Parameters.args, **kwargs: Parameters.kwargs) -> Answer:
        try:
            with self._writing.held() as connection, connection.begin():
                return function(connection, *args, **kwargs)
        except IntegrityError:
            raise
        except SQLAlchemyError as error:
            raise StoreUnavailable(type(error).__name__) from error

    def close(self) -> None:
        if self._readers is not None:
            self._readers.shutdown()
        self._writers.shutdown()
        self._reading.close()
        self._writing.close()


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


def open_engines(url: str) -> tuple[Engine, Engine]:
    """
    Open the database twice: to read, without transactions, and to write, each transaction durable before it is answered.

    SQLite is put in WAL mode with full synchronisation, and its writers begin as writers.
    """
    reading = create_engine(
        url, pool_size=16, max_overflow=16, hide_parameters=True, isolation_level="AUTOCOMMIT", pool_reset_on_return=None
    )
    writing = create_engine(url, pool_size=16, max_overflow=16, hide_parameters=True)
    if writing.dialect.name == "sqlite":

        @event.listens_for(reading, "connect")
        @event.listens_for(writing, "connect")
        def configure(connection: Any, _: object) -> None:
            connection.isolation_level = None  # sqlite3's own transaction handling begins too late
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON"):
                connection.execute(f"PRAGMA {pragma}")

        @event.listens_for(writing, "begin")
        def begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return reading, writing


def migrate(url: str) -> None:
    """Bring the database to this version's tables; safe to repeat, and to do from many processes at once."""
    settings = AlembicConfig(attributes={"url": url})
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    try:
        with _alone(make_url(url)):
            command.upgrade(settings, "head")
    except SQLAlchemyError as error:
        raise StoreUnavailable(f"the database can't be opened: {type(error).__name__}") from error


@contextmanager
def _alone(place: URL) -> Iterator[None]:
    """Keep other processes from migrating meanwhile: SQLite by a lock file beside the database; PostgreSQL does so by itself (`env.py`)."""
    if place.get_backend_name() != "sqlite" or not place.database:
        yield
        return
    file = Path(place.database)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(os.open(f"{file}.migrating", os.O_RDWR | os.O_CREAT, 0o600), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
