"""What has happened to a signer's keys, devices and agreements, in SQL; and the history of these and of the signatures asked for."""

from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, and_, insert, literal, or_, select, union_all

from app.domain.account import Event, EventKind
from app.domain.authorization import State
from app.store import event_pushes
from app.store.tables import authorizations
from app.store.tables import events as table


class Place(Struct, frozen=True):
    """Where an entry of the history stands: its time (unix seconds), and its id among those of one second."""

    at: int
    id: str
    is_event: bool = False


def add(connection: Connection, event: Event, acted_with: bytes | None = None) -> None:
    """Write an event, and down who is to be told by a push; `acted_with` is the passkey of the device that did it, which knows."""
    connection.execute(insert(table), msgspec.structs.asdict(event) | {"kind": event.kind.value})
    event_pushes.begin(connection, event, acted_with)


def of_signer(connection: Connection, event_id: str, user_id: str) -> Event | None:
    """Give an event to the signer whose it is, and to no other."""
    return _one(connection.execute(select(table).where(table.c.id == event_id, table.c.user_id == user_id)).mappings().one_or_none())


def since(connection: Connection, user_id: str, at: float, most: int) -> list[Event]:
    """List what has happened since then, the newest first."""
    rows = select(table).where(table.c.user_id == user_id, table.c.at >= int(at)).order_by(table.c.at.desc(), table.c.id.desc()).limit(most)
    return [found for row in connection.execute(rows).mappings() if (found := _one(row))]


def history(connection: Connection, user_id: str, before: Place | None, most: int) -> list[Place]:
    """List where a signer's entries stand, the newest first: events, and authorizations that no longer wait, by when they were asked."""
    asked = select(authorizations.c.created.label("at"), authorizations.c.id.label("id"), literal(0).label("is_event")).where(
        authorizations.c.user_id == user_id, authorizations.c.state != State.PENDING.value
    )
    happened = select(table.c.at.label("at"), table.c.id.label("id"), literal(1).label("is_event")).where(table.c.user_id == user_id)
    parts = []
    for part, at, id_ in ((asked, authorizations.c.created, authorizations.c.id), (happened, table.c.at, table.c.id)):
        if before is not None:
            part = part.where(or_(at < before.at, and_(at == before.at, id_ < before.id)))  # each on its own index
        parts.append(part.order_by(at.desc(), id_.desc()).limit(most).subquery())
    both = union_all(*(select(part) for part in parts)).subquery()
    rows = connection.execute(select(both).order_by(both.c.at.desc(), both.c.id.desc()).limit(most))
    return [Place(at, id_, bool(is_event)) for at, id_, is_event in rows]


def _one(row: Any) -> Event | None:
    return Event(**{**row, "kind": EventKind(row["kind"])}) if row is not None else None
