"""The phone's commands that say no, or not now: refusing with a reason, putting off, wanting no requests for a while."""

from typing import Annotated

import typer

from demo.phone.commands import DEFAULT_FILE, AsJson, Origin, PasskeyFile, Target, cli, signed_in
from demo.phone.display import moment, plain
from demo.phone.output import Output, finish
from demo.phone.phone import Reason, authorization_id_of


@cli.command()
def refuse(
    target: Target,
    reason: Annotated[Reason, typer.Option("--reason", help="Why; the application is told.")] = "declined",
    file: PasskeyFile = DEFAULT_FILE,
    origin: Origin = None,
    as_json: AsJson = False,
) -> None:
    """Say no."""
    output = Output(as_json)

    async def work() -> None:
        async with signed_in(file, origin) as (phone, _):
            authorization_id = authorization_id_of(target, phone.origin)
            state = await phone.refuse(authorization_id, reason)
            output.show({"id": authorization_id, "state": state}, plain(state.capitalize()))

    finish(work(), output)


@cli.command()
def later(target: Target, file: PasskeyFile = DEFAULT_FILE, origin: Origin = None, as_json: AsJson = False) -> None:
    """Put off what may wait for days; it stays in the inbox."""
    output = Output(as_json)

    async def work() -> None:
        async with signed_in(file, origin) as (phone, _):
            authorization_id = authorization_id_of(target, phone.origin)
            state = await phone.put_off(authorization_id)
            output.show({"id": authorization_id, "state": state}, plain("Put off"))

    finish(work(), output)


@cli.command()
def quiet(
    hours: Annotated[int, typer.Argument(help="1, 2 or 8; 0 ends it.")],
    file: PasskeyFile = DEFAULT_FILE,
    origin: Origin = None,
    as_json: AsJson = False,
) -> None:
    """Want no requests for some hours: applications are told to ask later."""
    output = Output(as_json)

    async def work() -> None:
        async with signed_in(file, origin) as (phone, _):
            until = await phone.be_quiet(hours)
            output.show({"until": until}, plain(f"No requests until {moment(until)}" if until else "Requests come again"))

    finish(work(), output)
