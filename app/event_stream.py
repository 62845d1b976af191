"""
Server-sent events (HTML §9.2): what somebody watches, looked up anew at every wake-up.

Who may look is asked each time, and whose right has ended hears no more. While Redis or SQL are in doubt a stream says nothing. It ends
by itself after some minutes, and the browser opens another.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
from msgspec import Struct
from starlette.responses import Response, StreamingResponse

from app.errors import NotAllowed, TooFast, Unauthenticated, Unavailable
from app.services import Services

MOST = 8  # for one signer, or one authorization of an application, in one worker process
LIFE_S = 300
LOOK_S = 15  # so long a removed device, or an expired session, may go unnoticed; and a connection that is gone
PAUSE_S = 1

Look = Callable[[], Awaitable[tuple[Any, Struct | dict[str, Any]]]]
"""What is to be told, and before it that by which a change is known; a mark of None is told once, and is the stream's end."""


def stream(services: Services, watched: str, look: Look, headers: dict[str, str] | None = None) -> Response:
    """Stream what `look` finds whenever `watched` changes; raises TooFast where there are enough of them."""
    if services.wakeups.watchers(watched) >= MOST:
        raise TooFast
    sent = {"X-Accel-Buffering": "no"} | (headers or {})
    return StreamingResponse(_events(services, watched, look), media_type="text/event-stream", headers=sent)


async def _events(services: Services, watched: str, look: Look) -> AsyncIterator[bytes]:
    ends, told = services.now() + LIFE_S, None
    with services.wakeups.watching(watched) as watch:
        while (left_s := ends - services.now()) > 0:
            try:
                mark, found = await look()
            except (Unauthenticated, NotAllowed):
                return
            except Unavailable:
                await asyncio.sleep(PAUSE_S)
                yield b":\n\n"
                continue
            yield b":\n\n" if mark == told and mark is not None else b"data: " + msgspec.json.encode(found) + b"\n\n"
            if mark is None:
                return
            told = mark
            await watch.wait(min(left_s, LOOK_S))
