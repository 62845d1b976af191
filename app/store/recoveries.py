"""Recovery codes in SQL, by their hashes, and what was begun with each; a step is one conditional UPDATE, so that a code is used once."""

from typing import Any

import msgspec
from sqlalchemy import Connection, and_, delete, insert, or_, select, update

from app.domain.recovery import Recovery
from app.store.tables import recoveries as table
from hsm.messages import RECOVERY_OPEN_S


def replace(connection: Connection, user_id: str, enrollment_id: str, codes: tuple[str, ...], now: int) -> None:
    """Put these codes in the place of those that were not used; what was begun with others goes on."""
    connection.execute(delete(table).where(table.c.enrollment_id == enrollment_id, table.c.state == "unused"))
    known = set(connection.scalars(select(table.c.code_sha256).where(table.c.code_sha256.in_(codes))))
    for code in codes:
        if code not in known:
            made = Recovery(code_sha256=code, user_id=user_id, enrollment_id=enrollment_id, created=now)
            connection.execute(insert(table), msgspec.structs.asdict(made))


def unused(connection: Connection, enrollment_id: str) -> list[Recovery]:
    """List the codes of an enrolment that are still good."""
    return _all(connection, table.c.enrollment_id == enrollment_id, table.c.state == "unused")


def by_code(connection: Connection, code_sha256: str) -> Recovery | None:
    return _one(connection, table.c.code_sha256 == code_sha256)


def by_passkey(connection: Connection, passkey_id: bytes) -> Recovery | None:
    """Give what was begun with this passkey, unless it is through."""
    found = _all(connection, table.c.passkey_id == passkey_id, table.c.state.not_in(("unused", "done")))
    return found[-1] if found else None


def by_id(connection: Connection, recovery_id: str) -> Recovery | None:
    return _one(connection, table.c.id == recovery_id)


def of_signer(connection: Connection, recovery_id: str, user_id: str) -> Recovery | None:
    """Give what was begun to the signer whose it is, and to no other."""
    return _one(connection, table.c.id == recovery_id, table.c.user_id == user_id)


def waiting_for(connection: Connection, user_id: str, now: float) -> list[Recovery]:
    """List what waits in a signer's name, or could still be completed."""
    return _all(connection, table.c.user_id == user_id, table.c.state == "waiting", table.c.ready_at > int(now) - RECOVERY_OPEN_S)


def unsettled(connection: Connection, begun_before: float, most: int) -> list[Recovery]:
    """List what was sent to the SAM by then and has no answer here, and every stop that the SAM has not confirmed."""
    lost = and_(table.c.state == "sent", table.c.begun_at <= int(begun_before))
    rows = connection.execute(select(table).where(or_(lost, table.c.state == "stopping")).limit(most)).mappings()
    return [Recovery(**row) for row in rows]


def offer(connection: Connection, recovery: Recovery, recovery_id: str, transaction: bytes) -> bool:
    """Record what the new passkey has to answer; void for whoever was asked before. False if the code is not good any more."""
    return _move(connection, recovery, "unused", id=recovery_id, transaction=transaction)


def send(connection: Connection, recovery: Recovery, made: dict[str, Any]) -> bool:
    """Record that the SAM may use up the code from now on, if the passkey answers what was asked last."""
    asked = (table.c.code_sha256 == recovery.code_sha256, table.c.state == "unused", table.c.transaction == recovery.transaction)
    return connection.execute(update(table).where(*asked).values(made | {"state": "sent"})).rowcount == 1


def take_back(connection: Connection, recovery: Recovery) -> None:
    """Record that the SAM has not used up the code."""
    _move(connection, recovery, "sent", to="unused", registration=None, passkey_id=None, public_key=None)


def wait(connection: Connection, recovery: Recovery, ready_at: int) -> bool:
    """Record that it waits until then; False where that is recorded already, or more."""
    return _move(connection, recovery, "sent", to="waiting", ready_at=ready_at)


def owe_stop(connection: Connection, recovery: Recovery, by_device: str | None) -> bool:
    """Record that the SAM is to stop it."""
    return _move(connection, recovery, "sent", "waiting", to="stopping", stopped_by=by_device)


def end(connection: Connection, recovery: Recovery, state: str) -> bool:
    """Record how it ended at the SAM (stopped, lapsed, done); False where an end is recorded already."""
    return _move(connection, recovery, "sent", "waiting", "stopping", to=state)


def _move(connection: Connection, recovery: Recovery, *states: str, to: str | None = None, **values: Any) -> bool:
    still = (table.c.code_sha256 == recovery.code_sha256, table.c.state.in_(states))
    return connection.execute(update(table).where(*still).values(values | ({"state": to} if to else {}))).rowcount == 1


def _one(connection: Connection, *where: Any) -> Recovery | None:
    row = connection.execute(select(table).where(*where)).mappings().one_or_none()
    return Recovery(**row) if row is not None else None


def _all(connection: Connection, *where: Any) -> list[Recovery]:
    rows = connection.execute(select(table).where(*where).order_by(table.c.begun_at, table.c.code_sha256)).mappings()
    return [Recovery(**row) for row in rows]
