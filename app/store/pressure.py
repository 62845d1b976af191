"""What became of an application's requests to a signer, read from the authorizations themselves; and when the signer wants none at all."""

from sqlalchemy import Connection, bindparam, exists, func, select, update

from app.domain.authorization import Reason, State
from app.domain.pressure import COUNTED_S, Unwanted
from app.store.tables import authorizations as table
from app.store.tables import signers
from hsm.messages import MAX_LIFE_S

MOST = 50  # what is looked at; the wait has long stopped growing by then
_UNWANTED = (State.REFUSED, State.EXPIRED)
_APPROVED = (State.APPROVED, State.SIGNED, State.LAPSED, State.UNKNOWN)
_ENDED = func.coalesce(table.c.decided_at, table.c.expires)
_LATEST = (
    select(table.c.state, table.c.reason, _ENDED.label("ended"))
    .where(table.c.user_id == bindparam("user_id"), table.c.application_id == bindparam("application_id"))
    .where(table.c.created > bindparam("since"))
    .order_by(table.c.created.desc())
    .limit(MOST)
)
_KNOWN = select(
    exists().where(
        table.c.user_id == bindparam("user_id"),
        table.c.application_id == bindparam("application_id"),
        table.c.state.in_([one.value for one in _APPROVED]),
    )
)


def unwanted(connection: Connection, user_id: str, application_id: str, now: float) -> Unwanted:
    """
    Say what became of an application's latest requests to a signer.

    A refusal as the wrong document is no refusal of the application, which is to send the right one; a request that nobody answered
    counts as soon as its time is over.
    """
    asked = {"user_id": user_id, "application_id": application_id, "since": int(now) - COUNTED_S - MAX_LIFE_S}
    rows = [row for row in connection.execute(_LATEST, asked) if row.ended <= int(now)]
    approved = max((row.ended for row in rows if row.state in _APPROVED), default=0)
    ends = [
        row.ended
        for row in rows
        if row.ended > max(approved, int(now) - COUNTED_S)
        and (row.state in _UNWANTED or row.state == State.PENDING)
        and row.reason != Reason.WRONG_DOCUMENT
    ]
    return Unwanted(len(ends), max(ends, default=0))


def has_approved(connection: Connection, user_id: str, application_id: str) -> bool:
    """Tell whether a signer has ever approved anything for an application."""
    return bool(connection.execute(_KNOWN, {"user_id": user_id, "application_id": application_id}).scalar_one())


def quiet_until(connection: Connection, user_id: str) -> int:
    """Give the time (unix seconds) before which the signer wants no requests; long past where any may come."""
    return int(connection.execute(select(signers.c.quiet_until).where(signers.c.user_id == user_id)).scalar_one())


def set_quiet(connection: Connection, user_id: str, until: int) -> None:
    """Record until when the signer wants no requests; 0: any may come."""
    connection.execute(update(signers).where(signers.c.user_id == user_id).values(quiet_until=until))
