"""
The newest version of every row that may change, in memory: a row that was put back to an older state, or taken away, no longer counts.

A seal shows that a row was written here, not that it is the newest. The journal does: its entries name the rows that each change wrote, in
which version, and are read when the SAM starts. Whoever can write the database can therefore deny, and gains nothing.
"""

from collections.abc import Iterable

Written = tuple[str, str, int]  # table, key as text, version


class Versions:
    """Which version of which row is the newest."""

    def __init__(self) -> None:
        self._newest: dict[tuple[str, str], int] = {}

    def note(self, written: Iterable[Written]) -> None:
        """Learn what was written, in the order of writing."""
        for table, key, version in written:
            self._newest[table, key] = version

    def newest(self, table: str, key: str) -> int:
        """Give the version that counts; 0 where there never was such a row."""
        return self._newest.get((table, key), 0)
