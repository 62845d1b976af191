"""Changes that need a passkey, in SQL: what was composed, whether it was sent to the SAM, and that it was done, which is recorded once."""

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, update

from app.domain.account import Change
from app.store.tables import changes as table


def add_if_room(connection: Connection, change: Change, most_open: int, now: float) -> bool:
    """Write a new change, unless the signer has `most_open` waiting already; what was never approved and is over is forgotten."""
    mine = (table.c.user_id == change.user_id, table.c.state == "open")
    connection.execute(delete(table).where(*mine, table.c.expires <= int(now)))
    if connection.execute(select(func.count()).select_from(table).where(*mine)).scalar_one() >= most_open:
        return False
    connection.execute(insert(table), msgspec.structs.asdict(change))
    return True


def of_signer(connection: Connection, change_id: str, user_id: str) -> Change | None:
    """Give a change to the signer whose it is, and to no other."""
    row = connection.execute(select(table).where(table.c.id == change_id, table.c.user_id == user_id)).mappings().one_or_none()
    return Change(**row) if row is not None else None


def send(connection: Connection, change: Change, passkey_id: bytes, now: float) -> None:
    """Record that the SAM may do it from now on, and with whose approval."""
    values = {"state": "sent", "sent_at": int(now), "sent_with": passkey_id}
    connection.execute(update(table).where(table.c.id == change.id, table.c.state != "done").values(values))


def take_back(connection: Connection, change: Change) -> None:
    """Record that the SAM has not done it."""
    connection.execute(update(table).where(table.c.id == change.id, table.c.state == "sent").values(state="open"))


def finish(connection: Connection, change_id: str) -> bool:
    """Record that the SAM has done it; False where that is recorded already."""
    return connection.execute(update(table).where(table.c.id == change_id, table.c.state != "done").values(state="done")).rowcount == 1


def sent_before(connection: Connection, at: float, most: int) -> list[Change]:
    """List what was sent to the SAM by then, and has no outcome here."""
    waiting = select(table).where(table.c.state == "sent", table.c.sent_at <= int(at)).limit(most)
    return [Change(**row) for row in connection.execute(waiting).mappings()]
