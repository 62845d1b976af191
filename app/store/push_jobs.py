"""The end of the push queue where entries are taken out: a consumer group gives each to one process, and to another where that dies."""

import contextlib
import os
import re
import secrets
import socket
from typing import Any

from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from app.store.push_queue import STREAM

GROUP = "push"
STALE_MS = 30_000  # longer than one push may take
WAIT_MS = 1_000
ALIVE_KEY = "natsuin:push-alive"
ALIVE_S = 20
KINDS = ("authorization", "test")
NAME = re.compile(rb"[A-Za-z0-9_-]{22}\Z")


class Job(Struct, frozen=True):
    """One entry: its place in the stream, its kind (authorization, test, or nothing where it is not ours), and the id of what is meant."""

    entry: bytes
    kind: str
    subject: str


class PushJobs:
    """Takes entries, at least once each; every method raises redis-py's errors."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._me = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"

    async def prepare(self) -> None:
        """Make the stream and the group where they are not there."""
        with contextlib.suppress(ResponseError):  # BUSYGROUP: it is there
            await self._redis.xgroup_create(STREAM, GROUP, "0", mkstream=True)

    async def take(self, most: int) -> list[Job]:
        """Wait a moment for new entries; first come those that another process took long ago, and did not finish."""
        claimed = await self._redis.xautoclaim(STREAM, GROUP, self._me, STALE_MS, "0-0", count=most)
        entries = list(claimed[1])
        if not entries:
            read: Any = await self._redis.xreadgroup(GROUP, self._me, {STREAM: ">"}, count=most, block=WAIT_MS)
            entries = [entry for _, new in read for entry in new]
        return [_read(entry, fields or {}) for entry, fields in entries]

    async def done(self, job: Job) -> None:
        """Take an entry out for good."""
        await self._redis.xack(STREAM, GROUP, job.entry)
        await self._redis.xdel(STREAM, job.entry)

    async def alive(self) -> None:
        """Leave a sign that a push process runs."""
        await self._redis.set(ALIVE_KEY, b"", ex=ALIVE_S)

    async def leave(self) -> None:
        """Give up the name under which entries were taken; one that was not finished keeps it until somebody claims that."""
        pending = await self._redis.xpending_range(STREAM, GROUP, "-", "+", 1, consumername=self._me)
        if not pending:
            await self._redis.xgroup_delconsumer(STREAM, GROUP, self._me)


def _read(entry: bytes, fields: dict[bytes, bytes]) -> Job:
    for kind in KINDS:
        subject = fields.get(kind.encode(), b"")
        if NAME.match(subject):
            return Job(entry, kind, subject.decode())
    return Job(entry, "nothing", "")
