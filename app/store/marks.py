"""The applications' marks (PNG) in SQL."""

from sqlalchemy import Connection, bindparam, delete, insert, select

from app.store.tables import marks

_OF = select(marks.c.png).where(marks.c.client_id == bindparam("client_id"))
_IS_THERE = select(marks.c.client_id).where(marks.c.client_id == bindparam("client_id"))


def add(connection: Connection, client_id: str, png: bytes) -> None:
    connection.execute(insert(marks), {"client_id": client_id, "png": png})


def of(connection: Connection, client_id: str) -> bytes | None:
    """Give an application's mark."""
    found: bytes | None = connection.execute(_OF, {"client_id": client_id}).scalar_one_or_none()
    return found


def has_one(connection: Connection, client_id: str) -> bool:
    return connection.execute(_IS_THERE, {"client_id": client_id}).first() is not None


def remove(connection: Connection, client_id: str) -> None:
    connection.execute(delete(marks).where(marks.c.client_id == client_id))
