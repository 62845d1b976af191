"""What was appended to PDFs that `signDoc` will sign, encrypted, from the request until the approval is worth nothing any more."""

from sqlalchemy import Connection, delete, insert, or_, select

from app.domain.authorization import State
from app.store.tables import authorizations
from app.store.tables import preparations as table

KEPT_AFTER_S = 900  # the SAD's life, and time to ask again for an answer that was lost
_WAITING = (State.PENDING.value, State.APPROVED.value, State.SIGNED.value)


def add(connection: Connection, authorization_id: str, sealed: dict[int, bytes]) -> None:
    """Keep the preparations of an authorization by their documents' positions, in the transaction that records it."""
    rows = [{"authorization_id": authorization_id, "position": position, "sealed": one} for position, one in sealed.items()]
    if rows:
        connection.execute(insert(table), rows)


def of(connection: Connection, authorization_id: str) -> dict[int, bytes]:
    found = select(table.c.position, table.c.sealed).where(table.c.authorization_id == authorization_id).order_by(table.c.position)
    return {row.position: row.sealed for row in connection.execute(found)}


def forget_ended(connection: Connection, now: float) -> int:
    """Delete what belongs to no authorization that could still be signed or asked for again; says how many."""
    last = authorizations.c.decided_at.is_(None) & (authorizations.c.expires <= int(now) - KEPT_AFTER_S)
    last |= authorizations.c.decided_at <= int(now) - KEPT_AFTER_S
    over = select(table.c.authorization_id).join(authorizations, table.c.authorization_id == authorizations.c.id)
    over = over.where(or_(authorizations.c.state.not_in(_WAITING), last))
    return connection.execute(delete(table).where(table.c.authorization_id.in_(over))).rowcount
