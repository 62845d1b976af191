"""The ASGI application, put together: routes, what is done to every request, errors, and what a worker works with."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from app.account.settle import sweep as sweep_account
from app.authorization.forget import sweep as sweep_enrollments
from app.authorization.orphans import sweep as sweep_orphans
from app.authorization.settle import sweep
from app.clock import Clock, system_clock
from app.config import Config, read_config
from app.csc.asynchronous import sweep as sweep_responses
from app.errors import NatsuinError
from app.middleware import SafeHttp
from app.problems import http_error, natsuin_error, unknown_error
from app.receipt.finish import sweep as sweep_receipts
from app.routes import routes
from app.services import Services, open_services


def create_app(config: Config, now: Clock = system_clock) -> ASGIApp:
    """Build the application; nothing is opened before it starts."""
    opened: list[Services] = []

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with open_services(config, now) as services:
            opened.append(services)
            gc.freeze()  # what was made to start stays: no garbage collection needs to look at it
            sweeps = (sweep, sweep_account, sweep_enrollments, sweep_orphans, sweep_receipts, sweep_responses)
            sweeping = [asyncio.create_task(one(services)) for one in sweeps]
            try:
                yield
            finally:
                for task in sweeping:
                    task.cancel()

    app = Starlette(
        routes=routes(lambda: opened[-1]),
        exception_handlers={NatsuinError: natsuin_error, HTTPException: http_error, Exception: unknown_error},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # it would redirect to whatever host the request names
    return SafeHttp(app, config)  # outside of everything, so that unforeseen errors are dressed too


def from_environment() -> ASGIApp:
    """Build the application from the environment; each worker process calls this."""
    return create_app(read_config())
