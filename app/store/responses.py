"""Answers that applications fetch later, in SQL; whoever works on one has claimed it by one conditional statement."""

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from app.domain.response import Response
from app.store import callbacks
from app.store.tables import responses as table

_ALL = select(*(table.c[name] for name in Response.__struct_fields__))
_BY_ID = _ALL.where(table.c.id == bindparam("which"))
_OVER = delete(table).where(table.c.keep_until <= bindparam("now"))


def add(connection: Connection, response: Response, authorization_id: str, *, told: bool) -> None:
    """Record one; where it is to be `told`, a callback will name it when it is there."""
    connection.execute(insert(table), msgspec.structs.asdict(response))
    if told:
        callbacks.add_for_response(connection, response.id, authorization_id, response.keep_until)


def get(connection: Connection, response_id: str) -> Response | None:
    row = connection.execute(_BY_ID, {"which": response_id}).mappings().one_or_none()
    return Response(**row) if row is not None else None


def abandoned(connection: Connection, now: float, most: int) -> list[Response]:
    """List what nobody works on."""
    found = _ALL.where(table.c.state == "working", table.c.claimed_until <= int(now)).order_by(table.c.claimed_until).limit(most)
    return [Response(**row) for row in connection.execute(found).mappings()]


def claim(connection: Connection, response: Response, until: int) -> bool:
    """Take one over, or keep it for longer; False if another was first."""
    mine = (table.c.id == response.id, table.c.state == "working", table.c.claimed_until == response.claimed_until)
    return connection.execute(update(table).where(*mine).values(claimed_until=until)).rowcount == 1


def finish(connection: Connection, response_id: str, state: str, content: bytes) -> None:
    """Put the answer in the place of the request, and let that be told; the first one stays."""
    connection.execute(update(table).where(table.c.id == response_id, table.c.state == "working").values(state=state, content=content))
    callbacks.release(connection, response_id)


def forget_over(connection: Connection, now: float) -> int:
    return connection.execute(_OVER, {"now": int(now)}).rowcount
