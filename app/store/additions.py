"""Devices that are being added, in SQL: each step is one conditional UPDATE, so that of two who follow one link one is first."""

from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select, update

from app.domain.account import Addition
from app.store.tables import additions as table


def begin(connection: Connection, addition: Addition) -> None:
    """Write a new addition; an earlier one of the same enrolment that is not through ends."""
    earlier = (table.c.user_id == addition.user_id, table.c.enrollment_id == addition.enrollment_id, table.c.state.in_(["open", "made"]))
    connection.execute(update(table).where(*earlier).values(state="refused"))
    connection.execute(insert(table), msgspec.structs.asdict(addition))


def by_link(connection: Connection, link_sha256: bytes) -> Addition | None:
    return _one(connection.execute(select(table).where(table.c.link_sha256 == link_sha256)).mappings().one_or_none())


def of_signer(connection: Connection, addition_id: str, user_id: str) -> Addition | None:
    """Give an addition to the signer whose it is, and to no other."""
    return _one(connection.execute(select(table).where(table.c.id == addition_id, table.c.user_id == user_id)).mappings().one_or_none())


def made_for(connection: Connection, user_id: str, now: float) -> list[Addition]:
    """List the signer's new devices that wait for an approval."""
    waiting = select(table).where(table.c.user_id == user_id, table.c.state == "made", table.c.expires > int(now))
    return [Addition(**row) for row in connection.execute(waiting).mappings()]


def offer(connection: Connection, addition: Addition, transaction: bytes) -> bool:
    """Record what the new passkey has to answer; void for whoever was asked before. False if it is not open any more."""
    return connection.execute(update(table).where(*_same(addition, "open")).values(transaction=transaction)).rowcount == 1


def make(connection: Connection, addition: Addition, made: dict[str, Any]) -> bool:
    """Record the new passkey, if it answers what was asked last."""
    answered = (*_same(addition, "open"), table.c.transaction == addition.transaction)
    return connection.execute(update(table).where(*answered).values(made | {"state": "made"})).rowcount == 1


def refuse(connection: Connection, addition: Addition) -> bool:
    """End it, if nothing was decided."""
    still = (table.c.id == addition.id, table.c.state.in_(["open", "made"]))
    return connection.execute(update(table).where(*still).values(state="refused")).rowcount == 1


def finish(connection: Connection, addition_id: str) -> Addition:
    """Record that the SAM has taken the passkey, whatever was recorded before."""
    connection.execute(update(table).where(table.c.id == addition_id).values(state="done"))
    return Addition(**connection.execute(select(table).where(table.c.id == addition_id)).mappings().one())


def _same(addition: Addition, state: str) -> tuple[Any, ...]:
    return table.c.id == addition.id, table.c.state == state


def _one(row: Any) -> Addition | None:
    return Addition(**row) if row is not None else None
