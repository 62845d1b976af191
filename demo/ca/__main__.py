"""The command line of the CA: `python -m demo.ca` serves; with a command it changes the records, and a running server sees it at once."""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from cryptography import x509

from demo.ca import status
from demo.ca.authority import open_authority
from demo.ca.config import Config, read_config
from demo.ca.errors import CaError
from demo.ca.office import Office, clock, open_office
from demo.ca.records import Records
from demo.ca.registration_authority import make_registration_authority
from demo.ca.server import create_est, create_public
from demo.ca.tls import Tls, TlsHttp

cli = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help="The demo CA.")
Serial = Annotated[str, typer.Argument(help="Serial number, hexadecimal, as `openssl x509 -serial` prints it.")]


@cli.callback(invoke_without_command=True)
def serve(context: typer.Context) -> None:
    """Serve EST, CRL, OCSP and the pages until stopped."""
    context.obj = config = _config()
    if context.invoked_subcommand is None:
        asyncio.run(_serve(config))


@cli.command()
def revoke(
    context: typer.Context,
    serial: Serial,
    reason: Annotated[x509.ReasonFlags, typer.Option(help="Why, by its name in RFC 5280.")] = x509.ReasonFlags.unspecified,
) -> None:
    """Revoke a certificate; CRL and OCSP say so from the next request on."""
    _change(context, lambda records: status.revoke(records, serial, reason, clock()), f"revoked {serial}")


@cli.command()
def suspend(context: typer.Context, serial: Serial) -> None:
    """Hold a certificate until it is lifted or revoked."""
    _change(context, lambda records: status.suspend(records, serial, clock()), f"held {serial}")


@cli.command()
def lift(context: typer.Context, serial: Serial) -> None:
    """Lift the hold of a certificate."""
    _change(context, lambda records: status.lift(records, serial), f"lifted {serial}")


@cli.command()
def registration_authority(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Who it is, as it will stand in the certificate.")],
    key: Annotated[Path, typer.Option(help="Where the private key goes.")],
    certificate: Annotated[Path, typer.Option(help="Where the certificate goes.")],
) -> None:
    """Make a registration authority, which may renew certificates over EST; writes two new PEM files."""
    config: Config = context.obj

    def make(records: Records) -> None:
        authority = open_authority(config.directory, clock())
        make_registration_authority(authority, records, config.url, name, key, certificate, clock())

    _change(context, make, f"{name} may renew certificates with {certificate}")


async def _serve(config: Config) -> None:
    office = open_office(config)
    tls = Tls(config.directory, office.authority, office.records, config.url, config.host)
    tls.renew(clock())
    _introduce_signing_service(office)
    local = partial(uvicorn.Config, host="127.0.0.1", log_level="warning", server_header=False)
    public = uvicorn.Server(local(create_public(office), port=config.port))
    secured = uvicorn.Server(local(create_est(office), port=config.est_port, http=TlsHttp, ssl_context_factory=lambda *_: tls.context))
    typer.echo(f"The demo CA answers on {config.url}, EST on https://localhost:{config.est_port}")
    renewing = asyncio.create_task(tls.keep_renewed(clock))
    # Each server takes over the signals when it starts, and when it has stopped gives what came to the one before it: both stop, in turn.
    await asyncio.gather(public.serve(), secured.serve())
    renewing.cancel()


def _introduce_signing_service(office: Office) -> None:
    """Make the signing service beside us a registration authority at the first start, so that it can renew."""
    key, certificate = (office.config.directory / name for name in ("signing-service-key.pem", "signing-service.pem"))
    if not key.exists() and not certificate.exists():
        make_registration_authority(office.authority, office.records, office.config.url, "Natsuin", key, certificate, office.now())


def _change(context: typer.Context, change: Callable[[Records], None], done: str) -> None:
    config: Config = context.obj
    try:
        change(Records(config.directory / "ca.sqlite3"))
    except CaError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    typer.echo(done)


def _config() -> Config:
    try:
        return read_config()
    except CaError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error


if __name__ == "__main__":
    cli()
