"""`natsuin token`: one-time-password tokens as their maker delivered them; the seeds go to the SAM, and nobody reads them again."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from app.cli.access import desk
from app.cli.output import Json, Refusal, answering, show
from app.config import read_config
from app.operator import tokens

commands = typer.Typer(help="One-time-password tokens.", no_args_is_help=True)


@commands.command("import")
def import_(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="PSKC (RFC 6030), or CSV.")],
    key_stdin: Annotated[bool, typer.Option("--key-stdin", help="Read the key that the file is encrypted under, in hex.")] = False,
    passphrase_stdin: Annotated[bool, typer.Option("--passphrase-stdin", help="Read the passphrase that it is encrypted under.")] = False,
    as_json: Json = False,
) -> None:
    """Take in the tokens of a file, all or none; then delete the file, for it holds their seeds."""
    with answering(as_json):
        if key_stdin and passphrase_stdin:
            raise Refusal("A file is encrypted under a key or under a passphrase.")
        secret = sys.stdin.readline().strip() if key_stdin or passphrase_stdin else None
        key, passphrase = (secret if key_stdin else None), (secret if passphrase_stdin else None)
        with desk() as opened:
            value = tokens.take_in(opened, file.read_bytes(), key=key, passphrase=passphrase)
        show(value, as_json, f"{value['imported']} tokens are taken in. Delete {file}: it holds their seeds.")


@commands.command("list")
def list_(as_json: Json = False) -> None:
    """List the tokens, without their seeds."""
    with answering(as_json):
        found = tokens.listed(read_config())
        table = Table("serial", "kind", "state", "whose", "id")
        for one in found:
            table.add_row(Text(one.serial), one.kind, one.state, one.enrollment_id or "", one.token_id)
        show(tokens.told(found), as_json, table)
