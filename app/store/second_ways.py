"""Who has put off choosing a second way to approve, in SQL: one row for an enrolment."""

from sqlalchemy import Connection, insert, select

from app.store.tables import second_ways as table


def put_off(connection: Connection, enrollment_id: str, now: int) -> None:
    """Write it down; raises IntegrityError where it is written already."""
    connection.execute(insert(table), {"enrollment_id": enrollment_id, "put_off_at": now})


def is_put_off(connection: Connection, enrollment_id: str) -> bool:
    return connection.execute(select(table.c.put_off_at).where(table.c.enrollment_id == enrollment_id)).first() is not None
