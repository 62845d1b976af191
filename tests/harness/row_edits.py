"""Every way that somebody with write access to the SAM's database may edit it: cells, rows, tables, and all of it back to an older day."""

import base64
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from hsm.change import Change
from hsm.store import Store

Value = str | bytes | int | float | None
Row = dict[str, Value]
Tables = dict[str, list[Row]]

STATES = (
    "approved",
    "refused",
    "intended",
    "signed",
    "unknown",
    "enabled",
    "made",
    "making",
    "destroyed",
    "active",
    "removed",
    "amended",
    "signed_in",
    "free",
    "offered",
    "waiting",
    "stopped",
)
PER_COLUMN = 8  # values that are tried in each column, shared by its rows,
PER_CELL = 2  # and in each cell at least


@dataclass(frozen=True)
class Edit:
    """One edit, as SQL that a database client would run."""

    name: str
    statements: tuple[tuple[str, tuple[Value, ...]], ...]

    def apply(self, database: Path) -> None:
        # An integer key can't hold other types, whoever writes it.
        with closing(sqlite3.connect(database, isolation_level=None)) as connection, suppress(sqlite3.IntegrityError):
            for statement, values in self.statements:
                connection.execute(statement, values)


def read_tables(database: Path) -> Tables:
    """Read everything; a row carries its `rowid`."""
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: [dict(row) for row in connection.execute(f"SELECT rowid AS rowid, * FROM {name} ORDER BY rowid")] for name in names}


def drop_constraints(database: Path) -> None:
    """Let any column be NULL: whoever writes the database may change its schema too."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET sql = replace(sql, 'NOT NULL', '')")
        connection.execute("PRAGMA writable_schema = RESET")


@contextmanager
def recording(database: Path) -> Iterator[list[Tables]]:
    """Keep what the database held after each change, the newest last."""
    history: list[Tables] = []
    original = Store.change

    @contextmanager
    def change(store: Store, now: float) -> Iterator[Change]:
        with original(store, now) as opened:
            yield opened
        history.append(read_tables(database))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Store, "change", change)
        yield history


def edits_of(table: str, history: list[Tables]) -> Iterator[Edit]:
    """List edits of one table's newest state, given all states that came before it: every column of every row, rows, and the whole."""
    rows = history[-1][table]
    per_cell = max(PER_CELL, PER_COLUMN // len(rows))
    for number, row in enumerate(rows):
        older = _distinct(old for state in history for old in state.get(table, ()) if old["rowid"] == row["rowid"] and old != row)
        others = [rows[number - 1]] if len(rows) > 1 else []
        yield from _cell_edits(table, number, row, [*others, *older], per_cell)
        yield from _row_edits(table, number, row, others, older)
    yield Edit(f"{table}: emptied", ((f"DELETE FROM {table}", ()),))
    yield Edit(f"{table}: dropped", ((f"DROP TABLE {table}", ()),))
    for age, state in enumerate(reversed(history[:-1]), start=1):
        if state.get(table) != rows:
            yield Edit(f"{table}: as it was {age} changes ago", tuple(_restore(table, state.get(table, []))))


def rollbacks(history: list[Tables]) -> Iterator[Edit]:
    """Put the whole database back to each older state."""
    for age, state in enumerate(reversed(history[:-1]), start=1):
        statements = [statement for table in history[-1] for statement in _restore(table, state.get(table, []))]
        yield Edit(f"everything as it was {age} changes ago", tuple(statements))


def _distinct(rows: Iterable[Row]) -> list[Row]:
    found: list[Row] = []
    for row in rows:
        if row not in found:
            found.append(row)
    return found


def _cell_edits(table: str, number: int, row: Row, like: list[Row], count: int) -> Iterator[Edit]:
    for place, (column, value) in enumerate(row.items()):
        if column == "rowid":
            continue
        values = _variants(value) | {f"like {name}": other[column] for name, other in enumerate(like)}
        new = {name: new for name, new in values.items() if (type(new), new) != (type(value), value)}
        # Each cell has its share of the ways; neighbours have others.
        first = (number * len(row) + place) * count % len(new)
        names = [*new, *new][first : first + min(count, len(new))]
        for name in names:
            statement = f'UPDATE OR REPLACE {table} SET "{column}" = ? WHERE rowid = ?'
            yield Edit(f"{table} {number}: {column} {name}", ((statement, (new[name], row["rowid"])),))


def _variants(value: Value) -> dict[str, Value]:
    if isinstance(value, bytes):
        return {
            "null": None,
            "first bit": bytes([value[0] ^ 0x80]) + value[1:] if value else b"\x00",
            "last bit": value[:-1] + bytes([value[-1] ^ 1]) if value else b"\x01",
            "empty": b"",
            "longer": value + b"\x00",
            "as base64": base64.b64encode(value).decode(),
            "a number": 0,
        }
    if isinstance(value, str):
        return {
            "null": None,
            "empty": "",
            "first letter": chr(ord(value[0]) ^ 0x20) + value[1:] if value else "a",
            "space after": value + " ",
            "bytes": value.encode(),
            "as if base64": base64.b64decode(value[: len(value) // 4 * 4], altchars=b"-_"),
            **({state: state for state in STATES} if value in STATES else {}),
        }
    if isinstance(value, int):
        return {
            "null": None,
            "more": value + 1,
            "less": value - 1,
            "zero": 0,
            "far away": 2**40,
            "fraction": value + 0.5,
            "text": f"{value} ",
        }
    return {"bytes": b"x", "text": "x", "number": 1}


def _row_edits(table: str, number: int, row: Row, others: list[Row], older: list[Row]) -> Iterator[Edit]:
    here = (row["rowid"],)
    yield Edit(f"{table} {number}: deleted", ((f"DELETE FROM {table} WHERE rowid = ?", here),))
    for age, old in enumerate(older):
        yield Edit(f"{table} {number}: older version {age}", (_overwrite(table, row, old),))
    key = next(column for column in row if column != "rowid")
    for place, other in enumerate(others):
        yield Edit(f"{table} {number}: with the content of {place}", (_overwrite(table, row, other | {key: row[key]}),))
        yield Edit(f"{table} {number}: replaced by {place}", (_overwrite(table, row, other),))
    others_key = {"another id": _other_key(row[key]), "the same id in another type": _same_key(row[key])}
    for name, new in others_key.items():
        yield Edit(f"{table} {number}: copied to {name}", (_insert(table, row | {key: new}),))
        moved = f"UPDATE OR REPLACE {table} SET {key} = ? WHERE rowid = ?"
        yield Edit(f"{table} {number}: moved to {name}", ((moved, (new, *here)),))


def _other_key(key: Value) -> Value:
    return key[::-1] if isinstance(key, str | bytes) else 10**6


def _same_key(key: Value) -> Value:
    if isinstance(key, str):
        return key.encode()
    return key.hex() if isinstance(key, bytes) else str(key)


def _restore(table: str, rows: list[Row]) -> Iterator[tuple[str, tuple[Value, ...]]]:
    yield f"DELETE FROM {table}", ()
    yield from (_insert(table, row) for row in rows)


def _insert(table: str, row: Row) -> tuple[str, tuple[Value, ...]]:
    values = {column: value for column, value in row.items() if column != "rowid"}
    return f"INSERT OR REPLACE INTO {table} ({_quoted(values)}) VALUES ({', '.join('?' * len(values))})", tuple(values.values())


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _overwrite(table: str, row: Row, new: Row) -> tuple[str, tuple[Value, ...]]:
    values = {column: value for column, value in new.items() if column != "rowid"}
    changes = ", ".join(f'"{column}" = ?' for column in values)
    return f"UPDATE OR REPLACE {table} SET {changes} WHERE rowid = ?", (*values.values(), row["rowid"])
