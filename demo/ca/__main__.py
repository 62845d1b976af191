"""The command line of the CA: `python -m demo.ca` serves, `python -m demo.ca revoke SERIAL` revokes; a running server sees it at once."""

from typing import Annotated

import typer
import uvicorn
from cryptography import x509

from demo.ca.config import Config, read_config
from demo.ca.errors import CaError
from demo.ca.records import Records
from demo.ca.revocation import revoke as revoke_certificate
from demo.ca.server import clock, create_app

cli = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help="The demo CA.")


@cli.callback(invoke_without_command=True)
def serve(context: typer.Context) -> None:
    """Serve EST, CRL and OCSP until stopped."""
    context.obj = config = _config()
    if context.invoked_subcommand is None:
        typer.echo(f"The demo CA answers on {config.url}")
        uvicorn.run(create_app(config), host="127.0.0.1", port=config.port, log_level="warning", server_header=False)


@cli.command()
def revoke(
    context: typer.Context,
    serial: Annotated[str, typer.Argument(help="Serial number, hexadecimal, as `openssl x509 -serial` prints it.")],
    reason: Annotated[x509.ReasonFlags, typer.Option(help="Why, by its name in RFC 5280.")] = x509.ReasonFlags.unspecified,
) -> None:
    """Revoke a certificate; CRL and OCSP say so from the next request on."""
    config: Config = context.obj
    try:
        revoke_certificate(Records(config.directory / "ca.sqlite3"), serial, reason, clock())
    except CaError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    typer.echo(f"revoked {serial}")


def _config() -> Config:
    try:
        return read_config()
    except CaError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error


if __name__ == "__main__":
    cli()
