"""Renewals in SQL: which are under way, when each is gone on with, and that it ended, which is recorded once."""

import msgspec
from sqlalchemy import Connection, insert, select, update

from app.domain.account import Renewal
from app.store.tables import renewals as table


def add(connection: Connection, renewal: Renewal) -> None:
    connection.execute(insert(table), msgspec.structs.asdict(renewal))


def get(connection: Connection, credential_id: str) -> Renewal | None:
    row = connection.execute(select(table).where(table.c.credential_id == credential_id)).mappings().one_or_none()
    return Renewal(**row) if row is not None else None


def open_of(connection: Connection, user_id: str) -> list[Renewal]:
    """List a signer's renewals that are under way."""
    mine = select(table).where(table.c.user_id == user_id, table.c.state == "open")
    return [Renewal(**row) for row in connection.execute(mine).mappings()]


def due(connection: Connection, now: float, most: int) -> list[Renewal]:
    """List what is to be gone on with by now."""
    waiting = select(table).where(table.c.state == "open", table.c.next_try <= int(now)).order_by(table.c.next_try).limit(most)
    return [Renewal(**row) for row in connection.execute(waiting).mappings()]


def try_again(connection: Connection, renewal: Renewal, at: float) -> None:
    """Go on with it then, unless somebody else has gone on since it was read."""
    same = (table.c.credential_id == renewal.credential_id, table.c.state == "open", table.c.tries == renewal.tries)
    connection.execute(update(table).where(*same).values(tries=renewal.tries + 1, next_try=int(at)))


def end(connection: Connection, credential_id: str, state: str) -> bool:
    """Record its end; False where that is recorded already."""
    ending = update(table).where(table.c.credential_id == credential_id, table.c.state == "open").values(state=state)
    return connection.execute(ending).rowcount == 1
