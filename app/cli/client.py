"""`natsuin client`: the applications that may ask for signatures."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from msgspec import Raw
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from app.cli.access import desk
from app.cli.output import Json, answering, show
from app.operator import clients
from app.operator.clients import NewApplication

commands = typer.Typer(help="Applications that may ask for signatures.", no_args_is_help=True)


@commands.command()
def add(
    name: Annotated[str, typer.Argument(help="The name that signers read.")],
    code: Annotated[bool, typer.Option("--code", help="Ask the signer for a code from the application's screen.")] = False,
    moving_code: Annotated[
        bool, typer.Option("--moving-code", help="Requests open with the code on the application's screen only, by no address that stays.")
    ] = False,
    return_url: Annotated[
        list[str] | None, typer.Option("--return-url", help="A page that a request on the same device may lead back to; may be repeated.")
    ] = None,
    mark: Annotated[
        Path | None, typer.Option("--mark", help="A square PNG file, shown beside the name.", exists=True, dir_okay=False)
    ] = None,
    inbox: Annotated[bool, typer.Option("--inbox", help="Let its requests wait for up to 30 days.")] = False,
    callback_url: Annotated[str | None, typer.Option("--callback-url", help="Told, signed, what was decided or is there.")] = None,
    for_all: Annotated[
        bool, typer.Option("--for-all", help="Every signer agreed to it; without this each signer agrees on the phone.")
    ] = False,
    auth: Annotated[
        str | None, typer.Option("--auth", help="How it shows who it is: secret, private_key_jwt or mtls; follows from what is given.")
    ] = None,
    jwks: Annotated[
        Path | None, typer.Option("--jwks", help="A JWK Set with its public keys, for private_key_jwt.", exists=True, dir_okay=False)
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option("--certificate", help="Its TLS certificate in PEM, for mtls.", exists=True, dir_okay=False)
    ] = None,
    redirect_uri: Annotated[
        list[str] | None, typer.Option("--redirect-uri", help="Where an authorization code may be brought to; may be repeated.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Register an application; its secret, where it has one, is shown once."""
    with answering(as_json), desk() as opened:
        new = NewApplication(
            name=name,
            code=code,
            moving_code=moving_code,
            return_urls=return_url or [],
            mark=mark.read_bytes() if mark is not None else None,
            inbox=inbox,
            callback_url=callback_url,
            for_all=for_all,
            auth=auth,
            jwks=Raw(jwks.read_bytes()) if jwks is not None else None,
            certificate=certificate.read_text("ascii", "replace") if certificate is not None else None,
            redirect_uris=redirect_uri or [],
        )
        value = clients.add(opened, new)
        ids = [f"{shown:<15} {value[shown]}" for shown in ("client_id", "client_secret", "callback_secret") if shown in value]
        lines = [f"[bold]{escape(name)}[/] may ask for signatures.", *ids]
        if len(ids) > 1:
            lines.append("[dim]The secret is shown only now; keep it safe.[/]")
        show(value, as_json, "\n".join(lines))


@commands.command("list")
def list_(as_json: Json = False) -> None:
    """List the applications."""
    with answering(as_json), desk() as opened:
        found = clients.listed(opened)
        table = Table("client_id", "name", "code", "moving code", "inbox", "leads back to", "mark", "since", "auth")
        for one in found:
            since = f"{datetime.fromtimestamp(one['created'], UTC):%Y-%m-%d}"
            words = ("yes" if one[flag] else "no" for flag in ("code", "moving_code", "inbox"))
            back, mark = "\n".join(one["return_urls"]) or "–", "yes" if one["mark"] else "no"
            table.add_row(one["client_id"], Text(one["name"]), *words, back, mark, since, one["auth"])
        show(found, as_json, table)


@commands.command("set")
def set_(
    client_id: Annotated[str, typer.Argument(help="As `client list` shows it.")],
    code: Annotated[bool | None, typer.Option("--code/--no-code", help="Whether the signer types a code from its screen.")] = None,
    inbox: Annotated[bool | None, typer.Option("--inbox/--no-inbox", help="Whether its requests may wait for days.")] = None,
    for_all: Annotated[bool | None, typer.Option("--for-all/--no-for-all", help="Whether every signer agreed to it.")] = None,
    passkey_only: Annotated[
        bool | None, typer.Option("--passkey-only/--any-factor", help="Whether only a passkey approves for it, whatever the key allows.")
    ] = None,
    most_documents: Annotated[int | None, typer.Option(help="In one request; 0: as for all.")] = None,
    longest_life_s: Annotated[int | None, typer.Option(help="Seconds that its requests may wait; 0: as for all.")] = None,
    per_minute: Annotated[int | None, typer.Option(help="Requests, of all signers together; 0: no limit.")] = None,
    per_day: Annotated[int | None, typer.Option(help="Requests, of all signers together; 0: no limit.")] = None,
    new_callback_secret: Annotated[
        bool, typer.Option("--new-callback-secret", help="Sign callbacks with a new secret from now on; it is shown once.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Change what an application may; what is not named stays."""
    flags = {"code": code, "inbox": inbox, "for_all": for_all, "passkey_only": passkey_only}
    limits = {"most_documents": most_documents, "longest_life_s": longest_life_s, "per_minute": per_minute, "per_day": per_day}
    named: dict[str, bool | int | None] = {name: value for name, value in flags.items() if value is not None}
    named |= {name: value or None for name, value in limits.items() if value is not None}
    named |= {"new_callback_secret": True} if new_callback_secret else {}
    with answering(as_json), desk() as opened:
        value = clients.change(opened, client_id, named)
        limited = ", ".join(f"{name} {limit}" for name, limit in value["policy"].items() if limit) or "no limits of its own"
        lines = [f"[bold]{escape(value['name'])}[/]: {limited}."]
        if "callback_secret" in value:
            lines += [f"callback_secret {value['callback_secret']}", "[dim]The secret is shown only now; keep it safe.[/]"]
        show(value, as_json, "\n".join(lines))


@commands.command()
def remove(client_id: Annotated[str, typer.Argument(help="As `client list` shows it.")], as_json: Json = False) -> None:
    """Remove an application; its tokens stop working at once."""
    with answering(as_json), desk() as opened:
        show(clients.remove(opened, client_id), as_json, f"Removed {escape(client_id)}.")
