"""
The push queue, a Redis Stream: an entry says that somebody is to be told something now, and names it.

What is to be told, and whether it was, is in SQL; where an entry is lost with Redis, the push process finds it there a little later.
"""

import logging

from app.errors import RedisUnavailable
from app.store.batch import Batches

STREAM = "natsuin:pushes"
MOST_ENTRIES = 10_000  # about: older ones are dropped, and found in SQL
log = logging.getLogger("natsuin.push")


class PushQueue:
    """The end of the queue where entries are put in."""

    def __init__(self, batches: Batches) -> None:
        self._batches = batches

    async def authorization(self, authorization_id: str) -> None:
        """Have the signer's browsers told that an authorization waits, or does not any more."""
        await self._add("authorization", authorization_id)

    async def test(self, subscription_id: str) -> None:
        """Have one browser get a push that says that pushes come."""
        await self._add("test", subscription_id)

    async def _add(self, kind: str, name: str) -> None:
        try:
            await self._batches.send("XADD", STREAM, "MAXLEN", "~", MOST_ENTRIES, "*", kind, name)
        except RedisUnavailable as error:
            log.warning("the push queue does not answer (%s); pushes come later", error)
