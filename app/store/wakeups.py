"""
Waking held polls: one Redis channel, one subscription a worker, one event a poll.

A wake-up only says "look again": the truth is in SQL. While the subscription is down, polls look by themselves every second.
"""

import asyncio
import contextlib
import logging
from collections.abc import Iterator

from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.errors import RedisUnavailable
from app.store.batch import Batches

CHANNEL = "natsuin:changed"
LOOK_AGAIN_S = 1.0
log = logging.getLogger("natsuin.wakeups")


class Wakeups:
    """What polls wait on; `run` keeps the subscription alive for as long as the worker lives."""

    def __init__(self, batches: Batches, channel: Redis) -> None:
        self._batches, self._channel = batches, channel
        self._watches: dict[str, set[Watch]] = {}
        self._subscribed = False

    async def run(self) -> None:
        """Listen; after a loss, wake everyone, and try again for ever."""
        while True:
            try:
                await self._listen()
            except (RedisError, OSError) as error:
                if self._subscribed:
                    log.warning("wake-ups are lost (%s); held polls look again every second", type(error).__name__)
                self._subscribed = False
                self._wake_all()
            await asyncio.sleep(LOOK_AGAIN_S)

    async def _listen(self) -> None:
        async with self._channel.pubsub(ignore_subscribe_messages=True) as channel:
            await channel.subscribe(CHANNEL)
            self._subscribed = True
            self._wake_all()
            async for message in channel.listen():
                self._wake(message["data"].decode())

    async def announce(self, authorization_id: str) -> None:
        """Tell every worker that this authorization changed; where Redis is lost, polls find out by themselves."""
        self._wake(authorization_id)
        try:
            await self._batches.send("PUBLISH", CHANNEL, authorization_id)
        except RedisUnavailable as error:
            log.warning("a wake-up was not sent (%s)", error)

    @contextlib.contextmanager
    def watching(self, authorization_id: str) -> Iterator["Watch"]:
        """Watch one authorization; begin before looking at it, so that no change falls in between."""
        watch = Watch(self)
        self._watches.setdefault(authorization_id, set()).add(watch)
        try:
            yield watch
        finally:
            watches = self._watches[authorization_id]
            watches.discard(watch)
            if not watches:
                del self._watches[authorization_id]

    @property
    def patience_s(self) -> float:
        """How long a poll may wait before it looks by itself."""
        return float("inf") if self._subscribed else LOOK_AGAIN_S

    def _wake(self, authorization_id: str) -> None:
        for watch in self._watches.get(authorization_id, ()):
            watch.changed.set()

    def _wake_all(self) -> None:
        for authorization_id in self._watches:
            self._wake(authorization_id)


class Watch:
    """One poll's view of one authorization."""

    def __init__(self, wakeups: Wakeups) -> None:
        self._wakeups = wakeups
        self.changed = asyncio.Event()

    async def wait(self, at_most_s: float) -> None:
        """Return when the authorization changed, when it is time to look again, or after `at_most_s`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(at_most_s, self._wakeups.patience_s)):
                await self.changed.wait()
        self.changed.clear()
