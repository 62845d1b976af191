"""`natsuin statement`: checks a signer's statement without asking anybody; all that it needs is the fingerprint of the SAM's key."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from msgspec import to_builtins
from rich.table import Table
from rich.text import Text

from app.cli.output import Json, Refusal, answering, show
from app.statement.entries import Line, Reading
from app.statement.file import parts_of
from app.statement.proof import read_statements
from hsm.messages import Statement

FINGERPRINT = re.compile(r"[0-9a-f]{64}")
commands = typer.Typer(help="Signed statements of signers' histories.", no_args_is_help=True)


@commands.callback()
def _group() -> None:
    """Keep `verify` a command of its own."""


@commands.command()
def verify(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="The PDF or JSON; several where a history is long.")],
    key: Annotated[str, typer.Option("--key", help="The fingerprint of the SAM's key for statements, as `natsuin doctor` shows it.")],
    as_json: Json = False,
) -> None:
    """Check a statement: who signed it, that its entries are in the journal, and that each approval is the passkey's."""
    with answering(as_json):
        key_sha256 = "".join(key.split()).lower()
        if FINGERPRINT.fullmatch(key_sha256) is None:
            raise Refusal("The fingerprint has 64 hexadecimal digits; `natsuin doctor` shows it.")
        statements = read_statements([part for file in files for part in parts_of(file.read_bytes())], key_sha256)
        reading = Reading(is_whole=statements[0].first == 0)
        for entry in (one.entry for statement in statements for one in statement.entries):
            reading.take(entry)
        lines = list(reading.lines.values())
        show(_value(statements, lines, reading.origins), as_json, _table(lines))
        if not as_json:
            show(None, as_json, _summary(statements))


def _value(statements: list[Statement], lines: list[Line], origins: set[str]) -> dict[str, object]:
    newest, told = statements[-1], sum(len(one.entries) for one in statements)
    return {
        "valid": True,
        "enrollment_id": newest.enrollment_id,
        "made": newest.made,
        "first": statements[0].first,
        "entries": told,
        "total": newest.total,
        "whole": told == newest.total,
        "tree": to_builtins(newest.tree),
        "origins": sorted(origins),
        "authorizations": [to_builtins(line) for line in lines],
    }


def _table(lines: list[Line]) -> Table:
    table = Table("at", "what", "application", "end", "proven by")
    for line in lines:
        what = line.kind if line.kind != "signature" else ", ".join(label for label in line.documents if label) or line.description
        end = line.reason or line.state
        table.add_row(f"{datetime.fromtimestamp(line.at, UTC):%Y-%m-%d %H:%M}", Text(what), Text(line.application), end, line.proof)
    return table


def _summary(statements: list[Statement]) -> str:
    newest, told = statements[-1], sum(len(one.entries) for one in statements)
    text = f"[green]✓[/] Signed by the SAM on {datetime.fromtimestamp(newest.made, UTC):%Y-%m-%d %H:%M} UTC; every entry is in its journal."
    if told == newest.total:
        return text
    return f"{text}\n[yellow]Not the whole: {told} of {newest.total} entries, from {statements[0].first}. Give the other files too.[/]"
