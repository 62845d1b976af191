"""
What the SAM remembers, as one store: reads, and changes that are journalled in the same durable transaction.

Nothing here decides whether something is allowed. Every method raises StoreUnavailable where the database can't be read, or where a change
could not be made durable; then nothing was changed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from hsm import journal
from hsm.change import Change
from hsm.comparison import Comparison
from hsm.database import Connections, open_engines
from hsm.errors import CredentialUnknown, EvidenceRefused, RecoveryUnknown, SadInvalid, StoreUnavailable
from hsm.histories import Histories
from hsm.journal import Head, HeadMoved, leaf_hash
from hsm.keyring import Mac
from hsm.messages import ProvenEntry, TreeHead
from hsm.records import (
    CREDENTIALS,
    PASSKEYS,
    PINS,
    TOKENS,
    Activation,
    Approval,
    Credential,
    Passkey,
    PinRecord,
    TokenRecord,
    approval_and_activation,
    credentials,
    tokens,
)
from hsm.recovery_records import RECOVERIES, Recovery, recoveries
from hsm.seal import SealBroken
from hsm.sealed import Sealed
from hsm.spent import Spent
from hsm.tree import BLOCK
from hsm.versions import Versions


class History(Struct, frozen=True):
    """A part of what the journal tells of an enrolment, the state of the tree that proves it, and how many entries there are in all."""

    tree: TreeHead
    total: int
    entries: tuple[ProvenEntry, ...]


class Store:
    """The records and the journal, in one database."""

    def __init__(self, url: str, mac: Mac) -> None:
        reader, writer = open_engines(url)
        self._reading, self._writing = Connections(reader), Connections(writer)
        self._mac = mac
        # One journal, one writer: the threads queue here, not in the database's retries.
        self._turn = Lock()
        # The newest head that this process has seen; what the entries up to it tell is in the next three.
        self._known = Head()
        self._versions, self._spent, self._histories = Versions(), Spent(), Histories()
        self._is_current = False

    @staticmethod
    def has_records(url: str) -> bool:
        """Tell whether anything was ever sealed into this database."""
        reader, _ = open_engines(url)
        with reader.connect() as connection:
            found = connection.execute(select(journal.head.c.id)).first() is not None
        reader.dispose()
        return found

    def close(self) -> None:
        self._reading.close()
        self._writing.close()

    def credential(self, credential_id: str) -> Credential:
        """Give a credential; raises CredentialUnknown, also where the row was tampered with."""
        try:
            found: Credential | None = self._row(CREDENTIALS, credential_id)
        except SealBroken as error:
            raise CredentialUnknown(str(error)) from None
        if found is None:
            raise CredentialUnknown(credential_id)
        return found

    def passkey(self, passkey_id: bytes) -> Passkey:
        """Give a passkey; raises EvidenceRefused where there is none, or the row was tampered with."""
        try:
            found: Passkey | None = self._row(PASSKEYS, passkey_id)
        except SealBroken as error:
            raise EvidenceRefused(str(error)) from None
        if found is None:
            raise EvidenceRefused("unknown passkey")
        return found

    def token(self, token_id: str) -> TokenRecord:
        """Give a one-time-password token; raises EvidenceRefused where there is none, or the row was tampered with."""
        try:
            found: TokenRecord | None = self._row(TOKENS, token_id)
        except SealBroken as error:
            raise EvidenceRefused(str(error)) from None
        if found is None:
            raise EvidenceRefused("unknown token")
        return found

    def tokens_of(self, enrollment_id: str) -> list[TokenRecord]:
        """List the tokens of an enrolment that were not removed; raises EvidenceRefused where the row of one was tampered with."""
        of_it = select(tokens.c.token_id).where(tokens.c.enrollment_id == enrollment_id, tokens.c.state != "removed")
        with self._looking() as connection:
            token_ids = connection.scalars(of_it.order_by(tokens.c.token_id)).all()
        return [self.token(token_id) for token_id in token_ids]

    def tokens_after(self, token_id: str, limit: int) -> list[TokenRecord]:
        """List the tokens that come after this one in the order of their ids; raises EvidenceRefused where a row was tampered with."""
        later = select(tokens.c.token_id).where(tokens.c.token_id > token_id).order_by(tokens.c.token_id).limit(limit)
        with self._looking() as connection:
            token_ids = connection.scalars(later).all()
        return [self.token(token_id) for token_id in token_ids]

    def pin(self, enrollment_id: str) -> PinRecord:
        """Give what is kept of an enrolment's PIN; raises EvidenceRefused where there is none, or the row was tampered with."""
        try:
            found: PinRecord | None = self._row(PINS, enrollment_id)
        except SealBroken as error:
            raise EvidenceRefused(str(error)) from None
        if found is None:
            raise EvidenceRefused("unknown enrolment")
        return found

    def approval(self, authorization_id: str) -> tuple[Approval | None, Activation | None]:
        """Give what was decided about an authorization, and its use; raises SadInvalid where a row was tampered with."""
        with self._looking() as connection:
            try:
                return approval_and_activation(connection, self._mac, authorization_id)
            except SealBroken as error:
                raise SadInvalid(str(error)) from None

    def destroyed_credentials(self) -> list[str]:
        """List the credentials whose record says that they are destroyed."""
        with self._looking() as connection:
            return list(connection.scalars(select(credentials.c.credential_id).where(credentials.c.state == "destroyed")))

    def overdue_credentials(self, now: float) -> list[str]:
        """List the credentials that should have a certificate by now, and have none."""
        overdue = (credentials.c.state.in_(("making", "made")), credentials.c.certify_by <= int(now))
        with self._looking() as connection:
            return list(connection.scalars(select(credentials.c.credential_id).where(*overdue)))

    def credentials_of(self, enrollment_id: str) -> list[Credential]:
        """List the keys of an enrolment; raises CredentialUnknown where the row of one was tampered with."""
        of_it = select(credentials.c.credential_id).where(credentials.c.enrollment_id == enrollment_id)
        with self._looking() as connection:
            credential_ids = connection.scalars(of_it.order_by(credentials.c.credential_id)).all()
        return [self.credential(credential_id) for credential_id in credential_ids]

    def recovery(self, recovery_id: str) -> Recovery:
        """Give what was begun with a recovery code; raises RecoveryUnknown where there is none, or the row was tampered with."""
        try:
            found: Recovery | None = self._row(RECOVERIES, recovery_id)
        except SealBroken as error:
            raise RecoveryUnknown(str(error)) from None
        if found is None:
            raise RecoveryUnknown(recovery_id)
        return found

    def waiting_recoveries(self, ready_after: int, most: int = 1_000) -> list[Recovery]:
        """List what was begun and is neither stopped nor through, the oldest first; raises RecoveryUnknown, as above."""
        lasting = (recoveries.c.state == "waiting", recoveries.c.ready_at > ready_after)
        waiting = select(recoveries.c.recovery_id).where(*lasting).order_by(recoveries.c.begun_at).limit(most)
        with self._looking() as connection:
            recovery_ids = connection.scalars(waiting).all()
        return [self.recovery(recovery_id) for recovery_id in recovery_ids]

    @contextmanager
    def change(self, now: float) -> Iterator[Change]:
        """
        Open one durable transaction; what is done in it happens together when the block ends, or not at all.

        Read what you need before: a look at the store from within the block would wait for its end.
        """
        with self._turn:
            try:
                with self._writing.held() as connection, connection.begin():
                    head = self._known if self._is_current else self._catch_up(connection, now)
                    change = Change(connection, self._mac, head, self._spent, self._versions, now)
                    yield change
                    change.require_journalled()
                self._known, self._is_current = change.head, True
                self._versions.note(change.written)
                for number, entry in change.entries:
                    self._histories.notice(number, entry)
                for authorization_id, until in change.spent:
                    self._spent.add(authorization_id, until, now)
            except (SQLAlchemyError, HeadMoved) as error:
                self._is_current = False  # what is in the database now must be read
                raise StoreUnavailable(type(error).__name__) from error

    def history(self, enrollment_id: str, first: int, most: int, most_bytes: int) -> "History":
        """
        Give what the journal tells of an enrolment from its entry `first` on: at most so many entries, and so many bytes beyond the first.

        Raises:
            RecordsTampered: an entry is not there any more, or another.
        """
        with self._looking() as connection:
            with self._turn:
                self._catch_up(connection, 0)
                tree, numbers = self._histories.tree.frozen(), self._histories.numbers(enrollment_id)
            blocks: dict[int, list[bytes]] = {}

            def leaves_of(start: int) -> list[bytes]:
                if start not in blocks:
                    blocks[start] = [leaf_hash(entry) for entry in journal.read(connection, start, start + BLOCK - 1)]
                return blocks[start]

            told, size = list[ProvenEntry](), 0
            for number in numbers[first : first + most]:
                (entry,) = journal.read(connection, number, number)
                size += len(entry)
                if told and size > most_bytes:
                    break
                told.append(ProvenEntry(number, entry, tuple(tree.path(number, leaves_of))))
        return History(TreeHead(tree.size, tree.root.hex()), len(numbers), tuple(told))

    def check(self) -> None:
        """Make one durable write that changes nothing."""
        with self.change(0) as change:
            change.touch()

    def verify_journal(self, now: float = 0) -> int:
        """
        Check every entry against the sealed head and the records against the entries, and give their number.

        Raises:
            RecordsTampered: an entry is not what was written, or a row that one tells of is gone.
        """
        comparison = Comparison(self._spent, self._versions, self._histories, now)
        with self._turn, self._looking() as connection:
            self._known = journal.verify(connection, self._mac, comparison.notice)
            comparison.require_rows(connection)
        return self._known.size

    def _row(self, table: Sealed, key: str | bytes) -> Any:
        """Give a row that may change, in its newest version, or None where there never was one; raises SealBroken."""
        with self._looking() as connection:
            row = table.get(connection, self._mac, key)
            if not self._is_newest(table, key, row):
                with self._turn:  # a change may have been on its way, or another process may have made one
                    self._catch_up(connection, 0)
                    row = table.get(connection, self._mac, key)
                if not self._is_newest(table, key, row):
                    raise SealBroken(f"a row of {table.name} that is not its newest")
            return row

    def _is_newest(self, table: Sealed, key: str | bytes, row: Any) -> bool:
        return (0 if row is None else row.version) == self._versions.newest(table.name, table.key_text(key))

    def _catch_up(self, connection: Connection, now: float) -> Head:
        """Read what was journalled since this process last looked; raises RecordsTampered where that is no continuation."""
        comparison = Comparison(self._spent, self._versions, self._histories, now)
        self._known = journal.follow(connection, self._mac, self._known, comparison.notice)
        return self._known

    @contextmanager
    def _looking(self) -> Iterator[Connection]:
        try:
            with self._reading.held() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise StoreUnavailable(type(error).__name__) from error
