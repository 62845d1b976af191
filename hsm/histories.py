"""
Which entries of the journal tell of which enrolment, in memory, and the tree that they are leaves of.

It is learnt from the entries themselves, when the SAM starts and with each change: who can write the database can't have one left out.
"""

from array import array

import msgspec
from msgspec import Struct

from hsm.errors import RecordsTampered
from hsm.journal import Event, leaf_hash
from hsm.tree import Tree
from hsm.versions import Written

NOT_OF_A_SIGNER = (Event.STARTED, Event.DENIED, Event.IMPORTED)


class Histories:
    """The numbers of each enrolment's entries: eight bytes an entry."""

    def __init__(self) -> None:
        self.tree = Tree()
        self._numbers: dict[str, array[int]] = {}
        self._enrollments: dict[str, str] = {}  # of keys, passkeys and tokens
        self._open: dict[str, str] = {}  # of approvals that are being used

    def numbers(self, enrollment_id: str) -> list[int]:
        """List the numbers of an enrolment's entries, the oldest first."""
        return list(self._numbers.get(enrollment_id, ()))

    def notice(self, number: int, entry: bytes) -> None:
        """Take the entry with this number, each once and in order; one that was taken before is passed over."""
        if number < self.tree.size:
            return
        if number > self.tree.size:
            raise RecordsTampered(f"journal entry {self.tree.size} is missing")
        self.tree.add(leaf_hash(entry))
        told = msgspec.json.decode(entry, type=_Told)
        if told.event in NOT_OF_A_SIGNER:
            return
        enrollment_id = self._enrollment_of(told)
        if enrollment_id is None:
            return
        for table, key, _ in told.rows:
            self._enrollments.setdefault(f"{table} {key}", enrollment_id)
        if told.event is Event.SIGN_INTENDED:
            self._open[told.subject] = enrollment_id
        self._numbers.setdefault(enrollment_id, array("q")).append(number)

    def _enrollment_of(self, told: "_Told") -> str | None:
        about = msgspec.json.decode(told.transaction, type=_About) if told.transaction is not None else _About()
        if about.enrollment_id is not None:
            return about.enrollment_id
        if told.event in (Event.SIGNED, Event.UNKNOWN):
            return self._open.pop(told.subject, None)
        for table, key, _ in told.rows:
            if table == "pins":  # named by the enrolment itself
                return key
        places = [f"credentials {one}" for one in (about.credential_id, told.credential, told.subject) if one is not None]
        places += [f"{table} {key}" for table, key, _ in told.rows]
        return next((found for place in places if (found := self._enrollments.get(place)) is not None), None)


class _About(Struct):
    """What matters here of a transaction."""

    credential_id: str | None = None
    enrollment_id: str | None = None


class _Told(Struct):
    """What matters here of an entry."""

    event: Event
    subject: str
    transaction: bytes | None = None
    credential: str | None = None
    rows: tuple[Written, ...] = ()
