"""`natsuin signer`: the people who may enrol."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from app.cli.access import desk
from app.cli.letter import letter_file
from app.cli.output import Json, Refusal, answering, show
from app.cli.ways import in_words
from app.domain.parties import Signer
from app.operator import signers
from app.operator.desk import Desk
from app.operator.invitation import Invitation, by_certificate, by_hash, by_letter, by_link

commands = typer.Typer(help="People who may sign.", no_args_is_help=True)


@commands.command()
def add(
    user_id: Annotated[str, typer.Argument(help="How applications name the person.")],
    name: Annotated[str, typer.Option(help="The person's name, as it will stand in the certificate.")],
    letter: Annotated[Path | None, typer.Option(help="Have the CA write a letter with the code; a new PDF file.")] = None,
    postal_code: Annotated[str, typer.Option(help="Where the letter goes.")] = "",
    address: Annotated[list[str] | None, typer.Option(help="A line of the address; up to three.")] = None,
    code_sha256: Annotated[str | None, typer.Option("--code-sha256", help="The hash of the code in a letter that the CA has made.")] = None,
    code_stdin: Annotated[bool, typer.Option("--code-stdin", help="Read the CA's one-time code from standard input.")] = False,
    existing_certificate: Annotated[
        bool, typer.Option("--existing-certificate", help="For who has a certificate, and applies at the CA with it: a link, no code.")
    ] = False,
    replaces: Annotated[
        bool, typer.Option("--replaces", help="For who has lost everything: all earlier keys are destroyed when the new one is certified.")
    ] = False,
    agreed: Annotated[
        list[str] | None, typer.Option("--for", help="The client id of an application that the person agreed to already; may be repeated.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Let a person enrol: by a one-time link, which is printed, or by the CA's letter. Also for one more key of a person who is known."""
    with answering(as_json), desk() as opened:
        if [letter is not None, code_sha256 is not None, code_stdin, existing_certificate].count(True) > 1:
            raise Refusal("--letter, --code-sha256, --code-stdin and --existing-certificate exclude each other.")

        def invite(signer: Signer, replaces_as: str | None) -> Invitation:
            if letter is not None:
                return _into_file(opened, signer, letter, postal_code, address or [], replaces_as)
            if code_sha256 is not None:
                return by_hash(opened.config, opened.database, signer, code_sha256, replaces_as)
            if existing_certificate:
                return by_certificate(opened.config, opened.database, signer, replaces_as)
            code = sys.stdin.readline().strip() if code_stdin else None
            return by_link(opened.config, opened.database, signer, code, replaces_as)

        invited = signers.add(opened, user_id, name, invite, replaces=replaces, agreed=agreed or ())
        show(invited.value, as_json, invited.text)


@commands.command("list")
def list_(as_json: Json = False) -> None:
    """List the people who may sign."""
    with answering(as_json), desk() as opened:
        found = signers.listed(opened)
        table = Table("user_id", "name", "since")
        for one in found:
            table.add_row(one["user_id"], Text(one["name"]), f"{datetime.fromtimestamp(one['created'], UTC):%Y-%m-%d}")
        show(found, as_json, table)


@commands.command("show")
def show_(user_id: Annotated[str, typer.Argument(help="As `signer list` shows it.")], as_json: Json = False) -> None:
    """Show a person's keys, and what may approve for them: devices, PIN and one-time password."""
    with answering(as_json), desk() as opened:
        value = signers.shown(opened, user_id)
        shown = Table.grid(padding=(0, 2))
        shown.add_row("signer", Text(f"{value['name']} ({user_id})"))
        for key in value["keys"]:
            shown.add_row("key", Text(f"{key['credential_id']}  {key['state']}  certificate {key['serial']}"))
            shown.add_row("", Text(in_words(key["ways"])))
        for begun in value["unfinished"]:
            shown.add_row("unfinished", Text(f"{begun['credential_id']}  {begun['made']} made; goes on with the same code or link"))
        for device in value["devices"]:
            shown.add_row("device", Text(f"{device['name']}{'  (synced)' if device['synced'] else ''}"))
        show(value, as_json, shown)


def _into_file(opened: Desk, signer: Signer, file: Path, postal_code: str, address: list[str], replaces_as: str | None) -> Invitation:
    """Where anything fails there is no letter."""
    with letter_file(file) as paper:
        invited = by_letter(opened.config, opened.database, signer, paper.write, postal_code, address, replaces_as)
    lines = (invited.text, f"The letter is [bold]{escape(str(file))}[/].", "[dim]Print it, seal it, send it, and delete the file.[/]")
    return Invitation(invited.value | {"letter": str(file)}, "\n".join(lines))
