"""
What can be done with one row of a sealed table: read it, write it once, change it if it is still the same.

It knows no table, decides nothing and opens no transaction.
"""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Connection, Table, bindparam, insert, select, update

from hsm.keyring import Mac
from hsm.seal import check_seal, seal
from hsm.versions import Written


class Sealed:
    """
    The three things that are done with a sealed row: read it, write it once, change it if it is still the same.

    A table of rows that may change has a `version`, which grows by one with each change.
    """

    def __init__(self, table: Table, kind: type[Struct]) -> None:
        self.name, self.kind = str(table.name), kind
        self.names = [str(column.name) for column in table.columns]
        (key,) = table.primary_key.columns
        # Built once: composing a statement costs more than running it.
        self._select = select(table).where(key == bindparam("key"))
        self._insert = insert(table)
        self._update = update(table).where(key == bindparam("key"), table.c.seal == bindparam("old_seal"))
        self._key = key.name
        self.has_versions = "version" in self.names

    def get(self, connection: Connection, mac: Mac, key: str | bytes) -> Any:
        """Give the row, or None; raises SealBroken."""
        row = connection.execute(self._select, {"key": key}).one_or_none()
        return self.read(mac, row) if row is not None else None

    def read(self, mac: Mac, columns: Iterable[Any]) -> Any:
        """Check the seal over columns in the table's order, and give the row."""
        values = dict(zip(self.names, columns, strict=True))
        check_seal(mac, self.name, values)
        return self.kind(**values)

    def add(self, connection: Connection, mac: Mac, row: Struct) -> Any:
        """Write a new row, and give it with its seal; raises IntegrityError where one is there."""
        values = asdict(row)
        values["seal"] = seal(mac, self.name, values)
        connection.execute(self._insert, values)
        return self.kind(**values)

    def change(self, connection: Connection, mac: Mac, row: Any, **changes: Any) -> Any:
        """Change a row that is still as it was read, and give it as it is now; None if another got there first."""
        values = asdict(row) | changes
        if self.has_versions:
            values["version"] = row.version + 1
        values["seal"] = seal(mac, self.name, values)
        done = connection.execute(self._update, values | {"key": getattr(row, self._key), "old_seal": row.seal})
        return self.kind(**values) if done.rowcount == 1 else None

    def written(self, row: Any) -> Written:
        """Name a row and its version, for the journal."""
        return self.name, self.key_text(getattr(row, self._key)), row.version

    @staticmethod
    def key_text(key: str | bytes) -> str:
        return key.hex() if isinstance(key, bytes) else key
