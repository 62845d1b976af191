"""Many redeem the same SADs at the same time: processes with threads, each thread with a connection of its own."""

import multiprocessing
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.harness.process import Line

_forks = multiprocessing.get_context("forkserver")


PROCESSES = 4
THREADS = 16
GROUPS = 8
REPEATS = PROCESSES * THREADS // GROUPS


def redeem_at_once(socket: Path, requests: Sequence[bytes]) -> Counter[str]:
    """
    Have 64 threads of 4 processes send the requests, each request 8 times; count the answers, by error code or `signed`.

    Every eighth thread goes through every eighth request, in the same order, so that two threads of each process meet at one request.
    """
    start = _forks.Barrier(PROCESSES)
    answers: Any = _forks.SimpleQueue()
    workers = [_forks.Process(target=_work, args=(socket, requests, start, answers), daemon=True) for _ in range(PROCESSES)]
    for worker in workers:
        worker.start()
    counted: Counter[str] = Counter()
    for _ in workers:
        counted += answers.get()
    for worker in workers:
        worker.join()
    return counted


def _work(socket: Path, requests: Sequence[bytes], start: Any, answers: Any) -> None:
    lines = [Line(socket) for _ in range(THREADS)]

    def redeem(number: int) -> Counter[str]:
        return Counter(str(lines[number].post("activate", request).error or "signed") for request in requests[number % GROUPS :: GROUPS])

    start.wait()
    with ThreadPoolExecutor(THREADS) as pool:
        answers.put(sum(pool.map(redeem, range(THREADS)), Counter()))
    for line in lines:
        line.close()
