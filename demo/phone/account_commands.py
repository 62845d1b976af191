"""The phone's commands about what is the signer's own: passkeys, freezing, the history, the receipt."""

import asyncio
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from demo.passkey import Passkey, PasskeyError
from demo.phone.account import Account, Device, FreezeFor, NewPhone
from demo.phone.commands import DEFAULT_FILE, AsJson, Origin, PasskeyFile, cli, signed_in
from demo.phone.connection import open_http
from demo.phone.display import entries_table, own_table, plain
from demo.phone.output import Output, finish
from demo.phone.phone import Phone
from demo.phone.receipt import receipts, sign_receipt

LOOK_AGAIN_S = 2


@cli.command()
def passkeys(file: PasskeyFile = DEFAULT_FILE, origin: Origin = None, as_json: AsJson = False) -> None:
    """List the keys, and the passkeys that may approve for them."""
    output = Output(as_json)

    async def work() -> None:
        async with signed_in(file, origin) as (phone, _):
            own = await Account(phone).look()
            output.show(msgspec.to_builtins(own), own_table(own))

    finish(work(), output)


@cli.command("add-passkey")
def add_passkey(
    new: Annotated[Path, typer.Argument(metavar="FILE", help="Where the new phone keeps its passkey.")],
    name: Annotated[str | None, typer.Option("--name", help="What the new phone is called.")] = None,
    file: PasskeyFile = DEFAULT_FILE,
    origin: Origin = None,
    as_json: AsJson = False,
) -> None:
    """Add a second phone: it makes a passkey with a one-time link, and this phone approves it."""
    output = Output(as_json)

    async def work() -> None:
        if new.exists():
            raise PasskeyError(f"{new} exists already")
        async with signed_in(file, origin) as (phone, _), open_http() as http:
            account = Account(phone)
            link = await account.begin_adding()
            made = NewPhone(Phone(phone.origin, Passkey(new), http))
            joined = await made.join(link.link, name)
            await account.approve_new(link, made)
            output.show(
                {"name": joined.name, "code": joined.code, "passkey": str(new)},
                plain(f"Added {joined.name}; both phones showed {joined.code}; its passkey is in {new}"),
            )

    finish(work(), output)


@cli.command("remove-passkey")
def remove_passkey(
    which: Annotated[str, typer.Argument(metavar="ID|NAME", help="As `passkeys` shows it.")],
    file: PasskeyFile = DEFAULT_FILE,
    origin: Origin = None,
    as_json: AsJson = False,
) -> None:
    """Remove another passkey than this phone's."""
    output = Output(as_json)

    async def work() -> None:
        async with signed_in(file, origin) as (phone, _):
            account = Account(phone)
            device = _one((await account.look()).devices, which)
            await account.remove(device)
            output.show({"id": device.id, "removed": True}, plain(f"Removed {device.name}"))

    finish(work(), output)


@cli.command()
def freeze(
    how_long: Annotated[str, typer.Option("--for", help="hour, day, or until_i_say.")] = "until_i_say",
    file: PasskeyFile = DEFAULT_FILE,
    origin: Origin = None,
    as_json: AsJson = False,
) -> None:
    """Freeze the keys at once."""
    output = Output(as_json)
    times: dict[str, FreezeFor] = {"hour": "hour", "day": "day", "until_i_say": "until_i_say"}
    if how_long not in times:
        raise typer.BadParameter("hour, day or until_i_say", param_hint="--for")

    async def work() -> None:
        async with signed_in(file, origin) as (phone, _):
            frozen = await Account(phone).freeze(times[how_long])
            output.show({"keys": msgspec.to_builtins(frozen)}, plain(f"Frozen: {', '.join(one.credential_id for one in frozen)}"))

    finish(work(), output)


@cli.command()
def unfreeze(
    credential_id: Annotated[str | None, typer.Argument(help="The key; without it, every frozen one.")] = None,
    file: PasskeyFile = DEFAULT_FILE,
    origin: Origin = None,
    as_json: AsJson = False,
) -> None:
    """Use frozen keys again."""
    output = Output(as_json)

    async def work() -> None:
        async with signed_in(file, origin) as (phone, _):
            account = Account(phone)
            frozen = [one.credential_id for one in (await account.look()).keys if one.state == "frozen"]
            for one in [credential_id] if credential_id is not None else frozen:
                await account.unfreeze(one)
                output.show({"credential_id": one, "state": "active"}, plain(f"In use again: {one}"))

    finish(work(), output)


@cli.command()
def renew(
    credential_id: Annotated[str | None, typer.Argument(help="The key; without it, every one that can be renewed now.")] = None,
    file: PasskeyFile = DEFAULT_FILE,
    origin: Origin = None,
    as_json: AsJson = False,
) -> None:
    """Have new keys made in the place of those whose certificates end, and wait for them."""
    output = Output(as_json)

    async def work() -> None:
        async with signed_in(file, origin) as (phone, _):
            account = Account(phone)
            for one in [credential_id] if credential_id is not None else [key.credential_id for key in (await account.look()).keys]:
                if credential_id is None and (await account.renewal(one)).renewal != "can":
                    continue
                await account.renew(one)
                now = await account.renewal(one)
                while now.renewal == "under_way":
                    await asyncio.sleep(LOOK_AGAIN_S)
                    now = await account.renewal(one)
                said = f"Renewed: {one} by {now.renewed_by}" if now.renewed_by else f"Not renewed: {one}"
                output.show(msgspec.to_builtins(now), plain(said))

    finish(work(), output)


@cli.command()
def history(
    before: Annotated[str | None, typer.Option("--before", help="Where the page before ended, as `next` said.")] = None,
    file: PasskeyFile = DEFAULT_FILE,
    origin: Origin = None,
    as_json: AsJson = False,
) -> None:
    """List what was asked, how it ended, and what happened to keys and passkeys."""
    output = Output(as_json)

    async def work() -> None:
        async with signed_in(file, origin) as (phone, _):
            page = await Account(phone).history(before)
            output.show(msgspec.to_builtins(page), entries_table(page))

    finish(work(), output)


@cli.command()
def receipt(
    credential_id: Annotated[str | None, typer.Argument(help="The key; without it, every key.")] = None,
    out: Annotated[Path, typer.Option("--out", help="The directory to save in.")] = Path(),
    file: PasskeyFile = DEFAULT_FILE,
    origin: Origin = None,
    as_json: AsJson = False,
) -> None:
    """Sign the receipt for the certificate where it is not signed yet, and save it."""
    output = Output(as_json)

    async def work() -> None:
        async with signed_in(file, origin) as (phone, _):
            known = [one.credential_id for one in await receipts(phone)]
            for one in [credential_id] if credential_id is not None else known:
                pdf = await sign_receipt(phone, one)
                saved = out / f"receipt-{one}.pdf"
                saved.write_bytes(pdf)
                output.show({"credential_id": one, "file": str(saved)}, plain(f"Signed: {saved}"))

    finish(work(), output)


def _one(devices: list[Device], which: str) -> Device:
    found = [one for one in devices if which in (one.id, one.name)]
    if len(found) != 1:
        raise PasskeyError(f"{len(found)} passkeys are called {which}: `passkeys` shows their ids")
    return found[0]
