"""
Which approvals were spent lately, in memory: a second lock on single use, behind the row that says so.

The row decides, in SQL, for every process. This only notices that somebody who can write the database took the row away, and forgets an
approval once its evidence is worth nothing any more.
"""

import heapq

NEVER = 2**53 - 1
CLOCK_SLACK_S = 60


class Spent:
    """The approvals that this process spent, or found spent when it started."""

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._soonest: list[tuple[int, str]] = []

    def __contains__(self, authorization_id: str) -> bool:
        return authorization_id in self._ids

    def add(self, authorization_id: str, until: int, now: float) -> None:
        """Remember an approval until `until` (unix seconds) is well past, and forget those whose time it is."""
        self._ids.add(authorization_id)
        heapq.heappush(self._soonest, (until, authorization_id))
        while self._soonest and self._soonest[0][0] + CLOCK_SLACK_S < now:
            self._ids.discard(heapq.heappop(self._soonest)[1])
