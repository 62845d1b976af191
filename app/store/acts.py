"""What operators did, in SQL: an act is recorded before it is done, and its end afterwards."""

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, insert, select, update

from app.store.tables import acts as table


class Act(Struct, frozen=True):
    """One act of `who`; `at_ms` are unix milliseconds, `outcome` is begun, done or refused."""

    id: str
    at_ms: int
    who: str
    way: str
    act: str
    subject: str
    outcome: str = "begun"


def begin(connection: Connection, act: Act) -> None:
    connection.execute(insert(table), msgspec.structs.asdict(act))


def end(connection: Connection, act_id: str, outcome: str) -> None:
    connection.execute(update(table).where(table.c.id == act_id).values(outcome=outcome))


def newest(connection: Connection, most: int) -> list[Act]:
    rows = select(table).order_by(table.c.at_ms.desc(), table.c.id.desc()).limit(most)
    return [Act(**row) for row in connection.execute(rows).mappings()]
