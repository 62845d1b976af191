"""`natsuin recovery`: what was begun with printed recovery codes; an operator may stop it, and never hasten it."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from app.cli.access import desk
from app.cli.output import Json, answering, show
from app.operator import recoveries

commands = typer.Typer(help="Devices that wait with a recovery code.", no_args_is_help=True)


@commands.command("list")
def list_(as_json: Json = False) -> None:
    """List the devices that wait, or whose time is over and nobody has come."""
    with answering(as_json), desk() as opened:
        found = recoveries.listed(opened)
        table = Table("id", "signer", "state", "may approve from")
        for one in found:
            ready = f"{datetime.fromtimestamp(one['ready_at'], UTC):%Y-%m-%d %H:%M:%S} UTC"
            table.add_row(one["id"], Text(one["user_id"]), one["state"], ready)
        show(found, as_json, table)


@commands.command()
def stop(recovery_id: Annotated[str, typer.Argument(help="As `recovery list` shows it.")], as_json: Json = False) -> None:
    """Stop one, for good: the device is not added, and its code stays used."""
    with answering(as_json), desk() as opened:
        stopped = recoveries.stop(opened, recovery_id)
        show(stopped, as_json, f"Stopped: {stopped['id']} of {stopped['user_id']}")
