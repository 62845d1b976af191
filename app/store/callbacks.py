"""
What applications are to be told at their registered addresses, in SQL: one row for an authorization, due once that is decided, and one for
a response that is to be told of, due once that is there.

A callback is claimed for a while before it is sent, so that of several who would send it one does; what was claimed and not sent is due
again.
"""

import json
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, delete, insert, select, update

from app.domain.authorization import Authorization, State
from app.store.tables import applications, authorizations
from app.store.tables import callbacks as table

TRIED_FOR_S = 86_400  # after the time of the request was over
KEPT_S = 7 * 86_400  # after anything is tried


class Callback(Struct, frozen=True, kw_only=True):
    """One that is due: the same `id` at each try, given up after `tried_until`."""

    id: str
    application_id: str
    url: str
    secret: str
    body: str
    bearer: str | None
    attempts: int
    tried_until: int

    def __repr__(self) -> str:
        return f"<Callback {self.id}>"


_DUE = (
    select(
        table.c.id,
        authorizations.c.application_id,
        applications.c.callback_url.label("url"),
        applications.c.callback_secret.label("secret"),
        table.c.body,
        table.c.bearer,
        table.c.attempts,
        table.c.tried_until,
    )
    .join(authorizations, authorizations.c.id == table.c.authorization_id)
    .join(applications, applications.c.client_id == authorizations.c.application_id)
    .where(table.c.state == "due", authorizations.c.state != State.PENDING.value, applications.c.callback_url.is_not(None))
    .order_by(table.c.claimed_until)
)


def add(connection: Connection, authorization: Authorization, words: dict[str, str], bearer: str | None = None) -> None:
    """Have an application told with these words when the authorization is decided; part of the transaction that records that one."""
    _add(connection, authorization.id, authorization.id, words, authorization.expires + TRIED_FOR_S, state="due", bearer=bearer)


def add_for_response(connection: Connection, response_id: str, authorization_id: str, until: int) -> None:
    """Have an application told when a response is there, tried until `until`; part of the transaction that records the request for it."""
    _add(connection, response_id, authorization_id, {"responseID": response_id}, until, state="waiting")


def release(connection: Connection, response_id: str) -> None:
    """Let it be told that a response is there; part of the transaction that records what it says."""
    connection.execute(update(table).where(table.c.id == response_id, table.c.state == "waiting").values(state="due"))


def due(connection: Connection, now: float, most: int) -> list[Callback]:
    """List what is to be sent now, the longest due first."""
    return [Callback(**row) for row in connection.execute(_DUE.where(table.c.claimed_until <= int(now)).limit(most)).mappings()]


def claim(connection: Connection, callback: Callback, now: float, until: float) -> bool:
    """Take one to send it; False where another has it, or its time is not come."""
    mine = (table.c.id == callback.id, table.c.state == "due", table.c.claimed_until <= int(now))
    claiming = update(table).where(*mine).values(claimed_until=int(until), attempts=table.c.attempts + 1)
    return connection.execute(claiming).rowcount == 1


def put_off(connection: Connection, callback: Callback, until: float) -> None:
    """Let it be tried again, not before then."""
    connection.execute(update(table).where(table.c.id == callback.id).values(claimed_until=int(until)))


def end(connection: Connection, callback: Callback, state: str) -> None:
    """Record that it was sent (`done`), or will not be (`failed`)."""
    connection.execute(update(table).where(table.c.id == callback.id).values(state=state, bearer=None))


def purge(connection: Connection, now: float) -> None:
    """Forget what was told long ago."""
    connection.execute(delete(table).where(table.c.tried_until < int(now) - KEPT_S))


def _add(
    connection: Connection, which: str, authorization_id: str, words: dict[str, str], until: int, *, state: str, bearer: str | None = None
) -> None:
    values: dict[str, Any] = {"id": which, "authorization_id": authorization_id, "body": json.dumps(words), "bearer": bearer}
    connection.execute(insert(table), values | {"state": state, "claimed_until": 0, "tried_until": until, "attempts": 0})
