"""Lighthouse (npm), which nobody here wrote, on the pages of a running stack: its phone profile, in Debian's Chromium."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from tests.harness.chromium import FLAGS
from tests.harness.stack import ROOT

SCRIPT = ROOT / "tests" / "npm" / "lighthouse.mjs"
STILL = ("accessibility", "best-practices")
ALL = ("performance", *STILL)


class Found(NamedTuple):
    """What it found on a page: a score of 0 to 100 in each category, what cost points, and its own estimate of the first paint."""

    scores: dict[str, int]
    misses: list[str]
    paint_ms: float | None


class Lighthouse:
    """One running Lighthouse, with a Chromium of its own."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def look(self, url: str, cookie: str | None, categories: tuple[str, ...] = ALL) -> Found:
        """Look at a page, with the cookie of whoever may see it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"url": url, "cookie": cookie, "categories": categories}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"Lighthouse ended at {url}"
        found: dict[str, Any] = json.loads(line)
        return Found(found["scores"], found["misses"], found["paintMs"])


@contextmanager
def lighthouse() -> Iterator[Lighthouse]:
    """Run it for as long as the block lasts; it ends with its standard input."""
    command = ["node", str(SCRIPT), shutil.which("chromium") or "chromium", *FLAGS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Lighthouse(process)
