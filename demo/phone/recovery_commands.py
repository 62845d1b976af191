"""The phone's commands about recovery codes: making them, using one on a new phone, stopping what somebody has begun."""

import sys
from typing import Annotated

import msgspec
import typer

from demo.passkey import Passkey, PasskeyError
from demo.phone import recovery
from demo.phone.commands import DEFAULT_FILE, AsJson, Origin, PasskeyFile, cli, signed_in
from demo.phone.connection import open_http
from demo.phone.display import moment, plain, plain_lines
from demo.phone.output import Output, finish
from demo.phone.phone import Phone


@cli.command("make-recovery-codes")
def make_recovery_codes(file: PasskeyFile = DEFAULT_FILE, origin: Origin = None, as_json: AsJson = False) -> None:
    """Make new recovery codes and show them this once; older ones no longer work."""
    output = Output(as_json)

    async def work() -> None:
        async with signed_in(file, origin) as (phone, _):
            codes = await recovery.make_codes(phone)
            output.show({"codes": codes}, plain_lines(*codes))

    finish(work(), output)


@cli.command("recovery-codes")
def recovery_codes(file: PasskeyFile = DEFAULT_FILE, origin: Origin = None, as_json: AsJson = False) -> None:
    """See how many recovery codes are left, and which devices wait with one."""
    output = Output(as_json)

    async def work() -> None:
        async with signed_in(file, origin) as (phone, _):
            seen = await recovery.look(phone)
            waiting = [f"{one.id}  {one.name}, may approve from {moment(one.until)}" for one in seen.waiting]
            output.show(msgspec.to_builtins(seen), plain_lines(f"Codes left: {seen.left}", *waiting))

    finish(work(), output)


@cli.command()
def recover(
    origin: Annotated[str, typer.Option("--origin", help="The server.")],
    name: Annotated[str | None, typer.Option("--name", help="What the new phone is called.")] = None,
    file: PasskeyFile = DEFAULT_FILE,
    as_json: AsJson = False,
) -> None:
    """Make the passkey of a new phone with a recovery code from standard input; after the waiting time, `sign-in` ends it."""
    output = Output(as_json)
    code = sys.stdin.readline().strip()

    async def work() -> None:
        if file.exists():
            raise PasskeyError(f"{file} exists already")
        async with open_http() as http:
            begun = await recovery.recover(Phone(origin, Passkey(file), http), code, name)
        output.show(msgspec.to_builtins(begun), plain(f"{begun.name} waits, and may approve from {moment(begun.until)}"))

    finish(work(), output)


@cli.command("stop-recovery")
def stop_recovery(
    recovery_id: Annotated[str, typer.Argument(metavar="ID", help="As `recovery-codes` shows it.")],
    file: PasskeyFile = DEFAULT_FILE,
    origin: Origin = None,
    as_json: AsJson = False,
) -> None:
    """Stop a device that waits with a recovery code."""
    output = Output(as_json)

    async def work() -> None:
        async with signed_in(file, origin) as (phone, _):
            stopped = await recovery.stop(phone, recovery_id)
            output.show(msgspec.to_builtins(stopped), plain(f"{stopped.name}: {stopped.state}"))

    finish(work(), output)
