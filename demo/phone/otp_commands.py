"""The phone's commands about PIN and one-time password. The PIN comes from the terminal or standard input, never from an argument."""

import getpass
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from demo.phone.account import Account
from demo.phone.commands import DEFAULT_FILE, AsJson, Origin, PasskeyFile, cli, signed_in
from demo.phone.display import plain
from demo.phone.errors import TokenUnknown
from demo.phone.otp import App, OneTimePasswords
from demo.phone.output import Output, finish

DEFAULT_APP = Path("authenticator.uri")
AppFile = Annotated[Path, typer.Option("--app", help="The file of the authenticator app; it holds the secret.")]
Serial = Annotated[str | None, typer.Option("--serial", help="A token with this serial number, instead of the app.")]
TokenId = Annotated[str | None, typer.Option("--token", help="Its id or the end of its serial number, where there are several.")]


@cli.command("set-otp")
def set_otp(
    serial: Serial = None,
    app_file: AppFile = DEFAULT_APP,
    file: PasskeyFile = DEFAULT_FILE,
    origin: Origin = None,
    as_json: AsJson = False,
) -> None:
    """
    Set up PIN and one-time password: an authenticator app of its own, or a token that was delivered.

    It asks for the PIN, and with --serial for the token's code; from standard input, one a line, where that is no terminal.
    """
    output = Output(as_json)
    pin = asked("PIN")
    code = asked("Code of the token") if serial is not None else None

    async def work() -> None:
        async with signed_in(file, origin) as (phone, _):
            otp = OneTimePasswords(phone)
            if serial is not None and code is not None:
                token_id = await otp.named(serial)
                await otp.set_up(token_id, pin, code)
                text = f"Set up the token {serial}"
            else:
                offer = await otp.offer()
                app, token_id = App(offer.link), offer.id
                app.save(app_file)  # before it is set: a secret that is lost afterwards would be of no use
                await otp.set_up(token_id, pin, app.code(time.time()))
                text = f"Set up an authenticator app; its secret is in {app_file}"
            output.show({"token_id": token_id, "state": "done"}, plain(text))

    finish(work(), output)


@cli.command("remove-otp")
def remove_otp(token: TokenId = None, file: PasskeyFile = DEFAULT_FILE, origin: Origin = None, as_json: AsJson = False) -> None:
    """Remove a token, or the authenticator app, for good."""
    output = Output(as_json)

    async def work() -> None:
        async with signed_in(file, origin) as (phone, _):
            token_id = await one_of(Account(phone), token)
            await OneTimePasswords(phone).remove(token_id)
            output.show({"token_id": token_id, "removed": True}, plain(f"Removed {token_id}"))

    finish(work(), output)


@cli.command("resynchronise-otp")
def resynchronise_otp(
    token: TokenId = None,
    from_input: Annotated[bool, typer.Option("--codes", help="Ask for the codes, as of a token; without it the app shows them.")] = False,
    app_file: AppFile = DEFAULT_APP,
    file: PasskeyFile = DEFAULT_FILE,
    origin: Origin = None,
    as_json: AsJson = False,
) -> None:
    """Set a token right by two codes that follow each other."""
    output = Output(as_json)
    typed = (asked("First code"), asked("The next code")) if from_input else None

    async def work() -> None:
        first, second = typed or App.load(app_file).last_two(time.time())
        async with signed_in(file, origin) as (phone, _):
            token_id = await one_of(Account(phone), token)
            await OneTimePasswords(phone).resynchronise(token_id, first, second)
            output.show({"token_id": token_id, "state": "done"}, plain(f"Set right: {token_id}"))

    finish(work(), output)


@cli.command("unlock-otp")
def unlock_otp(file: PasskeyFile = DEFAULT_FILE, origin: Origin = None, as_json: AsJson = False) -> None:
    """Have PIN and codes taken again after too many wrong tries."""
    output = Output(as_json)

    async def work() -> None:
        async with signed_in(file, origin) as (phone, _):
            await OneTimePasswords(phone).unlock()
            output.show({"state": "done"}, plain("Unlocked"))

    finish(work(), output)


@cli.command("change-pin")
def change_pin(file: PasskeyFile = DEFAULT_FILE, origin: Origin = None, as_json: AsJson = False) -> None:
    """Choose another PIN; it asks for it."""
    output = Output(as_json)
    pin = asked("New PIN")

    async def work() -> None:
        async with signed_in(file, origin) as (phone, _):
            await OneTimePasswords(phone).change_pin(pin)
            output.show({"state": "done"}, plain("Changed"))

    finish(work(), output)


def asked(what: str) -> str:
    """Ask on the terminal without showing it, or read a line of standard input."""
    return getpass.getpass(f"{what}: ") if sys.stdin.isatty() else sys.stdin.readline().strip()


async def one_of(account: Account, which: str | None) -> str:
    """
    Give the id of the token that is meant.

    Raises:
        TokenUnknown: there is none, or there are several and it is not said which.
    """
    standing = (await account.look()).otp
    tokens = standing.tokens if standing is not None else []
    found = [one for one in tokens if which is None or which in (one.id, one.end)]
    if len(found) != 1:
        raise TokenUnknown(f"{len(found)} tokens are meant: name one with --token, as `passkeys` shows them")
    return found[0].id
