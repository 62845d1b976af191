"""
What applications are to be told at their registered addresses, in SQL: one row for an authorization, due once that is decided.

A callback is claimed for a while before it is sent, so that of several who would send it one does; what was claimed and not sent is due
again.
"""

from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, delete, insert, select, update

from app.domain.authorization import State
from app.store.tables import applications, authorizations
from app.store.tables import callbacks as table

KEPT_S = 7 * 86_400  # longer than anything is tried


class Callback(Struct, frozen=True, kw_only=True):
    """One that is due; `expires` is the authorization's."""

    authorization_id: str
    application_id: str
    url: str
    secret: str
    body: str
    bearer: str | None
    attempts: int
    expires: int

    def __repr__(self) -> str:
        return f"<Callback {self.authorization_id}>"


_DUE = (
    select(
        table.c.authorization_id,
        authorizations.c.application_id,
        applications.c.callback_url.label("url"),
        applications.c.callback_secret.label("secret"),
        table.c.body,
        table.c.bearer,
        table.c.attempts,
        authorizations.c.expires,
    )
    .join(authorizations, authorizations.c.id == table.c.authorization_id)
    .join(applications, applications.c.client_id == authorizations.c.application_id)
    .where(table.c.state == "due", authorizations.c.state != State.PENDING.value, applications.c.callback_url.is_not(None))
    .order_by(table.c.claimed_until)
)


def add(connection: Connection, authorization_id: str, body: str, bearer: str | None = None) -> None:
    """Have an application told with these words when the authorization is decided; part of the transaction that records that one."""
    values: dict[str, Any] = {"authorization_id": authorization_id, "body": body, "bearer": bearer}
    connection.execute(insert(table), values | {"state": "due", "claimed_until": 0, "attempts": 0})


def due(connection: Connection, now: float, most: int) -> list[Callback]:
    """List what is to be sent now, the longest due first."""
    return [Callback(**row) for row in connection.execute(_DUE.where(table.c.claimed_until <= int(now)).limit(most)).mappings()]


def claim(connection: Connection, callback: Callback, now: float, until: float) -> bool:
    """Take one to send it; False where another has it, or its time is not come."""
    mine = (table.c.authorization_id == callback.authorization_id, table.c.state == "due", table.c.claimed_until <= int(now))
    claiming = update(table).where(*mine).values(claimed_until=int(until), attempts=table.c.attempts + 1)
    return connection.execute(claiming).rowcount == 1


def put_off(connection: Connection, callback: Callback, until: float) -> None:
    """Let it be tried again, not before then."""
    connection.execute(update(table).where(table.c.authorization_id == callback.authorization_id).values(claimed_until=int(until)))


def end(connection: Connection, callback: Callback, state: str) -> None:
    """Record that it was sent (`done`), or will not be (`failed`)."""
    connection.execute(update(table).where(table.c.authorization_id == callback.authorization_id).values(state=state, bearer=None))


def purge(connection: Connection, now: float) -> None:
    """Forget what was told long ago."""
    old = select(authorizations.c.id).where(authorizations.c.expires < int(now) - KEPT_S)
    connection.execute(delete(table).where(table.c.authorization_id.in_(old)))
