"""What every command works on: the settings and the database, brought to this version's tables, and who gave the command."""

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager

from app.config import Config, read_config
from app.operator.desk import Actor, Desk
from app.store.database import Database, migrate


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
def desk() -> Iterator[Desk]:
    """Open what an operator's act works with; whoever runs this process acts."""
    with database() as (config, opened):
        yield Desk(config, opened, Actor(f"uid {os.getuid()} ({getpass.getuser()})", "command line"))
