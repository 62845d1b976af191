"""The phone's command line: one command per thing that a signer does; each signs in anew, so only the passkey file is kept."""

import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from demo.passkey import Passkey, PasskeyError
from demo.phone.connection import open_http, origin_of
from demo.phone.display import authorization_panel, inbox_table, plain
from demo.phone.errors import AddressRefused
from demo.phone.otp_approval import approve_with_otp
from demo.phone.output import Output, finish
from demo.phone.phone import Phone, Signer, is_address
from demo.phone.watch import approve as approve_one
from demo.phone.watch import decline as decline_one
from demo.phone.watch import watch as watch_inbox

cli = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="A phone without a screen.")

DEFAULT_FILE = Path("passkey.json")
WATCH_EVERY_S = 1.0

PasskeyFile = Annotated[Path, typer.Option("--passkey", help="The file that holds the passkey.")]
Origin = Annotated[str | None, typer.Option("--origin", help="The server, where it is not the one of the enrolment.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
Target = Annotated[str, typer.Argument(metavar="ID|URL", help="The authorization, the address of its page, or what the QR code says.")]


@contextlib.asynccontextmanager
async def signed_in(file: Path, origin: str | None) -> AsyncIterator[tuple[Phone, Signer]]:
    """The phone of a passkey file, with a session."""
    try:
        passkey = Passkey.load(file)
    except FileNotFoundError as error:
        raise PasskeyError(f"there is no passkey in {file}: enrol first") from error
    async with open_http() as http:
        phone = Phone(origin or passkey.origin or "", passkey, http)
        yield phone, await phone.sign_in()


@cli.command()
def enroll(
    given: Annotated[str, typer.Argument(metavar="URL|CODE|-", help="The link, or the letter's code; - reads it from standard input.")],
    file: PasskeyFile = DEFAULT_FILE,
    origin: Annotated[str | None, typer.Option("--origin", help="The server; needed with a code.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Forget the passkey that the file holds.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a passkey and register it with an enrolment link, or with the code of a letter."""
    output = Output(as_json)
    code_or_url = sys.stdin.readline().strip() if given == "-" else given
    is_kept = file.exists() and not replace

    async def work() -> None:
        passkey = Passkey.load(file) if is_kept else Passkey(file)
        async with open_http() as http:
            enrolled = await Phone(_origin_for(code_or_url, origin), passkey, http).enroll(code_or_url)
        text = f"Enrolled {enrolled.name} ({enrolled.user_id}) for the key {enrolled.credential_id}; the passkey is in {file}"
        output.show(msgspec.to_builtins(enrolled), plain(text))

    finish(work(), output)


def _origin_for(code_or_url: str, origin: str | None) -> str:
    if origin is None and not is_address(code_or_url):
        raise AddressRefused("a code says nothing of the server: give it with --origin")
    return origin or origin_of(code_or_url)


@cli.command("sign-in")
def sign_in(file: PasskeyFile = DEFAULT_FILE, origin: Origin = None, as_json: AsJson = False) -> None:
    """See whose passkey it is, and whether it opens a session."""
    output = Output(as_json)

    async def work() -> None:
        async with signed_in(file, origin) as (_, signer):
            output.show(msgspec.to_builtins(signer), plain(f"Signed in as {signer.name} ({signer.user_id})"))

    finish(work(), output)


@cli.command()
def inbox(file: PasskeyFile = DEFAULT_FILE, origin: Origin = None, as_json: AsJson = False) -> None:
    """List what waits."""
    output = Output(as_json)

    async def work() -> None:
        async with signed_in(file, origin) as (phone, _):
            waiting = await phone.inbox()
            output.show({"waiting": msgspec.to_builtins(waiting)}, inbox_table(waiting))

    finish(work(), output)


@cli.command()
def show(target: Target, file: PasskeyFile = DEFAULT_FILE, origin: Origin = None, as_json: AsJson = False) -> None:
    """Show what is asked, once it is known to be what would be signed."""
    output = Output(as_json)

    async def work() -> None:
        async with signed_in(file, origin) as (phone, _):
            seen = await phone.look(await phone.open(target))
            compared = await phone.compare(seen)
            output.show(msgspec.to_builtins(seen) | {"compared": compared}, authorization_panel(seen, compared))

    finish(work(), output)


@cli.command()
def approve(
    target: Target,
    code: Annotated[str | None, typer.Option("--code", help="The code that the application shows.")] = None,
    otp: Annotated[bool, typer.Option("--otp", help="Without a passkey: PIN and one-time passwords are read from the terminal.")] = False,
    file: PasskeyFile = DEFAULT_FILE,
    origin: Origin = None,
    as_json: AsJson = False,
) -> None:
    """Show what is asked and approve it with the passkey, or with PIN and one-time passwords."""
    output = Output(as_json)
    if otp:
        finish(approve_with_otp(target, code, origin, output), output)
        return

    async def work() -> None:
        async with signed_in(file, origin) as (phone, _):
            seen = await phone.look(await phone.open(target))
            if not as_json:
                output.show({}, authorization_panel(seen, await phone.compare(seen)))
            state = await phone.approve(seen, code)
            output.show({"id": seen.id, "state": state}, plain(state.capitalize()))

    finish(work(), output)


@cli.command()
def watch(
    refuse: Annotated[bool, typer.Option("--decline", help="Decline instead.")] = False,
    count: Annotated[int | None, typer.Option("--count", min=1, help="End after so many answers.")] = None,
    every_s: Annotated[float, typer.Option("--every", min=0.05, help="Seconds between two looks.")] = WATCH_EVERY_S,
    file: PasskeyFile = DEFAULT_FILE,
    origin: Origin = None,
    as_json: AsJson = False,
) -> None:
    """Approve whatever comes, until Ctrl-C; never with a passkey that matters."""
    output = Output(as_json)

    async def work() -> None:
        async with signed_in(file, origin) as (phone, signer):
            verb = "Declining" if refuse else "Approving"
            output.show({"watching": signer.user_id}, plain(f"{verb} whatever comes for {signer.name}; Ctrl-C ends it"))
            await watch_inbox(phone, output, decline_one if refuse else approve_one, every_s=every_s, count=count)

    with contextlib.suppress(KeyboardInterrupt):
        finish(work(), output)
