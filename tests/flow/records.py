"""A look into the databases of a running stack, beside its servers; and the few changes that only time or an operator would make."""

import sqlite3
from contextlib import closing
from typing import Any

from tests.harness.stack import Stack


class Records:
    """The web server's database and the SAM's."""

    def __init__(self, stack: Stack) -> None:
        self.app = stack.data / "app" / "natsuin.db"
        self.sam = stack.data / "sam" / "sam.db"

    def authorizations(self) -> int:
        """Count what was ever asked."""
        return int(self.one("SELECT count(*) FROM authorizations"))

    def state(self, handle: str) -> str:
        return str(self.one("SELECT state FROM authorizations WHERE id = ?", handle))

    def one(self, query: str, *values: object) -> Any:
        """Give the first column of the first row from the web server's database."""
        with closing(sqlite3.connect(self.app, timeout=10)) as connection:
            return connection.execute(query, values).fetchone()[0]

    def one_of_sam(self, query: str, *values: object) -> Any:
        with closing(sqlite3.connect(self.sam, timeout=10)) as connection:
            return connection.execute(query, values).fetchone()[0]

    def change(self, query: str, *values: object) -> None:
        """Change the web server's database."""
        with closing(sqlite3.connect(self.app, timeout=10)) as connection, connection:
            assert connection.execute(query, values).rowcount == 1

    def change_in_sam(self, query: str, *values: object) -> None:
        with closing(sqlite3.connect(self.sam, timeout=10)) as connection, connection:
            assert connection.execute(query, values).rowcount == 1

    def script(self, statement: str) -> None:
        """Do something to the tables of the web server's database."""
        with closing(sqlite3.connect(self.app, timeout=10)) as connection, connection:
            connection.execute(statement)

    def change_all(self, query: str, *values: object) -> None:
        """Change as many rows of the web server's database as there are."""
        with closing(sqlite3.connect(self.app, timeout=10)) as connection, connection:
            assert connection.execute(query, values).rowcount >= 1
