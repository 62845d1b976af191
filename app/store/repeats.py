"""Which open request is the very one that an application asks a moment later again, in SQL."""

from sqlalchemy import Connection, bindparam, select

from app.domain.authorization import State
from app.store.tables import authorizations, openings, signers

_SAME = (
    select(authorizations.c.id)
    .join(openings, openings.c.authorization_id == authorizations.c.id)
    .where(
        openings.c.asked_sha256 == bindparam("asked"),
        authorizations.c.application_id == bindparam("application_id"),
        authorizations.c.created >= bindparam("since"),
        authorizations.c.id != bindparam("but"),
        authorizations.c.state == State.PENDING.value,
        authorizations.c.expires > bindparam("now"),
    )
    .order_by(authorizations.c.created)
    .limit(1)
)
REPEAT_S = 15  # for so long after the first one


def same(connection: Connection, application_id: str, asked_sha256: bytes, now: float, but: str = "") -> str | None:
    """Give the request of this application that still waits and was asked in the same words just now; None where there is none."""
    values = {"asked": asked_sha256, "application_id": application_id, "since": int(now) - REPEAT_S, "but": but, "now": int(now)}
    found: str | None = connection.execute(_SAME, values).scalar_one_or_none()
    return found


def keep_others_out(connection: Connection, user_id: str) -> None:
    """Let one request to a signer be recorded after the other, until the transaction ends; on SQLite it is alone anyway."""
    connection.execute(select(signers.c.user_id).where(signers.c.user_id == user_id).with_for_update(key_share=True))
