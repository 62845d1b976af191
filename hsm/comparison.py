"""
What the journal tells of the records: which version of each row is the newest, what was used lately, and which rows there must be.

Every decision and every use that the journal tells of has its row: one that somebody took away would let the SAM decide, or sign, the same
thing again. It does not notice a whole database that was put back to an older day (docs/threats.md).
"""

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, select

from hsm.errors import RecordsTampered
from hsm.histories import Histories
from hsm.journal import Event
from hsm.records import activations, approvals
from hsm.spent import NEVER, Spent
from hsm.versions import Versions, Written

_TABLES = {Event.APPROVED: approvals, Event.REFUSED: approvals, Event.AMENDED: approvals, Event.SIGN_INTENDED: activations}


class _Told(Struct):
    """What matters here of a journal entry."""

    event: Event
    subject: str
    until: int = NEVER
    rows: tuple[Written, ...] = ()


class Comparison:
    """Takes the journal's entries one by one; what matters of them goes to `spent`, to `versions` and to `histories`."""

    def __init__(self, spent: Spent, versions: Versions, histories: Histories, now: float) -> None:
        self._spent, self._versions, self._histories, self._now = spent, versions, histories, now
        self._told: dict[str, set[str]] = {table.name: set() for table in _TABLES.values()}

    def notice(self, number: int, entry: bytes) -> None:
        """Take one entry, in the journal's order; raises RecordsTampered where it can't be read."""
        try:
            told = msgspec.json.decode(entry, type=_Told)
            self._histories.notice(number, entry)
        except ValueError:
            raise RecordsTampered("a journal entry can't be read") from None
        self._versions.note(told.rows)
        if told.event in _TABLES:
            self._told[_TABLES[told.event].name].add(told.subject)
        if told.event is Event.SIGN_INTENDED and told.until > self._now:
            self._spent.add(told.subject, told.until, self._now)

    def require_rows(self, connection: Connection) -> None:
        """Look for the row of each entry; raises RecordsTampered where one is gone."""
        for table in (approvals, activations):
            missing = self._told[table.name]
            missing.difference_update(connection.scalars(select(table.c.authorization_id)).yield_per(1_000))
            if missing:
                raise RecordsTampered(f"{table.name}: {len(missing)} rows that the journal tells of are gone, such as {min(missing)}")
