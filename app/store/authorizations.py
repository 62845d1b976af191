"""Authorizations in SQL: each change is one conditional UPDATE, so that of two who try at once one is first."""

from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, literal, select, update

from app.domain.authorization import LONGEST_LIFE_S, MOVES, Authorization, Reason, State, Told
from app.domain.receipt import SERVICE_ID
from app.store import documents
from app.store.tables import applications
from app.store.tables import authorizations as table

# Built once: composing a statement costs more than running it.
_BY_ID = select(table).where(table.c.id == bindparam("id"))
_BY_ID_AND_APPLICATION = _BY_ID.where(table.c.application_id == bindparam("application_id"))
_BY_ID_AND_SIGNER = _BY_ID.where(table.c.user_id == bindparam("user_id"))
_OPEN_OF_SIGNER = (
    select(table)
    .where(table.c.user_id == bindparam("user_id"), table.c.state == State.PENDING.value, table.c.expires > bindparam("now"))
    .order_by(table.c.expires)
)
_NAMES = [column.name for column in table.columns]
_OPEN_COUNT = (
    select(func.count())
    .select_from(table)
    .where(table.c.user_id == bindparam("user_id"), table.c.state == State.PENDING.value, table.c.expires > bindparam("created"))
    .where((table.c.expires - table.c.created > LONGEST_LIFE_S) == bindparam("lasting"))
    .scalar_subquery()
)
_ADD_IF_ROOM = (
    insert(table)
    .from_select(_NAMES, select(*(bindparam(name, type_=table.c[name].type) for name in _NAMES)).where(bindparam("most") > _OPEN_COUNT))
    .returning(table.c.id)
)
_MOVE = (
    update(table)
    .where(table.c.id == bindparam("which"), table.c.state == bindparam("old"))
    .values({name: bindparam(name) for name in ("state", "reason", "decided_at", "usable_until", "approved_with", "factor")})
)
_FINISH = (
    update(table)
    .where(table.c.id == bindparam("which"), table.c.state.in_([State.PENDING.value, State.APPROVED.value]))
    .values(state=bindparam("state"))
)
_TRY_CODE = (
    update(table)
    .where(table.c.id == bindparam("which"), table.c.state == State.PENDING.value, table.c.code_tries < bindparam("most"))
    .values(code_tries=table.c.code_tries + literal(1))
    .returning(table.c.code_tries)
)


def add_if_room(connection: Connection, authorization: Authorization, most_open: int) -> bool:
    """Write a new authorization unless the signer has `most_open` of its kind waiting already: those for minutes, or those for days."""
    values = {name: getattr(authorization, name) for name in _NAMES} | {"state": authorization.state.value, "most": most_open}
    values["lasting"] = authorization.is_lasting
    return connection.execute(_ADD_IF_ROOM, values).scalar_one_or_none() is not None


def of_application(connection: Connection, authorization_id: str, application_id: str) -> Authorization | None:
    """Give an authorization to the application that asked for it, and to no other."""
    return _one(
        connection.execute(_BY_ID_AND_APPLICATION, {"id": authorization_id, "application_id": application_id}).mappings().one_or_none()
    )


def of_signer(connection: Connection, authorization_id: str, user_id: str) -> Authorization | None:
    """Give an authorization to the signer who is asked, and to no other."""
    return _one(connection.execute(_BY_ID_AND_SIGNER, {"id": authorization_id, "user_id": user_id}).mappings().one_or_none())


def get(connection: Connection, authorization_id: str) -> Authorization | None:
    return _one(connection.execute(_BY_ID, {"id": authorization_id}).mappings().one_or_none())


def waiting_for(connection: Connection, user_id: str, now: float) -> list[Authorization]:
    """List what waits for a signer, the soonest to end first."""
    rows = connection.execute(_OPEN_OF_SIGNER, {"user_id": user_id, "now": int(now)}).mappings()
    return [found for row in rows if (found := _one(row))]


def overdue(connection: Connection, now: float, most: int) -> list[Authorization]:
    """List authorizations whose time ran out and whose end is not recorded yet."""
    waiting = select(table).where(table.c.state == State.PENDING.value, table.c.expires <= int(now)).limit(most)
    unused = select(table).where(table.c.state == State.APPROVED.value, table.c.usable_until <= int(now)).limit(most)
    return [found for query in (waiting, unused) for row in connection.execute(query).mappings() if (found := _one(row))]


def orphans(connection: Connection, most: int) -> list[Authorization]:
    """List what waits though the application that asked for it is on record no more."""
    known = select(applications.c.client_id)
    waiting = select(table).where(table.c.state == State.PENDING.value, table.c.application_id != SERVICE_ID)
    rows = waiting.where(table.c.application_id.not_in(known)).limit(most)
    return [found for row in connection.execute(rows).mappings() if (found := _one(row))]


def move(
    connection: Connection,
    authorization: Authorization,
    state: State,
    *,
    reason: str | None = None,
    decided_at: int | None = None,
    usable_until: int | None = None,
    approved_with: str | None = None,
    factor: str | None = None,
) -> bool:
    """Move an authorization on from the state in which it was read, and delete its documents; False if another was first."""
    if state not in MOVES.get(authorization.state, ()):
        raise ValueError(f"no way from {authorization.state} to {state}")
    values = {
        "which": authorization.id,
        "old": authorization.state.value,
        "state": state.value,
        "reason": reason or authorization.reason,
        "decided_at": decided_at or authorization.decided_at,
        "usable_until": usable_until or authorization.usable_until,
        "approved_with": approved_with or authorization.approved_with,
        "factor": factor or authorization.factor,
    }
    moved = connection.execute(_MOVE, values).rowcount == 1
    if moved:
        documents.forget(connection, authorization.id)
    return moved


def finish(connection: Connection, authorization_id: str, state: State) -> None:
    """Record how the use of an approval ended; nothing happens where that is recorded already."""
    connection.execute(_FINISH, {"which": authorization_id, "state": state.value})
    documents.forget(connection, authorization_id)


def try_code(connection: Connection, authorization_id: str, most: int) -> int | None:
    """Count one try of the verification code before it is compared; the number of tries so far, or None when they are used up."""
    return connection.execute(_TRY_CODE, {"which": authorization_id, "most": most}).scalar_one_or_none()


def mark_opened(connection: Connection, authorization_id: str, now: float) -> None:
    """Record that its signer has the page before them, the first time."""
    connection.execute(update(table).where(table.c.id == authorization_id, table.c.opened_at.is_(None)).values(opened_at=int(now)))


def put_off(connection: Connection, authorization_id: str, now: float) -> None:
    """Record that its signer will see to it later."""
    connection.execute(update(table).where(table.c.id == authorization_id, table.c.state == State.PENDING.value).values(later_at=int(now)))


def reported_since(connection: Connection, user_id: str, at: float, most: int) -> list[Authorization]:
    """List what a signer has refused as not expected since then, the newest first."""
    mine = (table.c.user_id == user_id, table.c.state == State.REFUSED.value, table.c.reason == Reason.NOT_ME.value)
    rows = select(table).where(*mine, table.c.decided_at >= int(at)).order_by(table.c.decided_at.desc(), table.c.id).limit(most)
    return [found for row in connection.execute(rows).mappings() if (found := _one(row))]


def _one(row: Any) -> Authorization | None:
    if row is None:
        return None
    return Authorization(**{**row, "state": State(row["state"]), "told": Told(row["told"]) if row["told"] is not None else None})
