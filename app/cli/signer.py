"""`natsuin signer`: the people who may enrol."""

import asyncio
import re
import secrets
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table
from rich.text import Text
from sqlalchemy import Connection

from app.authorization.enroll import LINK_LIFE_S, new_link
from app.ca import ask_for_code
from app.cli.access import database
from app.cli.output import Json, Refusal, answering, show
from app.clock import system_clock
from app.config import Config
from app.domain.parties import Signer
from app.store import credentials, links, parties
from app.store.links import Link
from hsm.messages import is_plain_text

LONGEST_NAME = 64  # RFC 5280 appendix A.1, ub-common-name
USER_ID = re.compile(r"[A-Za-z0-9._@+-]{1,64}\Z")
commands = typer.Typer(help="People who may sign.", no_args_is_help=True)


@commands.command()
def add(
    user_id: Annotated[str, typer.Argument(help="How applications name the person.")],
    name: Annotated[str, typer.Option(help="The person's name, as it will stand in the certificate.")],
    code_stdin: Annotated[bool, typer.Option("--code-stdin", help="Read the CA's one-time code from standard input.")] = False,
    as_json: Json = False,
) -> None:
    """Let a person enrol; prints a one-time link for their phone. For a person who is known already, a new link."""
    with answering(as_json), database() as (config, opened):
        if not USER_ID.match(user_id):
            raise Refusal("A user id has 1 to 64 letters, digits or . _ @ + -")
        if not 0 < len(name) <= LONGEST_NAME or not name.strip() or not is_plain_text(name):
            raise Refusal(f"A name has 1 to {LONGEST_NAME} characters, none of them control, bidi or zero-width.")
        code = sys.stdin.readline().strip() if code_stdin else code_from_ca(config, user_id, name)
        text, link_sha256 = new_link(code)
        now = int(system_clock())
        signer = Signer(user_id, name, secrets.token_bytes(64), now)
        opened.write_now(_add, signer, Link(link_sha256=link_sha256, user_id=user_id, expires=now + LINK_LIFE_S, state="open"))
        url = f"{config.origin}/enroll#{text}"
        days = LINK_LIFE_S // 86_400
        value = {"user_id": user_id, "name": name, "enrollment_url": url, "expires": now + LINK_LIFE_S}
        lines = (
            f"{escape(name)} ({user_id}) may enrol with this link, once, within {days} days:",
            f"[bold]{escape(url)}[/]",
            "[dim]Send it by a safe way.[/]",
        )
        show(value, as_json, "\n".join(lines))


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
        value = {"user_id": user_id, "name": signer.name, "created": signer.created, "keys": keys, "devices": devices}
        shown = Table.grid(padding=(0, 2))
        shown.add_row("signer", Text(f"{signer.name} ({user_id})"))
        for key in keys:
            shown.add_row("key", Text(f"{key['credential_id']}  {key['state']}"))
        for device in devices:
            shown.add_row("device", Text(f"{device['name']}{'  (synced)' if device['synced'] else ''}"))
        show(value, as_json, shown)


def code_from_ca(config: Config, user_id: str, name: str) -> str:
    """Ask the CA's front office for the person's one-time code; raises Refusal where there is no such office."""
    try:
        secret = config.ca_registration_file.read_text().strip()
    except OSError:
        raise Refusal(
            f"There is no registration secret for the CA at {config.ca_registration_file}. Start the demo CA with `make up`, or give the "
            "code that your CA has issued with --code-stdin."
        ) from None
    return asyncio.run(ask_for_code(config.ca_office_url, secret, user_id, name))


def _add(connection: Connection, signer: Signer, link: Link) -> None:
    known = parties.signer(connection, signer.user_id)
    if known is None:
        parties.add_signer(connection, signer)
    elif known.name != signer.name:
        raise Refusal(f"{signer.user_id} is {known.name} already.")
    links.add_link(connection, link)
