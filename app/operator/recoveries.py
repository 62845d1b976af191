"""What was begun with printed recovery codes, as the SAM knows it; an operator may stop it, and never hasten it."""

import asyncio
from typing import Any

from app.account.recover import record
from app.clock import system_clock
from app.config import Config
from app.errors import SamRefused
from app.operator.desk import Desk
from app.operator.record import recorded
from app.operator.refusal import Refusal, Unknown
from app.sam import connect_as_operator
from app.store import recoveries
from hsm.messages import ErrorCode, RecoveryReply, StopRecoveryRequest


def listed(desk: Desk) -> list[dict[str, Any]]:
    """List the devices that wait, or whose time is over and nobody has come; raises SamUnavailable."""
    return [describe(one) for one in asyncio.run(_list(desk.config))]


def stop(desk: Desk, recovery_id: str) -> dict[str, Any]:
    """Stop one, for good: the device is not added, and its code stays used. Raises Refusal, SamUnavailable."""
    with recorded(desk, "recovery stop", recovery_id):
        try:
            stopped = asyncio.run(_stop(desk.config, recovery_id))
        except SamRefused as refusal:
            if refusal.code is ErrorCode.RECOVERY_OVER:
                raise Refusal("The device is added already; its signer can remove it, and you can freeze the key.") from None
            raise Unknown(f"There is no recovery {recovery_id}; `natsuin recovery list` shows them.") from None
        known = desk.database.read_now(recoveries.by_id, recovery_id)
        if known is not None:
            desk.database.write_now(record, known, stopped, int(system_clock()))
        return describe(stopped)


def describe(one: RecoveryReply) -> dict[str, Any]:
    return {"id": one.recovery_id, "user_id": one.signer, "state": one.state, "ready_at": one.ready_at}


async def _list(config: Config) -> tuple[RecoveryReply, ...]:
    door = connect_as_operator(config)
    try:
        return (await door.list_recoveries()).recoveries
    finally:
        await door.close()


async def _stop(config: Config, recovery_id: str) -> RecoveryReply:
    door = connect_as_operator(config)
    try:
        return await door.stop_recovery(StopRecoveryRequest(recovery_id, "operator"))
    finally:
        await door.close()
