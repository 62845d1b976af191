"""Receipts in SQL: at most one for a key, and each step one conditional UPDATE, so that of two who try at once one is first."""

from typing import Any

import msgspec
from sqlalchemy import Connection, and_, exists, insert, select, update

from app.domain.authorization import State
from app.domain.receipt import Receipt
from app.store.tables import authorizations, credentials
from app.store.tables import receipts as table

_ALL = select(*(table.c[name] for name in Receipt.__struct_fields__))


def of_key(connection: Connection, credential_id: str) -> Receipt | None:
    return _one(connection.execute(_ALL.where(table.c.credential_id == credential_id)).mappings().one_or_none())


def of_signer(connection: Connection, user_id: str) -> list[Receipt]:
    return [Receipt(**row) for row in connection.execute(_ALL.where(table.c.user_id == user_id)).mappings()]


def is_owed(connection: Connection, user_id: str) -> bool:
    """Tell whether the signer has a key that is not destroyed and whose receipt is not signed."""
    signed = and_(table.c.credential_id == credentials.c.credential_id, table.c.state == "signed")
    owed = exists().where(
        credentials.c.user_id == user_id, credentials.c.state == "enabled", ~exists().where(signed).correlate(credentials)
    )
    return bool(connection.execute(select(owed)).scalar_one())


def pdf(connection: Connection, credential_id: str) -> bytes:
    """Give the whole file: the signed one where it is signed, else with the hole."""
    return bytes(connection.execute(select(table.c.pdf).where(table.c.credential_id == credential_id)).scalar_one())


def keep_draft(connection: Connection, receipt: Receipt, pdf: bytes, instead_of: Receipt | None) -> bool:
    """Keep what was composed, in place of an older draft if that is still there; raises IntegrityError where one was kept meanwhile."""
    values = msgspec.structs.asdict(receipt) | {"pdf": pdf}
    if instead_of is None:
        connection.execute(insert(table), values)
        return True
    return connection.execute(update(table).where(*_same(instead_of)).values(values)).rowcount == 1


def ask(connection: Connection, draft: Receipt, authorization_id: str) -> bool:
    """Tie a draft to the authorization by which it is to be signed; from here on it stays as it is."""
    asking = update(table).where(*_same(draft)).values(state="asked", authorization_id=authorization_id)
    return connection.execute(asking).rowcount == 1


def keep_sad(connection: Connection, asked: Receipt, sad: str) -> bool:
    """Keep the SAD before it is used."""
    return connection.execute(update(table).where(*_same(asked)).values(sad=sad)).rowcount == 1


def sign(connection: Connection, asked: Receipt, pdf: bytes, now: float) -> bool:
    """Keep the signed file; the end."""
    signing = update(table).where(*_same(asked)).values(state="signed", sad=None, pdf=pdf, signed_at=int(now))
    return connection.execute(signing).rowcount == 1


def reopen(connection: Connection, asked: Receipt) -> bool:
    """Make it a draft again: the authorization came to nothing."""
    reopening = update(table).where(*_same(asked)).values(state="draft", authorization_id=None, sad=None)
    return connection.execute(reopening).rowcount == 1


def decided(connection: Connection, most: int) -> list[Receipt]:
    """List receipts that were asked for and whose authorization no longer waits."""
    joined = _ALL.join(authorizations, authorizations.c.id == table.c.authorization_id)
    rows = joined.where(table.c.state == "asked", authorizations.c.state != State.PENDING.value).limit(most)
    return [Receipt(**row) for row in connection.execute(rows).mappings()]


def _same(receipt: Receipt) -> tuple[Any, ...]:
    return (
        table.c.credential_id == receipt.credential_id,
        table.c.state == receipt.state,
        table.c.authorization_id.is_not_distinct_from(receipt.authorization_id),
        table.c.sad.is_not_distinct_from(receipt.sad),
        table.c.signed_attributes == receipt.signed_attributes,
    )


def _one(row: Any) -> Receipt | None:
    return Receipt(**row) if row is not None else None
