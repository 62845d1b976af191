"""`natsuin credential`: the signing keys, as the SAM knows them; an operator may freeze one, and never use one."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from app.cli.access import desk
from app.cli.output import Json, Refusal, answering, show
from app.cli.ways import in_words
from app.operator import keys

commands = typer.Typer(help="The signing keys.", no_args_is_help=True)
CredentialId = Annotated[str, typer.Argument(help="As `signer show` tells it.")]


@commands.command("show")
def show_(credential_id: CredentialId, as_json: Json = False) -> None:
    """Show a key: whose it is, its certificate, how it stands at the SAM, and what may approve for it."""
    with answering(as_json), desk() as opened:
        key = keys.shown(opened, credential_id)
        shown = table({name: value for name, value in key.items() if name != "ways"})
        shown.add_row("ways", Text(in_words(key["ways"])))
        show(key, as_json, shown)


@commands.command("list")
def list_(
    expiring: Annotated[bool, typer.Option("--expiring", help="Only those whose certificate ends soon and that were not renewed.")] = False,
    days: Annotated[int, typer.Option(min=1, help="How soon.")] = 30,
    as_json: Json = False,
) -> None:
    """List the keys, those whose certificate ends first before the others."""
    with answering(as_json), desk() as opened:
        found = keys.listed(opened, days if expiring else None)
        shown = Table("credential_id", "user_id", "state", "valid until", "renewed by")
        for one in found:
            state = "frozen" if one["frozen_by"] else one["state"]
            until = f"{datetime.fromtimestamp(one['not_after'], UTC):%Y-%m-%d}"
            shown.add_row(one["credential_id"], one["user_id"], state, until, one["renewed_by"])
        show(found, as_json, shown)


@commands.command()
def destroy(
    credential_id: CredentialId,
    yes: Annotated[bool, typer.Option("--yes", help="It can't be undone.")] = False,
    as_json: Json = False,
) -> None:
    """Destroy a key in the HSM, for good; what it signed before stays signed. Run it on the SAM's machine."""
    with answering(as_json), desk() as opened:
        if not yes:
            raise Refusal(f"The key {credential_id} would be gone for ever. Say so with --yes.")
        key = keys.destroy(opened, credential_id)
        show(key, as_json, table(key))


@commands.command()
def freeze(
    credential_id: CredentialId,
    for_s: Annotated[int | None, typer.Option("--for", min=1, help="Seconds; without it, until the signer uses it again.")] = None,
    as_json: Json = False,
) -> None:
    """Let a key sign nothing, at once; only its signer, with a passkey, or time ends it."""
    with answering(as_json), desk() as opened:
        key = keys.freeze(opened, credential_id, for_s)
        show(key, as_json, table(key))


def table(described: dict[str, Any]) -> Table:
    """Show it to people."""
    shown = Table.grid(padding=(0, 2))
    for name, value in described.items():
        if name in ("not_before", "not_after") or (name == "frozen_until" and value):
            value = f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M:%S} UTC"
        shown.add_row(name, Text("until the signer says otherwise" if name == "frozen_until" and value is None else str(value)))
    return shown
