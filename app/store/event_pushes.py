"""
Pushes about a signer's key, in SQL: one row for each browser that is still to be told that something happened.

A row is written in the transaction that records the event, claimed for a while before it is sent, and gone when it was taken or is late.
"""

from sqlalchemy import Connection, delete, insert, select, update

from app.domain.account import Event, EventKind
from app.domain.identifiers import new_id
from app.domain.subscription import EventPush, Subscription
from app.store.tables import event_pushes as table
from app.store.tables import subscriptions

LIFE_S = 7 * 86_400  # as long as the start page tells most of it
PUSHED = (EventKind.DEVICE_ADDED, EventKind.RECOVERY_BEGUN, EventKind.RECOVERED, EventKind.REPLACEMENT_BEGUN)


def begin(connection: Connection, event: Event, acted_with: bytes | None) -> None:
    """Put down that the signer's browsers are to be told of an event that is worth a push, but for the device that it was done with."""
    if event.kind not in PUSHED and not (event.kind is EventKind.KEY_FROZEN and event.cause == "operator"):
        return
    others = select(subscriptions.c.id).where(subscriptions.c.user_id == event.user_id)
    if acted_with is not None:
        others = others.where(subscriptions.c.passkey_id != acted_with)
    rows = [
        {"id": new_id(), "subscription_id": one, "claimed_until": 0, "attempts": 0, "expires": event.at + LIFE_S}
        for one in connection.execute(others).scalars()
    ]
    if rows:
        connection.execute(insert(table), rows)


def due(connection: Connection, now: float, most: int) -> list[EventPush]:
    """List pushes that are to be sent now."""
    joined = select(table.c.id.label("push_id"), table.c.attempts, table.c.expires, *subscriptions.c).join(
        subscriptions, subscriptions.c.id == table.c.subscription_id
    )
    which = (table.c.claimed_until <= int(now), table.c.expires > int(now), subscriptions.c.refused == 0)
    return [
        EventPush(
            id=row["push_id"],
            subscription=Subscription(**{name: row[name] for name in Subscription.__struct_fields__}),
            attempts=row["attempts"],
            expires=row["expires"],
        )
        for row in connection.execute(joined.where(*which).order_by(table.c.claimed_until).limit(most)).mappings()
    ]


def claim(connection: Connection, push: EventPush, now: float, until: float) -> bool:
    """Take a push to send it; False where another has it, or it was sent."""
    mine = (table.c.id == push.id, table.c.claimed_until <= int(now))
    claiming = update(table).where(*mine).values(claimed_until=int(until), attempts=table.c.attempts + 1)
    return connection.execute(claiming).rowcount == 1


def put_off(connection: Connection, push: EventPush, until: float) -> None:
    """Let it be tried again, not before then."""
    connection.execute(update(table).where(table.c.id == push.id).values(claimed_until=int(until)))


def end(connection: Connection, push: EventPush) -> None:
    """Forget it: the push service has it, or never takes it."""
    connection.execute(delete(table).where(table.c.id == push.id))


def forget_subscriptions(connection: Connection, subscription_ids: list[str]) -> None:
    """Delete what was to be sent to these."""
    connection.execute(delete(table).where(table.c.subscription_id.in_(subscription_ids)))


def purge(connection: Connection, now: float) -> None:
    """Forget what could not be sent in its time."""
    connection.execute(delete(table).where(table.c.expires <= int(now)))
