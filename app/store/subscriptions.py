"""Push subscriptions in SQL: an address is one signer's only, and goes when its session or its device does."""

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select, update

from app.domain.subscription import Subscription
from app.store import event_pushes
from app.store.notices import forget_subscriptions
from app.store.tables import subscriptions as table

MOST = 20  # for one signer
_TAKES_PUSHES = select(func.count()).select_from(table).where(table.c.user_id == bindparam("user_id"), table.c.refused == 0)


def keep(connection: Connection, subscription: Subscription) -> bool:
    """
    Write a subscription, or bring the one with this address up to date; False where the address is known with other keys.

    Only the browser itself knows the keys, so that nobody takes an address over by naming it.
    """
    known = by_endpoint(connection, subscription.endpoint)
    if known is None:
        _add(connection, subscription)
        return True
    if (known.p256dh, known.auth) != (subscription.p256dh, subscription.auth):
        return False
    if known.user_id != subscription.user_id:
        remove(connection, table.c.id == known.id)
        _add(connection, subscription)
        return True
    names = ("passkey_id", "session_sha256", "language", "agent", "last_seen", "refused")
    connection.execute(update(table).where(table.c.id == known.id).values({name: getattr(subscription, name) for name in names}))
    return True


def hand_over(connection: Connection, earlier_sha256: bytes, user_id: str, passkey_id: bytes | None, session_sha256: bytes) -> None:
    """Take a browser's subscription along into its next session, where it is the same signer's, and has a passkey; else it ends."""
    earlier = table.c.session_sha256 == earlier_sha256
    remove(connection, earlier if passkey_id is None else earlier & (table.c.user_id != user_id))
    connection.execute(update(table).where(earlier).values(passkey_id=passkey_id, session_sha256=session_sha256))


def takes_pushes(connection: Connection, user_id: str) -> bool:
    """Tell whether any browser of a signer does."""
    return bool(connection.execute(_TAKES_PUSHES, {"user_id": user_id}).scalar_one())


def get(connection: Connection, subscription_id: str) -> Subscription | None:
    return _one(connection.execute(select(table).where(table.c.id == subscription_id)).mappings().one_or_none())


def by_endpoint(connection: Connection, endpoint: str) -> Subscription | None:
    return _one(connection.execute(select(table).where(table.c.endpoint == endpoint)).mappings().one_or_none())


def of_signer(connection: Connection, user_id: str) -> list[Subscription]:
    rows = connection.execute(select(table).where(table.c.user_id == user_id).order_by(table.c.created, table.c.id)).mappings()
    return [Subscription(**row) for row in rows]


def of_session(connection: Connection, session_sha256: bytes) -> Subscription | None:
    """Give the newest subscription of a session."""
    newest = select(table).where(table.c.session_sha256 == session_sha256).order_by(table.c.created.desc()).limit(1)
    return _one(connection.execute(newest).mappings().one_or_none())


def remove_of_session(connection: Connection, session_sha256: bytes) -> None:
    remove(connection, table.c.session_sha256 == session_sha256)


def remove_of_passkey(connection: Connection, passkey_id: bytes) -> None:
    remove(connection, table.c.passkey_id == passkey_id)


def remove_endpoint(connection: Connection, endpoint: str, user_id: str) -> None:
    """Forget an address, if it is this signer's."""
    remove(connection, (table.c.endpoint == endpoint) & (table.c.user_id == user_id))


def remove_one(connection: Connection, subscription_id: str) -> None:
    remove(connection, table.c.id == subscription_id)


def seen(connection: Connection, subscription_id: str, now: float) -> None:
    """Record that the device was heard of."""
    connection.execute(update(table).where(table.c.id == subscription_id).values(last_seen=int(now)))


def taken(connection: Connection, subscription_id: str, now: float) -> None:
    """Record that the push service took a push for it."""
    connection.execute(update(table).where(table.c.id == subscription_id).values(last_success=int(now)))


def refuse(connection: Connection, subscription_id: str, status: int) -> None:
    """Record that the push service does not want us there; no push is sent to it until its browser subscribes anew."""
    connection.execute(update(table).where(table.c.id == subscription_id).values(refused=status))


def refused(connection: Connection) -> int:
    """Count those whose push service does not want us."""
    return int(connection.execute(select(func.count()).select_from(table).where(table.c.refused != 0)).scalar_one())


def remove(connection: Connection, which: ColumnElement[bool]) -> None:
    """Forget subscriptions, with what was to be sent to them."""
    ids = [str(one) for one in connection.execute(select(table.c.id).where(which)).scalars()]
    if ids:
        forget_subscriptions(connection, ids)
        event_pushes.forget_subscriptions(connection, ids)
        connection.execute(delete(table).where(table.c.id.in_(ids)))


def _add(connection: Connection, subscription: Subscription) -> None:
    """Write a new one; the oldest of very many goes."""
    older = select(table.c.id).where(table.c.user_id == subscription.user_id).order_by(table.c.last_seen.desc()).offset(MOST - 1)
    remove(connection, table.c.id.in_(list(connection.execute(older).scalars())))
    connection.execute(insert(table), msgspec.structs.asdict(subscription))


def _one(row: Any) -> Subscription | None:
    return Subscription(**row) if row is not None else None
