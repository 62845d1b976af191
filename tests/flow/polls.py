"""Waiting: a poll that is held while the test goes on, and the test itself until something is so."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

import httpx2

from tests.harness.stack import Application


class Poll:
    """One held `authorizeCheck`, on a connection and a thread of its own; entered, it has arrived."""

    def __init__(self, application: Application, handle: str, prefer: str = "wait=25", arrived_s: float = 0.3) -> None:
        self._http = httpx2.Client(base_url=application.stack.origin, timeout=70)
        self._pool = ThreadPoolExecutor(1)
        self._headers = {"Authorization": f"Bearer {application.token}", "Prefer": prefer}
        self._handle, self._arrived_s = handle, arrived_s

    def __enter__(self) -> Self:
        self._future: Future[httpx2.Response] = self._pool.submit(self._ask)
        time.sleep(self._arrived_s)  # by then it is held
        assert not self._future.done(), self._future.result().text
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._pool.shutdown()
        self._http.close()

    def answer(self, within_s: float = 15) -> httpx2.Response:
        """Wait for the answer, less long than the poll itself waits: it was woken."""
        return self._future.result(within_s)

    def _ask(self) -> httpx2.Response:
        return self._http.post("/csc/v2/credentials/authorizeCheck", json={"handle": self._handle}, headers=self._headers)


def wait_until(is_so: Callable[[], bool], within_s: float = 30) -> None:
    """Look again and again until it is so."""
    deadline = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.05)
