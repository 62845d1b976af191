"""`natsuin recovery`: what was begun with printed recovery codes, as the SAM knows it; an operator may stop it, and never hasten it."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from app.account.recover import record
from app.cli.access import database
from app.cli.output import Json, Refusal, answering, show
from app.clock import system_clock
from app.config import Config, read_config
from app.errors import SamRefused
from app.sam import connect_as_operator
from app.store import recoveries
from hsm.messages import ErrorCode, RecoveryReply, StopRecoveryRequest

commands = typer.Typer(help="Devices that wait with a recovery code.", no_args_is_help=True)


@commands.command("list")
def list_(as_json: Json = False) -> None:
    """List the devices that wait, or whose time is over and nobody has come."""
    with answering(as_json):
        found = asyncio.run(_list(read_config()))
        table = Table("id", "signer", "state", "may approve from")
        for one in found:
            table.add_row(
                one.recovery_id, Text(one.signer), one.state, f"{datetime.fromtimestamp(one.ready_at, UTC):%Y-%m-%d %H:%M:%S} UTC"
            )
        show([describe(one) for one in found], as_json, table)


@commands.command()
def stop(recovery_id: Annotated[str, typer.Argument(help="As `recovery list` shows it.")], as_json: Json = False) -> None:
    """Stop one, for good: the device is not added, and its code stays used."""
    with answering(as_json), database() as (config, opened):
        try:
            stopped = asyncio.run(_stop(config, recovery_id))
        except SamRefused as refusal:
            if refusal.code is ErrorCode.RECOVERY_OVER:
                raise Refusal("The device is added already; its signer can remove it, and you can freeze the key.") from None
            raise Refusal(f"There is no recovery {recovery_id}; `natsuin recovery list` shows them.") from None
        known = opened.read_now(recoveries.by_id, recovery_id)
        if known is not None:
            opened.write_now(record, known, stopped, int(system_clock()))
        show(describe(stopped), as_json, f"Stopped: {stopped.recovery_id} of {stopped.signer}")


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
