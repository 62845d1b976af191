"""Answering whatever comes, without looking at it: for tests and for trying out a relying application, never for a person's own phone."""

import asyncio
from collections.abc import Awaitable, Callable

from demo.passkey import PasskeyError
from demo.phone.display import plain
from demo.phone.errors import PhoneError, SessionRequired, Unavailable, Unreachable
from demo.phone.output import Output
from demo.phone.phone import Phone, Waiting

Act = Callable[[Phone, Waiting], Awaitable[str]]
"""What is done about an authorization; gives how it stands then."""


async def approve(phone: Phone, waiting: Waiting) -> str:
    return await phone.approve(waiting.id)


async def decline(phone: Phone, waiting: Waiting) -> str:
    return await phone.refuse(waiting.id)


async def watch(phone: Phone, output: Output, act: Act, *, every_s: float, count: int | None) -> None:
    """
    Act on each authorization once, until `count` were answered.

    What fails for a reason that will last is told and left; where the server is away, it is asked again.
    """
    left_alone: set[str] = set()
    answered = 0
    is_away = False
    while count is None or answered < count:
        try:
            for waiting in await phone.inbox():
                if waiting.id not in left_alone and await _answer(phone, output, waiting, act):
                    answered += 1
                left_alone.add(waiting.id)
            is_away = False
        except SessionRequired:
            await phone.sign_in()
            continue
        except (Unreachable, Unavailable) as error:
            if not is_away:
                output.show_error(error)
            is_away = True
        await asyncio.sleep(every_s)


async def _answer(phone: Phone, output: Output, waiting: Waiting, act: Act) -> bool:
    """Answer one; False where the phone or the server will not have it."""
    try:
        state = await act(phone, waiting)
    except (SessionRequired, Unreachable, Unavailable):
        raise
    except (PhoneError, PasskeyError) as error:
        output.show_error(error, id=waiting.id)
        return False
    record = {"id": waiting.id, "application": waiting.application, "state": state}
    output.show(record, plain(f"{state.capitalize()}: {waiting.application}, {waiting.description or waiting.id}"))
    return True
