"""
What the SAM remembers, as one store: reads, and changes that are journalled in the same durable transaction.

Nothing here decides whether something is allowed. Every method raises StoreUnavailable where the database can't be read, or where a change
could not be made durable; then nothing was changed.
"""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from hsm import journal
from hsm.comparison import Comparison
from hsm.database import Connections, open_engines
from hsm.errors import CredentialUnknown, EvidenceRefused, NotNew, RecordsTampered, SadInvalid, SadSpent, StoreUnavailable
from hsm.journal import Event, Head, HeadMoved
from hsm.keyring import Mac
from hsm.messages import Outcome
from hsm.records import (
    ACTIVATIONS,
    APPROVALS,
    CREDENTIALS,
    PASSKEYS,
    Activation,
    Approval,
    Credential,
    Passkey,
    activations,
    approval_and_activation,
)
from hsm.seal import SealBroken
from hsm.spent import NEVER, Spent


class Store:
    """The records and the journal, in one database."""

    def __init__(self, url: str, mac: Mac) -> None:
        reader, writer = open_engines(url)
        self._reading, self._writing = Connections(reader), Connections(writer)
        self._mac = mac
        # One journal, one writer: the threads queue here, not in the database's retries. The head is kept from one change to the next.
        self._turn = Lock()
        self._head: Head | None = None
        self._newest_size = 0
        self._spent = Spent()

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
        with self._looking() as connection:
            try:
                found: Credential | None = CREDENTIALS.get(connection, self._mac, credential_id)
            except SealBroken as error:
                raise CredentialUnknown(str(error)) from None
        if found is None:
            raise CredentialUnknown(credential_id)
        return found

    def passkey(self, passkey_id: bytes) -> Passkey:
        """Give a passkey; raises EvidenceRefused where there is none, or the row was tampered with."""
        with self._looking() as connection:
            try:
                found: Passkey | None = PASSKEYS.get(connection, self._mac, passkey_id)
            except SealBroken as error:
                raise EvidenceRefused(str(error)) from None
        if found is None:
            raise EvidenceRefused("unknown passkey")
        return found

    def approval(self, authorization_id: str) -> tuple[Approval | None, Activation | None]:
        """Give what was decided about an authorization, and its use; raises SadInvalid where a row was tampered with."""
        with self._looking() as connection:
            try:
                return approval_and_activation(connection, self._mac, authorization_id)
            except SealBroken as error:
                raise SadInvalid(str(error)) from None

    @contextmanager
    def change(self, now: float) -> Iterator["Change"]:
        """Open one durable transaction; what is done in it happens together when the block ends, or not at all."""
        with self._turn:
            try:
                with self._writing.held() as connection, connection.begin():
                    change = Change(connection, self._mac, self._head or self._read_head(connection), self._spent, now)
                    yield change
                self._head, self._newest_size = change.head, change.head.size
                for authorization_id, until in change.spent:
                    self._spent.add(authorization_id, until, now)
            except (SQLAlchemyError, HeadMoved) as error:
                self._head = None  # what is in the database now must be read
                raise StoreUnavailable(type(error).__name__) from error

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
        comparison = Comparison(self._spent, now)
        with self._looking() as connection:
            size = journal.verify(connection, self._mac, comparison.notice)
            comparison.require_rows(connection)
        self._newest_size = max(self._newest_size, size)
        return size

    def _read_head(self, connection: Connection) -> Head:
        """Read the journal's head; raises RecordsTampered where the journal was put back to an older state than this process knows."""
        found = journal.read_head(connection, self._mac)
        if found.size < self._newest_size:
            raise RecordsTampered(f"the journal has {found.size} entries, and had {self._newest_size}")
        return found

    @contextmanager
    def _looking(self) -> Iterator[Connection]:
        try:
            with self._reading.held() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise StoreUnavailable(type(error).__name__) from error


class Change:
    """One transaction's changes; each method writes a row and the journal entry that explains it."""

    def __init__(self, connection: Connection, mac: Mac, head: Head, spent: Spent, now: float) -> None:
        self._connection, self._mac, self._spent, self._now = connection, mac, spent, now
        self.head = head
        self.spent: list[tuple[str, int]] = []

    def begin_enrollment(self, credential: Credential, passkey: Passkey) -> None:
        """Record what is about to be made; raises NotNew where the credential, the enrolment or the passkey is there already."""
        try:
            CREDENTIALS.add(self._connection, self._mac, credential)
            PASSKEYS.add(self._connection, self._mac, passkey)
        except IntegrityError:
            raise NotNew(f"credential {credential.credential_id}, or its passkey, is there already") from None
        facts = {"signer": credential.signer, "key_algorithm": credential.key_algorithm, "passkey": passkey.passkey_id.hex()}
        self.journal(Event.KEY_INTENDED, credential.credential_id, **facts)

    def finish_enrollment(self, credential: Credential, *, public_key: bytes, csr: bytes) -> None:
        """Record the key that was made."""
        _require(CREDENTIALS.change(self._connection, self._mac, credential, state="made", public_key=public_key, csr=csr))
        self.journal(Event.KEY_MADE, credential.credential_id, public_key=_base64(public_key))

    def certify(self, credential: Credential, certificate: bytes) -> None:
        """Record the certificate of a key, and enable it."""
        _require(CREDENTIALS.change(self._connection, self._mac, credential, state="enabled", certificate=certificate))
        self.journal(Event.CERTIFIED, credential.credential_id, certificate=_base64(certificate))

    def advance_counter(self, passkey: Passkey, sign_count: int) -> None:
        """
        Move a passkey's signature counter forward, if nothing moved it since it was read.

        Raises:
            EvidenceRefused: another assertion of this passkey came in between.
        """
        if sign_count != passkey.sign_count and not PASSKEYS.change(self._connection, self._mac, passkey, sign_count=sign_count):
            raise EvidenceRefused("the passkey's counter was moved by another assertion")

    def decide(self, approval: Approval, **evidence: Any) -> None:
        """Record an approval or a refusal; raises NotNew where the transaction was decided before."""
        try:
            APPROVALS.add(self._connection, self._mac, approval)
        except IntegrityError:
            raise NotNew(approval.authorization_id) from None
        facts = {"transaction": _base64(approval.transaction)} | evidence
        if approval.reason is not None:
            facts["reason"] = approval.reason
        self.journal(Event(approval.outcome), approval.authorization_id, **facts)

    def spend(self, activation: Activation, *, until: int = NEVER, **intent: Any) -> Activation:
        """
        Mark an approval as spent and record what is about to be signed.

        Gives the row as it was written. Afterwards either both rows are on disk or neither. Call it after every other check and immediately
        before signing. `until` (unix seconds) is when the approval's evidence is worth nothing any more.

        Raises:
            SadSpent: the approval was spent before, by whichever process.
        """
        try:
            spent: Activation = ACTIVATIONS.add(self._connection, self._mac, activation)
        except IntegrityError:
            raise SadSpent(activation.authorization_id) from None
        if activation.authorization_id in self._spent:
            raise SadSpent(f"{activation.authorization_id}, and its row was taken away")
        self.journal(Event.SIGN_INTENDED, activation.authorization_id, until=until, **intent)
        self.spent.append((activation.authorization_id, until))
        return spent

    def settle(self, activation: Activation, outcome: Outcome, *, answer: bytes | None = None, **facts: Any) -> None:
        """Record how an activation ended, and the answer for a repeat; raises StoreUnavailable where it was ended meanwhile."""
        _require(ACTIVATIONS.change(self._connection, self._mac, activation, state=outcome.value, signatures=answer))
        self.journal(Event(outcome.value), activation.authorization_id, **facts)

    def settle_abandoned(self, why: str) -> int:
        """End every activation that has no outcome as `unknown`, and give their number; only for a SAM that is just starting."""
        abandoned = self._connection.scalars(
            select(activations.c.authorization_id).where(activations.c.state == Outcome.INTENDED.value)
        ).all()
        for authorization_id in abandoned:
            try:
                activation = ACTIVATIONS.get(self._connection, self._mac, authorization_id)
            except SealBroken as error:
                raise RecordsTampered(str(error)) from None
            self.settle(activation, Outcome.UNKNOWN, why=why)
        return len(abandoned)

    def touch(self) -> None:
        """Write to the database without changing it."""
        self._connection.execute(update(journal.head).values(id=journal.head.c.id))

    def deny(self, operation: str, subject: str, code: str, why: str) -> None:
        """Journal a request that was refused, and why."""
        self.journal(Event.DENIED, subject, operation=operation, code=code, why=why)

    def journal(self, event: Event, subject: str, **facts: Any) -> None:
        """Add an entry to the journal."""
        self.head = journal.append(self._connection, self._mac, self.head, event, subject, self._now, **facts)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _require(changed: bool) -> None:
    if not changed:
        raise StoreUnavailable("a record changed under an operation")
