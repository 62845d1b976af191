"""How the bench calls a service, and how many calls a second are answered, with so many at a time."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

Call = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Client:
    """Calls the methods below `base`; it has as many connections as calls at a time."""

    http: aiohttp.ClientSession
    base: str
    headers: dict[str, str] = field(default_factory=dict)

    async def call(self, method: str, body: Mapping[str, object], **headers: str) -> tuple[int, dict[str, Any]]:
        async with self.http.post(self.base + method, json=body, headers=self.headers | headers) as answer:
            return answer.status, await answer.json()

    async def expect(self, status: int, method: str, body: Mapping[str, object]) -> dict[str, Any]:
        """Give the answer; raises RuntimeError where it has another status."""
        got, answer = await self.call(method, body)
        if got != status:
            raise RuntimeError(f"{method}: {got} {answer}")
        return answer


async def per_second(calls: Iterable[Call], at_once: int, seconds: float = math.inf) -> float:
    """Make one call after the other, `at_once` at a time, until there is none or the time is over; gives calls per second."""
    waiting, started = iter(calls), time.perf_counter()
    until = started + seconds

    async def keep_on() -> int:
        done = 0
        while time.perf_counter() < until and (call := next(waiting, None)) is not None:
            await call()
            done += 1
        return done

    done = await asyncio.gather(*(keep_on() for _ in range(at_once)))
    return sum(done) / (time.perf_counter() - started)
