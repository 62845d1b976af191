"""`natsuin client`: the applications that may ask for signatures."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from app.cli.access import desk
from app.cli.output import Json, answering, show
from app.operator import clients
from app.operator.registration import Registration

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
        png = mark.read_bytes() if mark is not None else None
        keys, pem = (file.read_bytes() if file is not None else None for file in (jwks, certificate))
        value = clients.add(
            opened,
            name,
            asks_code=code,
            moving_code=moving_code,
            return_urls=return_url or (),
            mark=png,
            inbox=inbox,
            registration=Registration(auth, keys, pem, tuple(redirect_uri or ())),
        )
        lines = [f"[bold]{escape(name)}[/] may ask for signatures.", f"client_id      {value['client_id']}"]
        if "client_secret" in value:
            lines += [f"client_secret  {value['client_secret']}", "[dim]The secret is shown only now; keep it safe.[/]"]
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


@commands.command()
def remove(client_id: Annotated[str, typer.Argument(help="As `client list` shows it.")], as_json: Json = False) -> None:
    """Remove an application; its tokens stop working at once."""
    with answering(as_json), desk() as opened:
        show(clients.remove(opened, client_id), as_json, f"Removed {escape(client_id)}.")
