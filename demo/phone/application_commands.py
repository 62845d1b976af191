"""The phone's commands for who enrols with a certificate: what is to be signed, and sending what was signed."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from demo.passkey import Passkey
from demo.phone.application import get_application, send_application
from demo.phone.commands import DEFAULT_FILE, AsJson, PasskeyFile, cli
from demo.phone.connection import open_http, origin_of
from demo.phone.display import plain
from demo.phone.output import Output, finish
from demo.phone.phone import Phone

Link = Annotated[str, typer.Argument(metavar="URL", help="The link.")]


@cli.command()
def application(
    url: Link,
    out: Annotated[Path, typer.Option("--out", help="Where the application goes.")] = Path("application.json"),
    file: PasskeyFile = DEFAULT_FILE,
    as_json: AsJson = False,
) -> None:
    """Make passkey and key with a link for who has a certificate, and save the application that is to be signed with it."""
    output = Output(as_json)

    async def work() -> None:
        async with open_http() as http:
            out.write_bytes(await get_application(Phone(origin_of(url), _passkey(file), http), url))
        output.show({"application": str(out)}, plain(f"Sign {out} with your certificate (CMS, DER), then send it with `apply`"))

    finish(work(), output)


@cli.command()
def apply(
    url: Link,
    signed: Annotated[Path, typer.Argument(help="The signed application.")],
    file: PasskeyFile = DEFAULT_FILE,
    as_json: AsJson = False,
) -> None:
    """Send the signed application; the certificate comes, and the phone is registered."""
    output = Output(as_json)

    async def work() -> None:
        async with open_http() as http:
            enrolled = await send_application(Phone(origin_of(url), _passkey(file), http), url, signed.read_bytes())
        text = f"Enrolled {enrolled.name} ({enrolled.user_id}) for the key {enrolled.credential_id}; the passkey is in {file}"
        output.show(msgspec.to_builtins(enrolled), plain(text))

    finish(work(), output)


def _passkey(file: Path) -> Passkey:
    return Passkey.load(file) if file.exists() else Passkey(file)
