"""
Waking held polls and event streams: one Redis channel, one subscription a worker, one event for each that waits.

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
                for one in message["data"].decode().split("\n"):
                    self._wake(one)

    async def announce(self, *changed: str) -> None:
        """Tell every worker what changed: an authorization's id, `of_signer`; where Redis is lost, who waits finds out alone."""
        for one in changed:
            self._wake(one)
        try:
            await self._batches.send("PUBLISH", CHANNEL, "\n".join(changed))
        except RedisUnavailable as error:
            log.warning("a wake-up was not sent (%s)", error)

    @contextlib.contextmanager
    def watching(self, what: str) -> Iterator["Watch"]:
        """Watch an authorization, or all of a signer's; begin before looking at it, so that no change falls in between."""
        watch = Watch(self)
        self._watches.setdefault(what, set()).add(watch)
        try:
            yield watch
        finally:
            watches = self._watches[what]
            watches.discard(watch)
            if not watches:
                del self._watches[what]

    def watchers(self, what: str) -> int:
        """Count who watches it in this worker."""
        return len(self._watches.get(what, ()))

    @property
    def patience_s(self) -> float:
        """How long a poll may wait before it looks by itself."""
        return float("inf") if self._subscribed else LOOK_AGAIN_S

    def _wake(self, what: str) -> None:
        for watch in self._watches.get(what, ()):
            watch.changed.set()

    def _wake_all(self) -> None:
        for what in self._watches:
            self._wake(what)


def of_signer(user_id: str) -> str:
    """Name all that waits for a signer, and the signer's sessions."""
    return f"signer:{user_id}"


class Watch:
    """One poll's view of one authorization, or one page's view of what waits for its signer."""

    def __init__(self, wakeups: Wakeups) -> None:
        self._wakeups = wakeups
        self.changed = asyncio.Event()

    async def wait(self, at_most_s: float) -> None:
        """Return when the authorization changed, when it is time to look again, or after `at_most_s`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(at_most_s, self._wakeups.patience_s)):
                await self.changed.wait()
        self.changed.clear()
