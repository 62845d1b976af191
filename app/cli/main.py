"""The operator's command line, `natsuin`; its help is the table of what it can do."""

import typer

from app.cli import client, credential, jwks, recovery, signer, statement, token
from app.cli.acts import acts
from app.cli.doctor import doctor
from app.cli.redis_server import redis
from app.cli.up import up
from natsuin.sign import sign

commands = typer.Typer(
    name="natsuin",
    help="Natsuin: remote signing with approval on the signer's phone.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
commands.add_typer(client.commands, name="client")
commands.add_typer(signer.commands, name="signer")
commands.add_typer(credential.commands, name="credential")
commands.add_typer(token.commands, name="token")
commands.add_typer(statement.commands, name="statement")
commands.add_typer(recovery.commands, name="recovery")
commands.add_typer(jwks.commands, name="jwks")
commands.command()(doctor)
commands.command()(acts)
commands.command()(up)
commands.command()(sign)
commands.command(hidden=True)(redis)


def main() -> None:
    """Run the command line."""
    commands()
