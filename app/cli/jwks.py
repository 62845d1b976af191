"""`natsuin jwks`: the keys that this server signs ID tokens with."""

import typer

from app.cli.access import desk
from app.cli.output import Json, answering, show
from app.operator import oauth_keys

commands = typer.Typer(help="Keys that this server signs ID tokens with.", no_args_is_help=True)


@commands.callback()
def group() -> None:
    """Keep `rotate` a word of its own: typer drops the name of a single command."""


@commands.command()
def rotate(as_json: Json = False) -> None:
    """Add a key; it is used ten minutes after it was published, and the oldest of more than three is forgotten."""
    with answering(as_json), desk() as opened:
        value = oauth_keys.rotate(opened)
        show(value, as_json, f"Published {value['kid']}; it is used from ten minutes on.")
