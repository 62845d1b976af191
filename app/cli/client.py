"""`natsuin client`: the applications that may ask for signatures."""

import asyncio
import hashlib
import secrets
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table
from rich.text import Text
from sqlalchemy.exc import IntegrityError

from app.cli.access import database, ephemeral
from app.cli.output import Json, Refusal, answering, show
from app.clock import system_clock
from app.config import Config
from app.domain.identifiers import new_id
from app.domain.parties import Application
from app.errors import RedisUnavailable
from app.store import parties
from app.store.database import Database
from hsm.messages import MAX_NAME_CHARACTERS, is_plain_text

commands = typer.Typer(help="Applications that may ask for signatures.", no_args_is_help=True)


@commands.command()
def add(
    name: Annotated[str, typer.Argument(help="The name that signers read.")],
    code: Annotated[bool, typer.Option("--code", help="Ask the signer for a code from the application's screen.")] = False,
    as_json: Json = False,
) -> None:
    """Register an application; its secret is shown once."""
    with answering(as_json), database() as (config, opened):
        if name == config.service_name:
            raise Refusal(f"{name} is this service itself; signers could not tell the two apart.")
        application, secret = add_application(opened, name, asks_code=code)
        value = {"client_id": application.client_id, "client_secret": secret, "name": name, "code": code}
        lines = (f"[bold]{escape(name)}[/] may ask for signatures.", f"client_id      {application.client_id}", f"client_secret  {secret}")
        show(value, as_json, "\n".join((*lines, "[dim]The secret is shown only now; keep it safe.[/]")))


@commands.command("list")
def list_(as_json: Json = False) -> None:
    """List the applications."""
    with answering(as_json), database() as (_, opened):
        found = opened.read_now(parties.all_applications)
        table = Table("client_id", "name", "code", "since")
        for one in found:
            table.add_row(
                one.client_id, Text(one.name), "yes" if one.asks_code else "no", f"{datetime.fromtimestamp(one.created, UTC):%Y-%m-%d}"
            )
        value = [{"client_id": one.client_id, "name": one.name, "code": one.asks_code, "created": one.created} for one in found]
        show(value, as_json, table)


@commands.command()
def remove(client_id: Annotated[str, typer.Argument(help="As `client list` shows it.")], as_json: Json = False) -> None:
    """Remove an application; its tokens stop working at once."""
    with answering(as_json), database() as (config, opened):
        if not opened.write_now(parties.remove_application, client_id):
            raise Refusal(f"There is no application {client_id}; `natsuin client list` shows them.")
        revoke_tokens(config, client_id)
        show({"client_id": client_id, "removed": True}, as_json, f"Removed {escape(client_id)}.")


def add_application(opened: Database, name: str, *, asks_code: bool) -> tuple[Application, str]:
    """Register an application, and give it with its secret; raises Refusal where the name is taken or can't be shown."""
    if not 0 < len(name) <= MAX_NAME_CHARACTERS or not is_plain_text(name):
        raise Refusal(f"A name has 1 to {MAX_NAME_CHARACTERS} characters, none of them control, bidi or zero-width.")
    secret = secrets.token_urlsafe(32)
    digest = hashlib.sha256(secret.encode()).digest()
    application = Application(new_id(), name, digest, asks_code, int(system_clock()))
    try:
        opened.write_now(parties.add_application, application)
    except IntegrityError:
        raise Refusal(f"An application is called {name} already; signers could not tell the two apart.") from None
    return application, secret


def revoke_tokens(config: Config, client_id: str) -> None:
    """Forget the application's tokens, where Redis is there to have any."""
    with ephemeral(config) as redis:
        try:
            asyncio.run(redis.revoke_tokens_of(client_id))
        except RedisUnavailable:
            raise Refusal("The application is removed, but Redis does not answer: its tokens live until they expire.") from None
