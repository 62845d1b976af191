"""What every command works on: the settings and the database, brought to this version's tables."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from redis.asyncio import Redis

from app.config import Config, read_config
from app.store.batch import Batches
from app.store.database import Database, migrate
from app.store.redis import Ephemeral


@contextmanager
def database() -> Iterator[tuple[Config, Database]]:
    """Open the database that the settings name."""
    config = read_config()
    os.umask(0o077)
    migrate(config.database_url)
    opened = Database(config.database_url)
    try:
        yield config, opened
    finally:
        opened.close()


@contextmanager
def ephemeral(config: Config) -> Iterator[Ephemeral]:
    """Open Redis, for one call within one event loop."""
    redis: Redis = Redis.from_url(config.redis_url, socket_connect_timeout=1, socket_timeout=2)
    yield Ephemeral(Batches(redis))
