"""
Pages that hear at once what changed, each by an event stream.

A stream shows nothing that the page could not ask for itself: the session is looked at each time, and its end is the stream's.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app.errors import Unauthenticated
from app.event_stream import stream
from app.phone.approve import authorization_of
from app.phone.inbox import waiting_now
from app.phone.session import signer_of
from app.phone.visitor import visitor_of
from app.services import Services
from app.store.wakeups import of_signer


async def inbox_events(services: Services, request: Request) -> Response:
    """Tell what waits, now and whenever that changes."""

    async def look() -> tuple[Any, dict[str, Any]]:
        waiting = await waiting_now(services, await signer_of(services, request))
        return [one["id"] for one in waiting], {"waiting": waiting}

    try:
        user_id = await signer_of(services, request)
    except Unauthenticated:
        if not _is_page(request):
            raise
        return _stopped()
    return stream(services, of_signer(user_id), look)


async def approval_events(services: Services, request: Request) -> Response:
    """Tell how a request stands, now and when it ends, wherever that was decided; and whether another one waits that has to be quick."""
    try:
        visitor = await visitor_of(services, request)
    except Unauthenticated:
        if not _is_page(request):
            raise
        return _stopped()

    async def look() -> tuple[Any, dict[str, Any]]:
        authorization = await authorization_of(services, request)
        waiting = await waiting_now(services, visitor.user_id) if visitor.device is not None else []
        another = any(one["id"] != authorization.id and not one["lasting"] for one in waiting)
        return (authorization.state, another), {"state": authorization.state, "another": another}

    await look()
    return stream(services, of_signer(visitor.user_id), look)


def _is_page(request: Request) -> bool:
    return "text/event-stream" in request.headers.get("accept", "")


def _stopped() -> Response:
    """End a page's stream without another try (HTML §9.2.3), as its session has ended: it hears that by its next call."""
    return Response(status_code=204)
