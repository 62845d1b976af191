"""Held polls: how soon after an approval the application's waiting request is answered, and what thousands of them cost."""

import asyncio
import base64
import os
import time
from dataclasses import dataclass

import psutil

from bench.cycle import Crowd
from tests.harness.stack import SHA256, Stack

APPROVALS = 200


@dataclass
class Held:
    """The result for one number of held polls; times in milliseconds, memory in MiB for each 1,000 polls."""

    polls: int
    p50_ms: float  # from the moment that the phone sends its approval
    p99_ms: float
    after_p50_ms: float  # from the moment that the phone has its answer; 0 where the application had its own before
    after_p99_ms: float
    memory_mib_per_1000: float


def web_memory(stack: Stack) -> int:
    """Resident bytes of all web workers."""
    root = psutil.Process(stack.processes["web"].pid)
    return sum(process.memory_info().rss for process in (root, *root.children(recursive=True)))


async def held(stack: Stack, crowd: Crowd, polls: int) -> Held:
    """
    Hold `polls` requests, then approve some of what is waited for, one at a time, and measure from the phone's answer to the application's.

    Most polls wait for authorizations that nobody decides, as in real life.
    """
    before = web_memory(stack)
    pairs = crowd.pairs
    body: dict[str, object] = {"numSignatures": 1, "hashAlgorithmOID": SHA256, "requestedExpiry": 600}

    async def ask(credential_id: str) -> str:
        own = {"credentialID": credential_id, "hashes": [base64.b64encode(os.urandom(32)).decode()]}  # the same again is the same request
        asked = await crowd.client.expect(202, "credentials/authorize", body | own)
        return str(asked["handle"])

    async def wait(handle: str) -> float:
        status, answer = await crowd.client.call("credentials/authorizeCheck", {"handle": handle}, Prefer="wait=60")
        if status != 200:  # of those that nobody decides, nobody asks how they end
            raise RuntimeError(f"authorizeCheck: {status} {answer}")
        return time.perf_counter()

    idle = [await ask(pairs[number % len(pairs)].credential_id) for number in range(max(0, polls - APPROVALS))]
    busy = [(pairs[number % len(pairs)], await ask(pairs[number % len(pairs)].credential_id)) for number in range(min(polls, APPROVALS))]
    waiting = [asyncio.create_task(wait(handle)) for handle in idle]
    answers = {handle: asyncio.create_task(wait(handle)) for _, handle in busy}
    await asyncio.sleep(3)
    memory = web_memory(stack) - before
    from_sent, from_answered = [], []
    for pair, handle in busy:
        asked = await pair.phone.look(handle)
        sent = time.perf_counter()
        await pair.phone.approve(asked)
        answered = time.perf_counter()
        at = await answers[handle]
        from_sent.append((at - sent) * 1_000)
        from_answered.append(max(0.0, at - answered) * 1_000)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    times = (quantile(from_sent, 0.5), quantile(from_sent, 0.99), quantile(from_answered, 0.5), quantile(from_answered, 0.99))
    return Held(polls, *times, memory / 2**20 / (polls / 1_000))


def quantile(values: list[float], share: float) -> float:
    """Give the value that `share` of all are not above."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]
