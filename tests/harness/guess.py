"""Many guess PIN and one-time password of one signer at the same time: processes with threads, each thread with a connection of its own."""

import multiprocessing
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2

_forks = multiprocessing.get_context("forkserver")

PROCESSES = 4
THREADS = 8
START_WITHIN_S = 120
Guess = tuple[str, dict[str, Any]]


def guess_at_once(origin: str, cookie: str, guesses: Sequence[Guess]) -> Counter[tuple[str, str, Any]]:
    """
    Post every guess, a path and a body, once, with the cookie of one session, from 32 threads of 4 processes.

    Gives how often each path got each error, with the tries left or the reason that it names.
    """
    start = _forks.Barrier(PROCESSES)
    answers: Any = _forks.SimpleQueue()
    parts = [guesses[number::PROCESSES] for number in range(PROCESSES)]
    workers = [_forks.Process(target=_work, args=(origin, cookie, part, start, answers), daemon=True) for part in parts]
    for worker in workers:
        worker.start()
    counted: Counter[tuple[str, str, Any]] = Counter()
    for _ in workers:
        counted += answers.get()
    for worker in workers:
        worker.join()
    return counted


def _work(origin: str, cookie: str, guesses: Sequence[Guess], start: Any, answers: Any) -> None:
    headers = {"Origin": origin, "Cookie": cookie, "Accept": "application/json"}

    def post(number: int) -> Counter[tuple[str, str, Any]]:
        counted: Counter[tuple[str, str, Any]] = Counter()
        with httpx2.Client(base_url=origin, headers=headers, timeout=120) as http:
            for path, body in guesses[number::THREADS]:
                said = http.post(path, json=body).json()
                counted[path, said.get("error", "approved"), said.get("tries_left", said.get("reason"))] += 1
        return counted

    start.wait(START_WITHIN_S)
    with ThreadPoolExecutor(THREADS) as pool:
        answers.put(sum(pool.map(post, range(THREADS)), Counter()))
