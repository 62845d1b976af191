"""
Pages that hear at once what changed: server-sent events (HTML §9.2), looked up anew at every wake-up.

A stream shows nothing that the page could not ask for itself: the session is looked at each time, and its end is the stream's. While
Redis or SQL are in doubt it says nothing. It ends by itself after some minutes, and the browser opens another.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app.errors import NotAllowed, TooFast, Unauthenticated, Unavailable
from app.phone.approve import authorization_of
from app.phone.inbox import waiting_now
from app.phone.session import signer_of
from app.phone.visitor import visitor_of
from app.services import Services
from app.store.wakeups import of_signer

MOST = 8  # for one signer in one worker process
LIFE_S = 300
LOOK_S = 15  # so long a removed device, or an expired session, may go unnoticed; and a connection that is gone
PAUSE_S = 1

Look = Callable[[], Awaitable[tuple[Any, dict[str, Any]]]]
"""What is to be told, and before it that by which a change is known."""


async def inbox_events(services: Services, request: Request) -> Response:
    """Tell what waits, now and whenever that changes."""

    async def look() -> tuple[Any, dict[str, Any]]:
        waiting = await waiting_now(services, await signer_of(services, request))
        return [one["id"] for one in waiting], {"waiting": waiting}

    return stream(services, await signer_of(services, request), look)


async def approval_events(services: Services, request: Request) -> Response:
    """Tell how a request stands, now and when it ends, wherever that was decided; and whether another one waits that has to be quick."""
    visitor = await visitor_of(services, request)

    async def look() -> tuple[Any, dict[str, Any]]:
        authorization = await authorization_of(services, request)
        waiting = await waiting_now(services, visitor.user_id) if visitor.device is not None else []
        another = any(one["id"] != authorization.id and not one["lasting"] for one in waiting)
        return (authorization.state, another), {"state": authorization.state, "another": another}

    await look()
    return stream(services, visitor.user_id, look)


def stream(services: Services, user_id: str, look: Look) -> Response:
    """Stream what `look` finds; raises TooFast where this signer holds enough of them."""
    if services.wakeups.watchers(of_signer(user_id)) >= MOST:
        raise TooFast
    return StreamingResponse(_events(services, user_id, look), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _events(services: Services, user_id: str, look: Look) -> AsyncIterator[bytes]:
    ends, told = services.now() + LIFE_S, None
    with services.wakeups.watching(of_signer(user_id)) as watch:
        while (left_s := ends - services.now()) > 0:
            try:
                mark, found = await look()
            except (Unauthenticated, NotAllowed):
                return
            except Unavailable:
                await asyncio.sleep(PAUSE_S)
                yield b":\n\n"
                continue
            yield b":\n\n" if mark == told else b"data: " + msgspec.json.encode(found) + b"\n\n"
            told = mark
            await watch.wait(min(left_s, LOOK_S))
