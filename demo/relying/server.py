"""The relying application as an ASGI application: the URL table, the middleware, and the hourly deletion."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from demo.relying import pages
from demo.relying.config import Config
from demo.relying.headers import SameOriginPosts, SecurityHeaders
from demo.relying.jobs import Jobs, JobUnknown

SWEEP_EVERY_S = 60
SMALL_BODY_BYTES = 10_000


def create_app(config: Config, is_stopping: Callable[[], bool] = lambda: False) -> ASGIApp:
    """Make the application; its jobs are kept in `config.directory`. When the server `is_stopping`, held polls are let go."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.jobs = Jobs(config.directory)
        sweeper = asyncio.create_task(_sweep(app.state.jobs))
        yield
        for task in (sweeper, *app.state.under_way):
            task.cancel()
        await asyncio.gather(sweeper, *app.state.under_way, return_exceptions=True)

    app = Starlette(
        routes=[
            Route("/", pages.start),
            Route("/", pages.ask, methods=["POST"]),
            Route("/jobs/{job_id}", pages.follow),
            Route("/jobs/{job_id}/state", pages.follow_state),
            Route("/jobs/{job_id}/qr.svg", pages.qr_code),
            Route("/jobs/{job_id}/here", pages.here),
            Route("/back", pages.back),
            Route("/jobs/{job_id}/signed.pdf", pages.download),
            Route("/jobs/{job_id}/again", pages.ask_again, methods=["POST"], max_body_size=SMALL_BODY_BYTES),
            Route("/sample.pdf", pages.sample),
            Mount("/static", StaticFiles(directory=pages.HERE / "static")),
        ],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=["localhost", "127.0.0.1"]),
            Middleware(SameOriginPosts),
        ],
        exception_handlers={JobUnknown: pages.not_found, HTTPException: pages.other_problem, Exception: pages.other_problem},
        lifespan=lifespan,
    )
    app.state.config = config
    app.state.under_way = set()
    app.state.is_stopping = is_stopping
    return SecurityHeaders(app)  # around everything, so that no error page goes without


async def _sweep(jobs: Jobs) -> None:
    while True:
        jobs.sweep(time.time())
        await asyncio.sleep(SWEEP_EVERY_S)
