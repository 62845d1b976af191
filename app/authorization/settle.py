"""
Settling: where our record may be behind, the SAM is asked how an authorization stands, and the record follows.

It is behind after a crash, after a lost reply, and when time runs out. Nothing is decided here that the SAM has not decided.
"""

import asyncio
import logging

from sqlalchemy import Connection

from app.account.freeze import count_not_me, tell_sam_soon
from app.authorization.announce import announce
from app.domain.authorization import Authorization, Reason, State
from app.errors import SamRefused, SamUnavailable, Unavailable
from app.services import Services
from app.store import authorizations, documents, parties, preparations
from hsm.messages import Outcome, RefuseRequest, StatusReply

SWEEP_S = 5
SWEEP_MOST = 100
log = logging.getLogger("natsuin.settle")

STATES = {
    Outcome.APPROVED: State.APPROVED,
    Outcome.SIGNED: State.SIGNED,
    Outcome.UNKNOWN: State.UNKNOWN,
    Outcome.LAPSED: State.LAPSED,
}
REFUSALS = {"expired": State.EXPIRED, "cancelled": State.CANCELLED}


async def settle(services: Services, authorization: Authorization) -> Authorization:
    """Bring the record up to what the SAM knows, end it if its time is over, and give it as it is now; raises SamUnavailable."""
    status = await _status(services, authorization)
    if status.outcome is Outcome.NONE and authorization.is_over(services.now()):
        try:
            await services.sam.refuse(RefuseRequest(authorization.transaction, "expired"))
        except SamRefused:  # decided at this very moment
            status = await _status(services, authorization)
        else:
            status = StatusReply(Outcome.REFUSED, reason="expired")
    state = REFUSALS.get(status.reason or "", State.REFUSED) if status.outcome is Outcome.REFUSED else STATES.get(status.outcome)
    if state is not None and state is not authorization.state:
        reason = status.reason if state is State.REFUSED else None
        now = int(services.now())
        await services.database.write(
            record, authorization, state, now, reason=reason, usable_until=status.usable_until, factor=status.factor
        )
        await announce(services, authorization)
        if reason == Reason.NOT_ME:
            await tell_sam_soon(services, authorization.credential_id)
    current = await services.database.read(authorizations.get, authorization.id)
    assert current is not None
    return current


def record(
    connection: Connection,
    authorization: Authorization,
    state: State,
    now: int,
    *,
    reason: str | None = None,
    usable_until: int | None = None,
    factor: str | None = None,
    passkey_id: bytes | None = None,
    known_by: str | None = None,
) -> bool:
    """
    Record a decision, and in the same transaction what follows from it for the key and the passkey; False if another was first.

    What decided is known by the passkey, or by `known_by`: the end of a token's serial number, or the name of a device that refused.
    """
    used = parties.mark_used(connection, passkey_id, now) if passkey_id is not None else known_by
    moved = authorizations.move(
        connection, authorization, state, reason=reason, decided_at=now, usable_until=usable_until, approved_with=used, factor=factor
    )
    if moved and reason == Reason.NOT_ME:
        count_not_me(connection, authorization.user_id, authorization.credential_id, now)
    return moved


async def sweep(services: Services) -> None:
    """End, for as long as the worker lives, whatever ran out of time without anyone asking."""
    while True:
        await asyncio.sleep(SWEEP_S)
        try:
            await services.database.write(documents.forget_ended, services.now())
            await services.database.write(preparations.forget_ended, services.now())
            overdue = await services.database.read(authorizations.overdue, services.now(), SWEEP_MOST)
        except Unavailable as doubt:
            log.warning("not settled: %s: %s", type(doubt).__name__, doubt)
            continue
        for authorization in overdue:
            try:
                await settle(services, authorization)
            except Unavailable as doubt:
                log.warning("not settled: %s: %s", type(doubt).__name__, doubt)


async def _status(services: Services, authorization: Authorization) -> StatusReply:
    try:
        return await services.sam.status(authorization.id)
    except SamRefused as refusal:  # its record does not hold
        raise SamUnavailable(f"status: {refusal.code}") from None
