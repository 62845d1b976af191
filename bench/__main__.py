"""`make bench`: every figure of the documentation; `bench quick` leaves the growth out; `bench page`, `polls`, `calls`: one part alone."""

import asyncio
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import aiohttp
import psutil
import uvloop

from bench.calls import Calls
from bench.client import Client
from bench.csc_dummy import running_dummy
from bench.cycle import Crowd, crowd_at
from bench.notified import measure_notified
from bench.page import measure_page
from bench.parts import in_processes, requests
from bench.polls import held
from bench.report import Report
from tests.harness.stack import ROOT, Stack, running_stack

SECONDS = 5.0
SIGNERS = 16
# The demo CA's answers are used again for a while, to measure the server and not the CA beside it; `measure_asking` says what that hides.
SETTINGS = {
    "NATSUIN_WORKERS": "2",
    "NATSUIN_OPEN_PER_SIGNER": "100000",
    "NATSUIN_QUIET_AFTER": "100000",
    "NATSUIN_REFUSE_AFTER": "100000",
    "NATSUIN_STATUS_REUSE": "300",
}
FEW_KEYS, MANY_KEYS = 10, 10_000
LITTLE_PAST, MUCH_PAST = 100, 100_000
POLLS = (1_000, 4_000)
SIGNATURES = 1_000


def main() -> None:
    """Measure, print, write."""
    os.chdir(ROOT)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, 20_000), hard), hard))
    report = Report()
    alone = {"page": measure_in_browser, "polls": measure_held, "calls": measure_calls}
    if len(sys.argv) == 2 and sys.argv[1] in alone:
        alone[sys.argv[1]](report)
        report.finish()
        return
    report.say("What a cycle cannot avoid")
    parts_s = bare_parts(report)
    for kind in ("p-256", "rsa-3072"):
        measure_cycles(report, kind, parts_s)
    measure_asking(report)
    measure_calls(report)
    measure_in_browser(report)
    if sys.argv[1:] != ["quick"]:
        measure_growth(report)
    report.finish()


def bare_parts(report: Report) -> float:
    """Measure assertion verification and durable commits; gives their unavoidable seconds in one cycle."""
    verify = in_processes("verify", SECONDS, 2)
    commit = in_processes("commit", SECONDS, 1)
    report.add("assertion verifications, two processes", verify, "1/s")
    report.add("durable commits, one SQLite database", commit, "1/s")
    return 1 / verify + 3 / commit


def measure_cycles(report: Report, kind: str, parts_s: float) -> None:
    """Measure full cycles with one kind of key, then held polls with the first kind."""
    report.say(f"Full cycles, {kind}")
    with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder), NATSUIN_KEY_ALGORITHM=kind, **SETTINGS) as stack:
        uvloop.run(cycles_and_polls(report, stack, kind, parts_s))


async def cycles_and_polls(report: Report, stack: Stack, kind: str, parts_s: float) -> None:
    async with crowd_at(stack, SIGNERS, kind) as crowd:
        raw = await asyncio.to_thread(in_processes, "sign", SECONDS, 1, str(stack.data), crowd.pairs[0].credential_id, kind)
        report.add(f"HSM signatures, {kind}, one of the same keys on the same token, two threads", raw, "1/s")
        bare = await requests(stack.origin, SECONDS, SIGNERS)
        report.add(f"bare JSON requests on the same server ({kind} run)", bare, "1/s")
        await crowd.cycles(1)
        rate, spent = await rate_and_cost(stack, crowd, SECONDS * 2)
        if kind == "p-256":
            report.add(f"full cycles, {kind}", rate, "1/s", "200 or better on two cores", rate >= 200)
        else:
            report.add(f"full cycles, {kind}", rate, "1/s", "a quarter of the raw HSM rate or better", rate >= raw / 4)
        report.add(f"share of the raw HSM rate, {kind}", rate / raw, "")
        for name in ("web", "sam", "redis", "client"):
            report.add(f"processor time of a cycle, {name}, {kind}", spent[name], "ms")
        efficiency = (4 / bare + parts_s + 1 / raw) * rate
        report.add(f"efficiency, {kind}", efficiency, "", "0.15 or better", efficiency >= 0.15)
        if kind == "p-256":
            await measure_polls(report, stack, crowd)


async def rate_and_cost(stack: Stack, crowd: Crowd, seconds: float) -> tuple[float, dict[str, float]]:
    """Give cycles per second, and the processor time of one in each part (ms), which a slow disk does not change."""
    before, started = processor_times(stack), time.perf_counter()
    rate = await crowd.cycles(seconds)
    done = rate * (time.perf_counter() - started)
    return rate, {name: (after - before[name]) * 1_000 / done for name, after in processor_times(stack).items()}


def processor_times(stack: Stack) -> dict[str, float]:
    """Give the processor seconds that each part has used so far, and those of this process, the client."""
    used = {"client": time.process_time()}
    for name, started in stack.processes.items():
        root = psutil.Process(started.pid)
        used[name] = sum(sum(process.cpu_times()[:2]) for process in (root, *root.children(recursive=True)))
    return used


async def measure_polls(report: Report, stack: Stack, crowd: Crowd) -> None:
    for polls in POLLS:
        report.say(f"{polls:,} held polls")
        found = await held(stack, crowd, polls)
        aim = ("under 20 at 1,000", found.after_p99_ms < 20) if polls == 1_000 else ("", None)
        report.add(f"phone's answer to application's answer, p50, {polls:,} held", found.after_p50_ms, "ms")
        report.add(f"phone's answer to application's answer, p99, {polls:,} held", found.after_p99_ms, "ms", *aim)
        report.add(f"approval sent to application's answer, p50, {polls:,} held", found.p50_ms, "ms")
        report.add(f"approval sent to application's answer, p99, {polls:,} held", found.p99_ms, "ms")
        report.add(f"memory of the web workers for 1,000 of {polls:,} held polls", found.memory_mib_per_1000, "MiB")


def measure_held(report: Report) -> None:
    """Measure held polls alone, on a stack of their own."""
    with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder), NATSUIN_KEY_ALGORITHM="p-256", **SETTINGS) as stack:
        uvloop.run(hold(report, stack))


async def hold(report: Report, stack: Stack) -> None:
    async with crowd_at(stack, SIGNERS, "p-256") as crowd:
        await crowd.cycles(1)
        await measure_polls(report, stack, crowd)


def measure_calls(report: Report) -> None:
    """Measure single calls on one worker, beside another CSC server."""
    report.say("Single calls")
    settings = SETTINGS | {"NATSUIN_WORKERS": "1", "NATSUIN_KEY_ALGORITHM": "p-256"}
    with (
        tempfile.TemporaryDirectory() as folder,
        running_stack(Path(folder), **settings) as stack,
        tempfile.TemporaryDirectory() as other,
        running_dummy(Path(other), SIGNERS) as (dummy, keys),
    ):
        uvloop.run(call_both(report, stack, dummy, keys))


async def call_both(report: Report, stack: Stack, dummy: str, keys: list[str]) -> None:
    async with crowd_at(stack, SIGNERS, "p-256") as crowd:
        await crowd.cycles(1)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as others:
            await Calls(report, crowd, Client(others, dummy), keys, SECONDS).measure(SIGNATURES)


def measure_asking(report: Report) -> None:
    """Measure full cycles with the demo CA asked before every approval and every signature, as it is by default."""
    report.say("Full cycles, p-256, asking the CA each time")
    settings = SETTINGS | {"NATSUIN_STATUS_REUSE": "0", "NATSUIN_KEY_ALGORITHM": "p-256"}
    with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder), **settings) as stack:
        uvloop.run(ask_each_time(report, stack))


async def ask_each_time(report: Report, stack: Stack) -> None:
    async with crowd_at(stack, SIGNERS, "p-256") as crowd:
        await crowd.cycles(1)
        report.add("full cycles, p-256, the CA on the same machine asked twice in each", await crowd.cycles(SECONDS), "1/s")


def measure_in_browser(report: Report) -> None:
    """Measure what a person meets, on a stack of its own."""
    with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder)) as stack:
        measure_page(report, stack)
    measure_notified(report)


def measure_growth(report: Report) -> None:
    """Measure the same crowd on a young stack, then with many past authorizations, then with many keys on the token as well."""
    report.say("Growth")
    with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder), NATSUIN_KEY_ALGORITHM="p-256", **SETTINGS) as stack:
        uvloop.run(grow(report, stack))


async def grow(report: Report, stack: Stack) -> None:
    async with crowd_at(stack, FEW_KEYS, "p-256") as crowd:
        for _ in range(LITTLE_PAST // FEW_KEYS):
            await asyncio.gather(*(crowd.cycle(pair) for pair in crowd.pairs))
        before = await rate_and_cost(stack, crowd, SECONDS)
        report.add(f"full cycles, {FEW_KEYS} keys, from {LITTLE_PAST} past authorizations on", before[0], "1/s")
        for what, count, name in (("past", MUCH_PAST, "past authorizations"), ("keys", MANY_KEYS, "keys on the token")):
            await asyncio.to_thread(grow_stopped, stack, what, count)
            await crowd.cycles(1)
            after = await rate_and_cost(stack, crowd, SECONDS)
            ratio = after[0] / before[0]
            report.add(f"full cycles, {count:,} {name}, ratio to before", ratio, "", "no less than 0.9", ratio >= 0.9)
            spent = sum(after[1].values()) / sum(before[1].values())
            report.add(f"processor time of a cycle, {count:,} {name}, ratio to before", spent, "")
            before = after


def grow_stopped(stack: Stack, what: str, count: int) -> None:
    """Stop what holds the data, make it old, start again."""
    for name in ("web", "sam"):
        stack.kill(name, signal.SIGTERM)
    command = [sys.executable, "-m", "bench.growth", what, str(stack.data), str(count)]
    subprocess.run(command, env=stack.environment, cwd=ROOT, check=True, stderr=subprocess.DEVNULL)
    stack.start("sam", "web")


if __name__ == "__main__":
    main()
