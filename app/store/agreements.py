"""
Which applications a signer agreed to, in SQL. What the signer has ended stays ended, also where an operator registered the application
for everybody.
"""

from sqlalchemy import Connection, and_, bindparam, case, delete, func, insert, or_, select

from app.domain.account import Event, EventKind
from app.domain.agreement import Agreement
from app.domain.identifiers import new_id
from app.domain.parties import Credential
from app.store import credentials, events
from app.store.tables import agreements as table
from app.store.tables import applications

_STATE = func.coalesce(table.c.state, case((applications.c.for_all, "agreed"), else_=None))
_OF_SIGNER = (
    select(
        applications.c.client_id.label("application_id"),
        applications.c.name,
        _STATE.label("state"),
        func.coalesce(table.c.by, "operator").label("by"),
        func.coalesce(table.c.since, 0).label("since"),
    )
    .outerjoin(table, and_(table.c.application_id == applications.c.client_id, table.c.user_id == bindparam("user_id")))
    .order_by(applications.c.name)
)
_MAY = select(_STATE).select_from(
    applications.outerjoin(table, and_(table.c.application_id == applications.c.client_id, table.c.user_id == bindparam("user_id")))
)


def has_agreed(connection: Connection, user_id: str, application_id: str) -> bool:
    """Tell whether an application may see this signer's certificates, and ask."""
    asked = _MAY.where(applications.c.client_id == bindparam("application_id"))
    values = {"user_id": user_id, "application_id": application_id}
    return connection.execute(asked, values).scalar_one_or_none() == "agreed"


def credential(connection: Connection, application_id: str, credential_id: str) -> Credential | None:
    """Give a credential, where there is one whose signer agreed to this application."""
    found = credentials.get(connection, credential_id)
    return found if found is not None and has_agreed(connection, found.user_id, application_id) else None


def of_signer(connection: Connection, user_id: str) -> list[Agreement]:
    """List the applications that may, or that the signer has ended, by name."""
    shown = _OF_SIGNER.where(or_(table.c.state.is_not(None), applications.c.for_all))
    return [Agreement(**row) for row in connection.execute(shown, {"user_id": user_id}).mappings()]


def one(connection: Connection, user_id: str, application_id: str) -> Agreement | None:
    """Give how a registered application stands with a signer, `state` "none" where nothing was ever agreed; None for no application."""
    found = _OF_SIGNER.where(applications.c.client_id == bindparam("application_id"))
    row = connection.execute(found, {"user_id": user_id, "application_id": application_id}).mappings().one_or_none()
    return Agreement(**{**row, "state": row["state"] or "none"}) if row is not None else None


def record(connection: Connection, user_id: str, application_id: str, state: str, by: str, now: float, device: str | None = None) -> None:
    """Put down that it is agreed, or ended, also in the signer's history where it was not so; what was put down before is gone."""
    before = one(connection, user_id, application_id)
    mine = (table.c.user_id == user_id, table.c.application_id == application_id)
    connection.execute(delete(table).where(*mine))
    values = {"user_id": user_id, "application_id": application_id, "state": state, "by": by, "since": int(now)}
    connection.execute(insert(table), values)
    if before is not None and before.state != state:
        kind = EventKind.AGREED if state == "agreed" else EventKind.AGREEMENT_ENDED
        cause = "operator" if by == "operator" else None
        told = Event(id=new_id(), user_id=user_id, at=int(now), kind=kind, application=before.name, by_device=device, cause=cause)
        events.add(connection, told)


def forget(connection: Connection, application_id: str) -> None:
    """Delete what was agreed with an application that is removed."""
    connection.execute(delete(table).where(table.c.application_id == application_id))
