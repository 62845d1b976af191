"""
`approve --otp`: the link of a request opened with PIN and one-time password, and approved with PIN and the next one.

Both are read from the terminal without showing them, or from standard input, a line each (PIN, code, code); never from the arguments, which
other users of the machine can see.
"""

import sys

import typer

from demo.phone.connection import open_http, origin_of
from demo.phone.display import authorization_panel, plain
from demo.phone.errors import AddressRefused, NotOffered
from demo.phone.output import Output
from demo.phone.phone import authorization_id_of, is_address
from demo.phone.without_passkey import WithoutPasskey


async def approve_with_otp(target: str, number: str | None, origin: str | None, output: Output) -> None:
    """Approve with the signer's first token; `number` is the one that the application shows."""
    if origin is None and not is_address(target):
        raise AddressRefused("an id says nothing of the server: give its address, or --origin")
    origin = origin or origin_of(target)
    async with open_http() as http:
        computer = WithoutPasskey(origin, http)
        offer = await computer.offer(authorization_id_of(target, origin))
        pin = _ask("PIN")
        code = _ask_code(output, offer.tokens[0].challenge, "One-time password")
        await computer.sign_in(offer, pin, code)
        seen = await computer.look(offer.authorization)
        if not output.as_json:
            output.show({}, authorization_panel(seen, await computer.compare(seen)))
        if seen.otp is None or seen.otp.locked:
            raise NotOffered("PIN and one-time password cannot be used now")
        token = seen.otp.tokens[0]
        code = _ask_code(output, token.challenge, "Next one-time password, to approve")
        state = await computer.approve(seen, token, pin, code, number)
    output.show({"id": seen.id, "state": state}, plain(state.capitalize()))


def _ask_code(output: Output, challenge: str | None, what: str) -> str:
    if challenge is not None:
        output.show({"challenge": challenge}, plain(f"The token is asked: {challenge}"))
    return _ask(what)


def _ask(what: str) -> str:
    if sys.stdin.isatty():
        return str(typer.prompt(what, hide_input=True, err=True))
    return sys.stdin.readline().strip()
