"""What the push process works with, in one value; built when it starts, closed when it stops."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from redis.asyncio import Redis

from app.clock import Clock, system_clock
from app.config import Config
from app.push.callback import CallbackSender
from app.push.endpoint import PUSH_SERVICES
from app.push.sender import Sender
from app.push.vapid import Vapid, load_or_make
from app.store.database import Database
from app.store.push_jobs import PushJobs

CLOSING_S = 5


@dataclass(frozen=True)
class Parties:
    """Settings, the time, the database, the queue, and the ways to the push services and applications; `decided`: look for callbacks."""

    config: Config
    now: Clock
    database: Database
    jobs: PushJobs
    sender: Sender
    callbacks: CallbackSender
    decided: asyncio.Event


@asynccontextmanager
async def open_parties(config: Config, now: Clock = system_clock) -> AsyncIterator[Parties]:
    """Connect to everything; nothing is waited for."""
    redis: Redis = Redis.from_url(config.redis_url, socket_connect_timeout=1, socket_timeout=5)
    vapid = Vapid(load_or_make(config.push_key_file), config.push_contact)
    sender = Sender(vapid, now, (*PUSH_SERVICES, *config.push_hosts), config.push_test_service)
    callbacks = CallbackSender(now, config.callback_networks)
    database = Database(config.database_url)
    try:
        yield Parties(config, now, database, PushJobs(redis), sender, callbacks, asyncio.Event())
    finally:
        with contextlib.suppress(TimeoutError):  # the process ends, whatever a connection waits for
            async with asyncio.timeout(CLOSING_S):
                await sender.close()
                await callbacks.close()
                await redis.aclose()
        database.close()
