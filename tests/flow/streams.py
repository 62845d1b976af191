"""An event stream (HTML §9.2), read as far as a test wants to."""

import json
import time
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from tests.flow.browser import Browser

WITHIN_S = 40  # a stream that has nothing to tell sends a comment every 15 seconds


class Stream:
    """What a browser is told at a path; entered, it is open, or refused with `status`."""

    def __init__(self, browser: Browser, path: str) -> None:
        self._browser, self._path = browser, path
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        self._answer = self._opened.enter_context(self._browser.http.stream("GET", self._path, timeout=WITHIN_S))
        self.status = self._answer.status_code
        self._lines = self._answer.iter_lines()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._opened.close()

    def next(self) -> Any:
        """Give what is told next; None where the stream ends."""
        deadline = time.monotonic() + WITHIN_S
        for line in self._lines:
            if line.startswith("data: "):
                return json.loads(line.removeprefix("data: "))
            assert time.monotonic() < deadline, "nothing was told"
        return None
