"""
One transaction's changes to the SAM's records: each method writes a row and the journal entry that explains it.

It opens and ends no transaction; `store` does that.
"""

import base64
import secrets
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, select, update
from sqlalchemy.exc import IntegrityError

from hsm import journal
from hsm.errors import EvidenceRefused, NotNew, RecordsTampered, SadSpent, StepUsed, StoreUnavailable
from hsm.journal import Event, Head
from hsm.keyring import Mac
from hsm.messages import Outcome
from hsm.records import (
    ACTIVATIONS,
    APPROVALS,
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
    activations,
    approvals,
    credentials,
    tokens,
)
from hsm.seal import SealBroken
from hsm.sealed import Sealed
from hsm.spent import NEVER, Spent
from hsm.versions import Versions, Written

SALT_BYTES = 16


class Change:
    """
    What is done in one transaction.

    `head` is the journal's after it, `entries` what it added there, numbered, `written` the rows that it wrote, `spent` what it used, each
    with the time until which that matters.
    """

    def __init__(self, connection: Connection, mac: Mac, head: Head, spent: Spent, versions: Versions, now: float) -> None:
        self._connection, self._mac, self._now = connection, mac, now
        self._spent, self._versions = spent, versions
        self.head = head
        self.spent: list[tuple[str, int]] = []
        self.written: list[Written] = []
        self.entries: list[tuple[int, bytes]] = []
        self._untold: list[Written] = []

    def begin_enrollment(self, credential: Credential, passkey: Passkey) -> None:
        """Record what is about to be made; raises NotNew where the credential, the enrolment or the passkey is there already."""
        try:
            # One name is one enrolment's for ever: a second one under it would bring a passkey of its own to the keys of the first.
            self._add(PINS, PinRecord(credential.enrollment_id))
            self._add(CREDENTIALS, credential)
            self._add(PASSKEYS, passkey)
        except IntegrityError:
            raise NotNew(f"enrolment {credential.enrollment_id}, its credential or its passkey is there already") from None
        facts = {"signer": credential.signer, "key_algorithm": credential.key_algorithm, "passkey": passkey.passkey_id.hex()}
        self.journal(Event.KEY_INTENDED, credential.credential_id, **facts)

    def finish_enrollment(self, credential: Credential, *, public_key: bytes, csr: bytes) -> None:
        """Record the key that was made."""
        _require(self._change(CREDENTIALS, credential, state="made", public_key=public_key, csr=csr))
        self.journal(Event.KEY_MADE, credential.credential_id, public_key=_base64(public_key))

    def begin_renewal(self, old: Credential, new: Credential) -> None:
        """Record a key that is about to be made in the place of another, for `decide` to explain; raises NotNew where it is there."""
        _require(self._change(CREDENTIALS, old, renewed_by=new.credential_id))
        try:
            self._add(CREDENTIALS, new)
        except IntegrityError:
            raise NotNew(f"credential {new.credential_id} is there already") from None

    def certify(self, credential: Credential, certificate: bytes, issuer: bytes | None, frozen_until: int) -> None:
        """Record the certificate of a key and that of its issuer, and enable it."""
        registered = {"certificate": certificate, "issuer_certificate": issuer, "frozen_until": frozen_until}
        _require(self._change(CREDENTIALS, credential, state="enabled", **registered))
        self.journal(Event.CERTIFIED, credential.credential_id, certificate=_base64(certificate))

    def add_passkey(self, passkey: Passkey) -> None:
        """Record one more passkey, for `decide` to explain; raises NotNew where it is there already."""
        try:
            self._add(PASSKEYS, passkey)
        except IntegrityError:
            raise NotNew("the passkey is there already") from None

    def remove_passkey(self, passkey: Passkey) -> None:
        """Let a passkey approve no more, for `decide` to explain."""
        _require(self._change(PASSKEYS, passkey, state="removed"))

    def credentials_of(self, signer: str) -> list[Credential]:
        """Give the keys of a signer that were not destroyed, as they are now; raises EvidenceRefused where a row was tampered with."""
        return self._credentials(credentials.c.signer == signer)

    def credentials_replaced_by(self, enrollment_id: str) -> list[Credential]:
        """Give the keys that end with this enrolment and were not destroyed yet; raises EvidenceRefused where a row was tampered with."""
        return self._credentials(credentials.c.replaced_by == enrollment_id)

    def _credentials(self, which: ColumnElement[bool]) -> list[Credential]:
        wanted = select(credentials.c.credential_id).where(which, credentials.c.state != "destroyed")
        return [self.row_now(CREDENTIALS, one) for one in self._connection.scalars(wanted.order_by(credentials.c.credential_id)).all()]

    def set_credential(
        self, credential: Credential, *, state: str | None = None, frozen_until: int | None = None, replaced_by: str | None = None
    ) -> None:
        """Change how a key stands, for `decide` or `journal` to explain."""
        wanted = {"state": state, "frozen_until": frozen_until, "replaced_by": replaced_by}
        _require(self._change(CREDENTIALS, credential, **{name: value for name, value in wanted.items() if value is not None}))

    def freeze(self, credential: Credential, until: int, by: str) -> None:
        """Let a key sign nothing until then (unix seconds)."""
        self.set_credential(credential, frozen_until=until)
        self.journal(Event.FROZEN, credential.credential_id, until=until, by=by)

    def add_tokens(self, tokens: Iterable[TokenRecord]) -> None:
        """Record new tokens, for `journal` to explain; raises NotNew where one is there already."""
        try:
            for token in tokens:
                self._add(TOKENS, token)
        except IntegrityError:
            raise NotNew("a token is there already") from None

    def known_tokens(self, token_ids: Iterable[str]) -> set[str]:
        """Tell which of these tokens there are or were."""
        return {token_id for token_id in token_ids if self._versions.newest(TOKENS.name, token_id)}

    def offered_token(self, enrollment_id: str) -> TokenRecord | None:
        """Give the token that an enrolment was offered and has not confirmed; raises EvidenceRefused where it was tampered with."""
        wanted = select(tokens.c.token_id).where(tokens.c.enrollment_id == enrollment_id, tokens.c.state == "offered")
        found = self._connection.scalars(wanted).first()
        return self.row_now(TOKENS, found) if found is not None else None

    def change_token(self, token: TokenRecord, **changes: Any) -> None:
        """
        Change a token that is still as it was read, for `decide` or `journal` to explain; without `changes`, only make sure that it is.

        Raises:
            StepUsed: another code of it was accepted in between, or it was taken away.
        """
        if not self._change(TOKENS, token, **changes):
            raise StepUsed("the token was changed by another request")

    def has_enrollment(self, enrollment_id: str) -> bool:
        """Tell whether there is or ever was an enrolment of this name."""
        return bool(self._versions.newest(PINS.name, enrollment_id))

    def pin(self, enrollment_id: str) -> PinRecord:
        """Give what is kept of an enrolment's PIN as it is now; raises EvidenceRefused where the row was tampered with."""
        found: PinRecord | None = self.row_now(PINS, enrollment_id)
        if found is None:
            raise EvidenceRefused("unknown enrolment")
        return found

    def change_pin(self, pin: PinRecord, **changes: Any) -> PinRecord:
        """Change a PIN or the count of its tries, for `decide` or `journal` to explain."""
        changed: PinRecord | None = self._change(PINS, pin, **changes)
        if changed is None:
            raise StoreUnavailable("a record changed under an operation")
        return changed

    def require_undecided(self, authorization_id: str) -> None:
        """Refuse what was decided before, as it is now; raises NotNew."""
        if (
            self._connection.execute(select(approvals.c.outcome).where(approvals.c.authorization_id == authorization_id)).first()
            is not None
        ):
            raise NotNew(authorization_id)

    def advance_counter(self, passkey: Passkey, sign_count: int) -> None:
        """
        Move a passkey's signature counter forward, if nothing moved it since it was read.

        Raises:
            EvidenceRefused: another assertion of this passkey came in between.
        """
        if sign_count != passkey.sign_count and not self._change(PASSKEYS, passkey, sign_count=sign_count):
            raise EvidenceRefused("the passkey's counter was moved by another assertion")

    def decide(self, approval: Approval, **evidence: Any) -> None:
        """Record an approval or a refusal; raises NotNew where the transaction was decided before."""
        try:
            self._add(APPROVALS, approval)
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
            spent: Activation = self._add(ACTIVATIONS, activation)
        except IntegrityError:
            raise SadSpent(activation.authorization_id) from None
        if activation.authorization_id in self._spent:
            raise SadSpent(f"{activation.authorization_id}, and its row was taken away")
        self.journal(Event.SIGN_INTENDED, activation.authorization_id, until=until, **intent)
        self.spent.append((activation.authorization_id, until))
        return spent

    def settle(self, activation: Activation, outcome: Outcome, *, answer: bytes | None = None, **facts: Any) -> None:
        """Record how an activation ended, and the answer for a repeat; raises StoreUnavailable where it was ended meanwhile."""
        _require(self._change(ACTIVATIONS, activation, state=outcome.value, signatures=answer))
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
        """Add an entry to the journal; it names the rows that were written for it."""
        if self._untold:
            facts["rows"] = self._untold
            self._untold = []
        facts["salt"] = _base64(secrets.token_bytes(SALT_BYTES))
        self.head = journal.append(self._connection, self._mac, self.head, event, subject, self._now, notice=self._notice, **facts)

    def _notice(self, number: int, entry: bytes) -> None:
        self.entries.append((number, entry))

    def require_journalled(self) -> None:
        """Refuse to end with a row that no entry explains."""
        if self._untold:
            raise AssertionError(f"not journalled: {self._untold}")

    def row_now(self, table: Sealed, key: str) -> Any:
        """Read a row in its newest version, before this transaction has changed it; raises EvidenceRefused where it was tampered with."""
        try:
            row = table.get(self._connection, self._mac, key)
        except SealBroken as error:
            raise EvidenceRefused(str(error)) from None
        if (0 if row is None else row.version) != self._versions.newest(table.name, key):
            raise EvidenceRefused(f"a row of {table.name} that is not its newest")
        return row

    def add_row(self, table: Sealed, row: Any) -> Any:
        """Write a new row, for `decide` or `journal` to explain; raises NotNew where one is there already."""
        try:
            return self._add(table, row)
        except IntegrityError:
            raise NotNew(f"a row of {table.name} is there already") from None

    def change_row(self, table: Sealed, row: Any, **changes: Any) -> Any:
        """Change a row that is still as it was read, for `decide` or `journal` to explain, and give it as it is now."""
        changed = self._change(table, row, **changes)
        _require(changed)
        return changed

    def _add(self, table: Sealed, row: Any) -> Any:
        if table.has_versions and self._versions.newest(*table.written(row)[:2]):
            raise NotNew(f"a row of {table.name} that was there before, and was taken away")
        return self._noted(table, table.add(self._connection, self._mac, row))

    def _change(self, table: Sealed, row: Any, **changes: Any) -> Any:
        return self._noted(table, table.change(self._connection, self._mac, row, **changes))

    def _noted(self, table: Sealed, row: Any) -> Any:
        if row is not None and table.has_versions:
            self.written.append(table.written(row))
            self._untold.append(table.written(row))
        return row


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _require(changed: object) -> None:
    if changed is None:
        raise StoreUnavailable("a record changed under an operation")
