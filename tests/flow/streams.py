"""An event stream (HTML §9.2), read as far as a test wants to."""

import json
import time
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

import httpx2

from tests.flow.browser import Browser

WITHIN_S = 40  # a stream that has nothing to tell sends a comment every 15 seconds


class Events:
    """What is told at a path; entered, it is open, or refused with `status`."""

    def __init__(self, http: httpx2.Client, path: str, **headers: str) -> None:
        self._http, self._path, self._headers = http, path, headers
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        self._answer = self._opened.enter_context(self._http.stream("GET", self._path, headers=self._headers, timeout=WITHIN_S))
        self.status, self.headers = self._answer.status_code, self._answer.headers
        self._lines = self._answer.iter_lines()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._opened.close()

    def refusal(self) -> httpx2.Response:
        """Give the whole answer, where it is no stream."""
        self._answer.read()
        return self._answer

    def next(self) -> Any:
        """Give what is told next; None where the stream ends."""
        deadline = time.monotonic() + WITHIN_S
        for line in self._lines:
            if line.startswith("data: "):
                return json.loads(line.removeprefix("data: "))
            assert time.monotonic() < deadline, "nothing was told"
        return None


class Stream(Events):
    """What a browser of a signer is told."""

    def __init__(self, browser: Browser, path: str) -> None:
        super().__init__(browser.http, path)
