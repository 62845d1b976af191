"""What a running server works with, in one value; built when a worker starts, closed when it stops."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from redis.asyncio import Redis

from app import sam as sams
from app.ca import CertificationAuthority
from app.certificate_status import CertificateStatuses
from app.clock import Clock, system_clock
from app.config import Config
from app.document_key import DocumentKey, load_or_make_document_key
from app.oauth_keys import ServerKeys, load_or_make_server_keys
from app.proxy_secret import load_proxy_secret
from app.push.vapid import Vapid, load_or_make
from app.sam import Sam
from app.store.batch import Batches
from app.store.database import Database
from app.store.push_queue import PushQueue
from app.store.redis import Ephemeral
from app.store.wakeups import Wakeups
from app.timestamps import Timestamps


@dataclass(frozen=True)
class Services:
    """Settings, the time, and every party that the server talks to."""

    config: Config
    now: Clock
    database: Database
    ephemeral: Ephemeral
    wakeups: Wakeups
    pushes: PushQueue
    push_key: bytes  # public, as browsers want it to subscribe
    sam: Sam
    ca: CertificationAuthority
    statuses: CertificateStatuses
    document_key: DocumentKey
    timestamps: Timestamps
    oauth_keys: ServerKeys
    proxy_secret_sha256: bytes | None


@asynccontextmanager
async def open_services(config: Config, now: Clock = system_clock) -> AsyncIterator[Services]:
    """Connect to everything; nothing is waited for, so that a server starts before its parties do."""
    redis: Redis = Redis.from_url(config.redis_url, socket_connect_timeout=1, socket_timeout=2)
    channel: Redis = Redis.from_url(config.redis_url, socket_connect_timeout=1, socket_timeout=None)  # listens for as long as it takes
    database = Database(config.database_url)
    sam = sams.connect(config)
    batches = Batches(redis)
    push_key = Vapid(load_or_make(config.push_key_file), config.push_contact).public_key
    document_key = load_or_make_document_key(config.document_key_file)
    oauth_keys = load_or_make_server_keys(config.oauth_keys_file, now())
    proxy_secret = load_proxy_secret(config.client_certificate_secret_file)
    wakeups = Wakeups(batches, channel)
    listening = asyncio.create_task(wakeups.run())
    statuses = CertificateStatuses.open(config.status_reuse_s, now)
    timestamps = Timestamps.open(config.tsa_url)
    try:
        ca = CertificationAuthority(config.ca_url, config.ca_tls_ca, config.ca_client)
        yield Services(
            config,
            now,
            database,
            Ephemeral(batches),
            wakeups,
            PushQueue(batches),
            push_key,
            sam,
            ca,
            statuses,
            document_key,
            timestamps,
            oauth_keys,
            proxy_secret,
        )
    finally:
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening
        await sam.close()
        await statuses.close()
        await timestamps.close()
        await redis.aclose()
        await channel.aclose()
        database.close()
