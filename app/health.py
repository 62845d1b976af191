"""`/health`: whether this server can do its work right now; for load balancers and start scripts, says nothing that helps a stranger."""

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from app.answering import answer
from app.errors import Unavailable
from app.services import Services


class Health(Struct, frozen=True):
    """Whether it can."""

    ok: bool


async def health(services: Services, _: Request) -> Response:
    """Answer 200 where Redis and the SAM with its HSM answer, else 503."""
    try:
        await services.ephemeral.ping()
        state = await services.sam.health()
        ok = all(part == "ok" for part in state.parts.values())
    except Unavailable:
        ok = False
    return answer(Health(ok), 200 if ok else 503)
