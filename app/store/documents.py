"""Documents in SQL, encrypted, from the request until the signer has decided or the time is over; nothing of them is left after that."""

from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select

from app.domain.authorization import State
from app.store.tables import authorizations
from app.store.tables import documents as table

# Built once: composing a statement costs more than running it.
_SIZES = select(table.c.position, func.length(table.c.sealed).label("size")).where(table.c.authorization_id == bindparam("which"))
_OF = delete(table).where(table.c.authorization_id == bindparam("which"))
_DECIDED = delete(table).where(
    table.c.authorization_id.in_(
        select(authorizations.c.id)
        .join(table, table.c.authorization_id == authorizations.c.id)
        .where(or_(authorizations.c.state != State.PENDING.value, authorizations.c.expires <= bindparam("now")))
    )
)


def add(connection: Connection, authorization_id: str, sealed: dict[int, bytes]) -> None:
    """Keep the documents of an authorization by their positions, in the transaction that records it."""
    rows = [{"authorization_id": authorization_id, "position": position, "sealed": one} for position, one in sealed.items()]
    if rows:
        connection.execute(insert(table), rows)


def get(connection: Connection, authorization_id: str, position: int) -> bytes | None:
    return connection.execute(
        select(table.c.sealed).where(table.c.authorization_id == authorization_id, table.c.position == position)
    ).scalar_one_or_none()


def sizes(connection: Connection, authorization_id: str) -> dict[int, int]:
    """Say how large the documents of an authorization are as they are kept (bytes), by their positions."""
    return {row.position: row.size for row in connection.execute(_SIZES, {"which": authorization_id})}


def forget(connection: Connection, authorization_id: str) -> None:
    """Delete an authorization's documents, in the transaction that ends the waiting for its signer."""
    connection.execute(_OF, {"which": authorization_id})


def forget_of_application(connection: Connection, application_id: str) -> None:
    """Delete what an application has sent, in the transaction that removes it."""
    sent = select(authorizations.c.id).join(table, table.c.authorization_id == authorizations.c.id)
    connection.execute(delete(table).where(table.c.authorization_id.in_(sent.where(authorizations.c.application_id == application_id))))


def forget_ended(connection: Connection, now: float) -> int:
    """Delete what belongs to no open authorization any more, whether its end is recorded or not; says how many."""
    return connection.execute(_DECIDED, {"now": int(now)}).rowcount
