"""`natsuin signer`: the people who may enrol."""

import re
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from app.authorization.enroll import MADE, transaction_of
from app.cli.access import database
from app.cli.invitation import by_hash, by_letter, by_link
from app.cli.output import Json, Refusal, answering, show
from app.cli.replacement import announce
from app.clock import system_clock
from app.domain.parties import Signer
from app.store import credentials, links, parties
from hsm.messages import is_plain_text

LONGEST_NAME = 64  # RFC 5280 appendix A.1, ub-common-name
USER_ID = re.compile(r"[A-Za-z0-9._@+-]{1,64}\Z")
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
    replaces: Annotated[
        bool, typer.Option("--replaces", help="For who has lost everything: all earlier keys are destroyed when the new one is certified.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Let a person enrol: by a one-time link, which is printed, or by the CA's letter. Also for one more key of a person who is known."""
    with answering(as_json), database() as (config, opened):
        if not USER_ID.match(user_id):
            raise Refusal("A user id has 1 to 64 letters, digits or . _ @ + -")
        if not 0 < len(name) <= LONGEST_NAME or not name.strip() or not is_plain_text(name):
            raise Refusal(f"A name has 1 to {LONGEST_NAME} characters, none of them control, bidi or zero-width.")
        if [letter is not None, code_sha256 is not None, code_stdin].count(True) > 1:
            raise Refusal("--letter, --code-sha256 and --code-stdin exclude each other.")
        signer = Signer(user_id, name, secrets.token_bytes(64), int(system_clock()))
        announced = announce(config, opened, user_id) if replaces else None
        name_of = announced.enrollment_id if announced is not None else None
        if letter is not None:
            invited = by_letter(config, opened, signer, letter, postal_code, address or [], name_of)
        elif code_sha256 is not None:
            invited = by_hash(config, opened, signer, code_sha256, name_of)
        else:
            invited = by_link(config, opened, signer, sys.stdin.readline().strip() if code_stdin else None, name_of)
        if announced is not None:
            invited = announced.told_with(invited)
        show(invited.value, as_json, invited.text)


@commands.command("list")
def list_(as_json: Json = False) -> None:
    """List the people who may sign."""
    with answering(as_json), database() as (_, opened):
        found = opened.read_now(parties.all_signers)
        table = Table("user_id", "name", "since")
        for one in found:
            table.add_row(one.user_id, Text(one.name), f"{datetime.fromtimestamp(one.created, UTC):%Y-%m-%d}")
        show([{"user_id": one.user_id, "name": one.name, "created": one.created} for one in found], as_json, table)


@commands.command("show")
def show_(user_id: Annotated[str, typer.Argument(help="As `signer list` shows it.")], as_json: Json = False) -> None:
    """Show a person's keys, and the devices that may approve."""
    with answering(as_json), database() as (_, opened):
        signer = opened.read_now(parties.signer, user_id)
        if signer is None:
            raise Refusal(f"There is no signer {user_id}; `natsuin signer list` shows them.")
        now = system_clock()
        keys = [
            {"credential_id": one.credential_id, "state": "frozen" if one.is_frozen(now) else one.state, "not_after": one.not_after}
            for one in opened.read_now(credentials.of_signer, user_id)
        ]
        devices = [
            {"id": one.ref, "name": one.name, "added": one.created, "last_used": one.last_used, "synced": one.backup_eligible}
            for one in opened.read_now(parties.passkeys_of, user_id)
        ]
        unfinished = [
            {"credential_id": transaction_of(one).credential_id, "made": MADE[one.state]}
            for one in opened.read_now(links.begun_links, user_id)
        ]
        known = {"user_id": user_id, "name": signer.name, "created": signer.created}
        value = known | {"keys": keys, "devices": devices, "unfinished": unfinished}
        shown = Table.grid(padding=(0, 2))
        shown.add_row("signer", Text(f"{signer.name} ({user_id})"))
        for key in keys:
            shown.add_row("key", Text(f"{key['credential_id']}  {key['state']}"))
        for begun in unfinished:
            shown.add_row("unfinished", Text(f"{begun['credential_id']}  {begun['made']} made; goes on with the same code or link"))
        for device in devices:
            shown.add_row("device", Text(f"{device['name']}{'  (synced)' if device['synced'] else ''}"))
        show(value, as_json, shown)
