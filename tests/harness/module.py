"""`python -m hsm` as a process, with its settings in the environment and its log in a file."""

import http.client
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from hsm.__main__ import main
from tests.harness.forked import in_own_process
from tests.harness.process import Answer, Line
from tests.harness.sam import ORIGIN

ROOT = Path(__file__).parents[2]
READY_WITHIN_S = 40


@dataclass
class RunningModule:
    """A SAM that runs under `folder`."""

    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def socket(self) -> Path:
        return self.folder / "sam" / "run" / "sam.sock"

    def call(self, operation: str, message: msgspec.Struct) -> Answer:
        line = Line(self.socket)
        try:
            return line.post(operation, message)
        finally:
            line.close()

    def log(self) -> str:
        return (self.folder / "sam.log").read_text()

    def is_listening(self) -> bool:
        line = Line(self.socket)
        try:
            line.request("GET", "/v1/health")
            return line.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            line.close()


def settings(folder: Path, **environ: str) -> dict[str, str]:
    """The environment of a SAM under `folder`, with these settings and no others."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("NATSUIN_", "SOFTHSM2_"))}
    return inherited | {"NATSUIN_DATA": str(folder), "NATSUIN_ORIGIN": ORIGIN, "NATSUIN_REVOCATION": "off"} | environ  # there is no CA


@contextmanager
def running_module(folder: Path, **environ: str) -> Iterator[RunningModule]:
    """Run it until the block ends, then tell it to stop."""
    with (folder / "sam.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "hsm"], env=settings(folder, **environ), cwd=ROOT, stdout=log, stderr=log)
    sam = RunningModule(folder, process)
    try:
        yield sam
    finally:
        process.terminate()  # nothing, where it has ended
        process.wait(20)


def wait_until(ready: Callable[[], bool], sam: RunningModule) -> None:
    """Wait until it answers; a SAM that has ended fails the test with its log."""
    deadline = time.monotonic() + READY_WITHIN_S
    while not ready():
        assert sam.process.poll() is None, sam.log()
        assert time.monotonic() < deadline, sam.log()
        time.sleep(0.02)


def start_that_fails(folder: Path, **environ: str) -> tuple[int, str]:
    """Run `main` in a process that is thrown away, and give its exit code and its log."""
    return in_own_process(run_main, settings(folder, **environ))


def run_main(environ: dict[str, str]) -> tuple[int, str]:
    """Run `main` here, with these settings; not for a process that has more to do."""
    os.environ.clear()
    os.environ |= environ
    with tempfile.TemporaryFile() as log:
        os.dup2(log.fileno(), 2)
        code = main()
        log.seek(0)
        return code, log.read().decode()
