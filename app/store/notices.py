"""
What is told to which browser, in SQL: one row for an authorization and a subscription, which says what was sent last.

A push is claimed for a while before it is sent, so that of several who would send it one does; what was claimed and not sent is due again.
"""

from typing import Any

from sqlalchemy import Connection, Select, and_, delete, exists, func, insert, or_, select, update

from app.domain.authorization import Reason, State, Told
from app.domain.identifiers import new_id
from app.domain.subscription import MINUTES_10_S, Notice, Subscription
from app.store.tables import authorizations, notices, signers, subscriptions

KEPT_AFTER_END_S = 86_400


def begin(connection: Connection, authorization_id: str, now: float, most_pushes: int) -> None:
    """
    Put down which browsers are to be told, once; or that none is.

    No more than `most_pushes` authorizations are told to a signer within ten minutes: the others wait on the start page.
    """
    row = connection.execute(select(authorizations).where(authorizations.c.id == authorization_id)).mappings().one()
    if row["told"] is not None or row["told_at"] is not None or row["state"] != State.PENDING:
        return
    # Two at once must not both be the last that may; on SQLite the transaction itself keeps others out.
    connection.execute(select(signers.c.user_id).where(signers.c.user_id == row["user_id"]).with_for_update(key_share=True))
    mine = select(subscriptions.c.id).where(subscriptions.c.user_id == row["user_id"], subscriptions.c.refused == 0)
    takers = list(connection.execute(mine).scalars())
    wanted = connection.execute(select(signers.c.quiet_until).where(signers.c.user_id == row["user_id"])).scalar_one() <= int(now)
    recent = (authorizations.c.user_id == row["user_id"], authorizations.c.told_at > int(now) - MINUTES_10_S)
    if not takers:
        _tell(connection, authorization_id, told=Told.NO_DEVICE)
    elif not wanted or connection.execute(select(func.count()).select_from(authorizations).where(*recent)).scalar_one() >= most_pushes:
        _tell(connection, authorization_id, told=Told.INBOX)
    elif _tell(connection, authorization_id, told_at=int(now)):
        rows = [
            {
                "id": new_id(),
                "authorization_id": authorization_id,
                "subscription_id": one,
                "state": "due",
                "claimed_until": 0,
                "attempts": 0,
            }
            for one in takers
        ]
        connection.execute(insert(notices), rows)


def due(connection: Connection, now: float, most: int, authorization_id: str | None = None) -> list[Notice]:
    """
    List pushes that are to be sent now: requests that wait, and what became of requests that somebody may still look at.

    Nothing asks anything of a signer who has put it off, or wants no requests for now.
    """
    quiet = select(signers.c.user_id).where(signers.c.user_id == authorizations.c.user_id, signers.c.quiet_until > int(now)).exists()
    open_ones = and_(authorizations.c.state == State.PENDING.value, authorizations.c.expires > int(now))
    asked = and_(notices.c.state == "due", open_ones, authorizations.c.later_at.is_(None), ~quiet)
    changed = or_(authorizations.c.state != State.PENDING.value, authorizations.c.later_at.is_not(None))
    ended = and_(notices.c.state == "sent", notices.c.opened_at.is_(None), changed)
    which = or_(asked, ended) & (notices.c.claimed_until <= int(now)) & (subscriptions.c.refused == 0)
    if authorization_id is not None:
        which &= notices.c.authorization_id == authorization_id
    return [_notice(row) for row in connection.execute(_JOINED.where(which).limit(most)).mappings()]


def untold(connection: Connection, now: float, most: int) -> list[str]:
    """List open authorizations about which nothing was put down yet."""
    open_ones = (authorizations.c.state == State.PENDING.value, authorizations.c.expires > int(now))
    nothing = (authorizations.c.told.is_(None), authorizations.c.told_at.is_(None))
    return list(connection.execute(select(authorizations.c.id).where(*open_ones, *nothing).limit(most)).scalars())


def claim(connection: Connection, notice: Notice, now: float, until: float) -> bool:
    """Take a push to send it; False where another has it, or its time is not come, or the authorization has changed since."""
    waits = (authorizations.c.state == State.PENDING.value, authorizations.c.later_at.is_(None))
    pending = exists().where(authorizations.c.id == notice.authorization_id, *waits)
    mine = (notices.c.id == notice.id, notices.c.claimed_until <= int(now), ~pending if notice.is_over else pending)
    state = "sent" if notice.is_over else "due"
    claiming = update(notices).where(*mine, notices.c.state == state).values(claimed_until=int(until), attempts=notices.c.attempts + 1)
    return connection.execute(claiming).rowcount == 1


def sent(connection: Connection, notice: Notice) -> None:
    """Record that the push service has it."""
    _end(connection, notice.id, "over" if notice.is_over else "sent")


def put_off(connection: Connection, notice: Notice, until: float) -> None:
    """Let it be tried again, not before then."""
    connection.execute(update(notices).where(notices.c.id == notice.id).values(claimed_until=int(until)))


def fail(connection: Connection, notice: Notice) -> None:
    """Record that it will not be sent."""
    _end(connection, notice.id, "over" if notice.is_over else "failed")


def forget_subscriptions(connection: Connection, subscription_ids: list[str]) -> None:
    """Delete what was to be sent to these; an authorization that nobody can be told any more is without a device."""
    which = notices.c.subscription_id.in_(subscription_ids)
    told = list(connection.execute(select(notices.c.authorization_id).where(which)).scalars())
    connection.execute(delete(notices).where(which))
    for authorization_id in told:
        _settle(connection, authorization_id)


def delivered(connection: Connection, notice_id: str, now: float, *, opened: bool = False) -> tuple[str, str] | None:
    """Record that a push was received, or opened, the first time; gives authorization and subscription, None where there is none such."""
    row = connection.execute(select(notices).where(notices.c.id == notice_id)).mappings().one_or_none()
    if row is None:
        return None
    if opened:
        connection.execute(update(notices).where(notices.c.id == notice_id, notices.c.opened_at.is_(None)).values(opened_at=int(now)))
    first = (authorizations.c.id == row["authorization_id"], authorizations.c.delivered_at.is_(None))
    connection.execute(update(authorizations).where(*first).values(delivered_at=int(now)))
    return row["authorization_id"], row["subscription_id"]


def purge(connection: Connection, now: float) -> None:
    """Forget what was told about authorizations that ended long ago."""
    ended = select(authorizations.c.id).where(
        authorizations.c.state != State.PENDING.value, authorizations.c.expires < int(now) - KEPT_AFTER_END_S
    )
    connection.execute(delete(notices).where(notices.c.authorization_id.in_(ended)))


_JOINED: Select[Any] = (
    select(
        notices.c.id.label("notice_id"),
        notices.c.authorization_id,
        notices.c.state.label("notice_state"),
        notices.c.attempts,
        authorizations.c.expires,
        authorizations.c.state.label("authorization_state"),
        authorizations.c.reason,
        *subscriptions.c,
    )
    .join(authorizations, authorizations.c.id == notices.c.authorization_id)
    .join(subscriptions, subscriptions.c.id == notices.c.subscription_id)
    .order_by(notices.c.claimed_until)
)


def _notice(row: Any) -> Notice:
    return Notice(
        id=row["notice_id"],
        authorization_id=row["authorization_id"],
        subscription=Subscription(**{name: row[name] for name in Subscription.__struct_fields__}),
        kind=_kind(row),
        attempts=row["attempts"],
        expires=row["expires"],
    )


def _kind(row: Any) -> str:
    if row["notice_state"] == "due":
        return "request"
    if row["authorization_state"] == State.PENDING:
        return "later"
    return "reported" if row["reason"] == Reason.NOT_ME else "over"


def _end(connection: Connection, notice_id: str, state: str) -> None:
    ended = update(notices).where(notices.c.id == notice_id).values(state=state, claimed_until=0, attempts=0)
    told = connection.execute(ended.returning(notices.c.authorization_id)).scalar_one_or_none()
    if told is not None:
        _settle(connection, told)


def _settle(connection: Connection, authorization_id: str) -> None:
    """Say how telling went, once nothing about it is outstanding."""
    states = set(connection.execute(select(notices.c.state).where(notices.c.authorization_id == authorization_id)).scalars())
    if "due" not in states:
        _tell(connection, authorization_id, told=Told.PUSHED if states & {"sent", "over"} else Told.NO_DEVICE)


def _tell(connection: Connection, authorization_id: str, **values: Any) -> bool:
    untouched = (authorizations.c.id == authorization_id, authorizations.c.told.is_(None))
    return connection.execute(update(authorizations).where(*untouched).values(**values)).rowcount == 1
