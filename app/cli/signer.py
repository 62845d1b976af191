"""`natsuin signer`: the people who may enrol."""

import asyncio
import re
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table
from rich.text import Text
from sqlalchemy import Connection

from app.authorization.enroll import LINK_LIFE_S, MADE, transaction_of
from app.ca import ask_for_code, ask_for_letter
from app.cli.access import database
from app.cli.letter import letter_file
from app.cli.output import Json, Refusal, answering, show
from app.clock import system_clock
from app.config import Config
from app.domain.link import new_link
from app.domain.parties import Signer
from app.store import credentials, links, parties
from app.store.database import Database
from app.store.links import Link
from hsm.messages import is_plain_text

LETTER_LIFE_S = 30 * 86_400
SHA256 = re.compile(r"[0-9a-fA-F]{64}\Z")
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
        now = int(system_clock())
        signer = Signer(user_id, name, secrets.token_bytes(64), now)
        if letter is not None:
            application = {"user_id": user_id, "name": name, "postal_code": postal_code, "address": "\n".join(address or ())}
            by_letter(config, opened, signer, letter, application, as_json)
        elif code_sha256 is not None:
            if SHA256.match(code_sha256) is None:
                raise Refusal("--code-sha256 takes 64 hexadecimal digits, as the CA gives them.")
            expires = now + LETTER_LIFE_S
            opened.write_now(
                _add_letter, signer, Link(link_sha256=bytes.fromhex(code_sha256), user_id=user_id, expires=expires, state="open")
            )
            show_letter(config, signer, None, expires, as_json)
        else:
            code = sys.stdin.readline().strip() if code_stdin else code_from_ca(config, user_id, name)
            text, link_sha256 = new_link(code)
            expires = now + LINK_LIFE_S
            opened.write_now(_add, signer, Link(link_sha256=link_sha256, user_id=user_id, expires=expires, state="open"))
            url = f"{config.origin}/enroll#{text}"
            days = LINK_LIFE_S // 86_400
            value = {"user_id": user_id, "name": name, "enrollment_url": url, "expires": expires}
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


def by_letter(config: Config, opened: Database, signer: Signer, file: Path, application: dict[str, str], as_json: bool) -> None:
    """Have the CA write the letter, and let its code enrol; where anything fails there is no letter."""
    _require_name(opened.read_now(parties.signer, signer.user_id), signer)
    with letter_file(file) as paper:
        asked = application | {"enrollment_url": f"{config.origin}/enroll"}
        letter = asyncio.run(ask_for_letter(config.ca_office_url, registration_secret(config), asked))
        paper.write(letter.pdf)
        link = Link(link_sha256=bytes.fromhex(letter.code_sha256), user_id=signer.user_id, expires=letter.expires, state="open")
        opened.write_now(_add_letter, signer, link)
    show_letter(config, signer, file, letter.expires, as_json)


def show_letter(config: Config, signer: Signer, file: Path | None, expires: int, as_json: bool) -> None:
    """Say what becomes of a letter."""
    url = f"{config.origin}/enroll"
    value = {"user_id": signer.user_id, "name": signer.name, "enrollment_url": url, "expires": expires}
    until = f"{datetime.fromtimestamp(expires, UTC):%Y-%m-%d}"
    lines = [
        f"{escape(signer.name)} ({signer.user_id}) may enrol with the code in the letter, once, until {until}, at [bold]{escape(url)}[/]"
    ]
    if file is not None:
        value["letter"] = str(file)
        lines += [f"The letter is [bold]{escape(str(file))}[/].", "[dim]Print it, seal it, send it, and delete the file.[/]"]
    show(value, as_json, "\n".join(lines))


def code_from_ca(config: Config, user_id: str, name: str) -> str:
    """Ask the CA's front office for the person's one-time code; raises Refusal where there is no such office."""
    return asyncio.run(ask_for_code(config.ca_office_url, registration_secret(config), user_id, name))


def registration_secret(config: Config) -> str:
    """Give the secret for the CA's front office; raises Refusal where there is none."""
    try:
        return config.ca_registration_file.read_text().strip()
    except OSError:
        raise Refusal(
            f"There is no registration secret for the CA at {config.ca_registration_file}. Start the demo CA with `make up`, or give the "
            "code that your CA has issued with --code-stdin."
        ) from None


def _add_letter(connection: Connection, signer: Signer, link: Link) -> None:
    links.end_open_links(connection, signer.user_id)  # a new letter is sent where one was lost: what lies about opens nothing
    _add(connection, signer, link)


def _add(connection: Connection, signer: Signer, link: Link) -> None:
    known = parties.signer(connection, signer.user_id)
    if known is None:
        parties.add_signer(connection, signer)
    _require_name(known, signer)
    links.add_link(connection, link)


def _require_name(known: Signer | None, signer: Signer) -> None:
    if known is not None and known.name != signer.name:
        raise Refusal(f"{signer.user_id} is {known.name} already.")
