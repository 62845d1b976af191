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

from demo.relying import files, job_pages, pages
from demo.relying.config import Config
from demo.relying.headers import VIEWER, SameOriginPosts, SecurityHeaders
from demo.relying.jobs import Jobs, JobUnknown
from demo.relying.show import HERE
from demo.relying.under_way import begin_again, leave

SWEEP_EVERY_S = 60
PDFJS = f"{VIEWER}pdfjs"  # the very files that the signer's pages have (docs/decisions/018)
SMALL_BODY_BYTES = 10_000


def create_app(config: Config, is_stopping: Callable[[], bool] = lambda: False) -> ASGIApp:
    """Make the application; its jobs are kept in `config.directory`. When the server `is_stopping`, held polls are let go."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.jobs = Jobs(config.directory)
        sweeper = asyncio.create_task(_sweep(app.state.jobs))
        begin_again(app.state)
        yield
        sweeper.cancel()
        await asyncio.gather(sweeper, leave(app.state), return_exceptions=True)

    app = Starlette(
        routes=[
            Route("/", pages.start),
            Route("/", pages.ask, methods=["POST"]),
            Route("/jobs/{job_id}", job_pages.follow),
            Route("/jobs/{job_id}/state", job_pages.follow_state),
            Route("/jobs/{job_id}/calls", job_pages.follow_calls),
            Route("/jobs/{job_id}/seal", job_pages.place_seal, methods=["POST"], max_body_size=SMALL_BODY_BYTES),
            Route("/jobs/{job_id}/seal.svg", job_pages.seal),
            Route("/jobs/{job_id}/qr.svg", job_pages.qr_code),
            Route("/jobs/{job_id}/here", job_pages.here),
            Route("/back", job_pages.back),
            Route("/jobs/{job_id}/again", job_pages.ask_again, methods=["POST"], max_body_size=SMALL_BODY_BYTES),
            Route("/jobs/{job_id}/document/{number:int}", files.document),
            Route("/jobs/{job_id}/prepared/{number:int}", files.prepared),
            Route("/jobs/{job_id}/signed/{number:int}", files.signed),
            Route("/jobs/{job_id}/signed.zip", files.all_signed),
            Route("/sample.pdf", pages.sample),
            Mount(PDFJS, StaticFiles(directory=HERE.parents[1] / "static" / "viewer" / "pdfjs")),
            Mount("/static", StaticFiles(directory=HERE / "static")),
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
