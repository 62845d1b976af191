"""
A SAM as a process of its own on a Unix socket, on a token of its own, with every PKCS#11 call written down by pkcs11-spy.

It is what `python -m hsm` runs, forked from a process that has imported it before, so that a start takes a fraction of a second. A test may
have something done to it before it begins (`tests.harness.faults`).
"""

import http.client
import multiprocessing
import os
import runpy
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from hsm.embedded import point_softhsm_at
from hsm.messages import ErrorCode, ErrorReply
from tests.harness.sam import ORIGIN, PIN, make_test_token, softhsm
from tests.harness.spy import SPY

READY_WITHIN_S = 30
Prepare = Callable[[], None]
Reply = TypeVar("Reply", bound=msgspec.Struct)

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(
    ["hsm.server", "hsm.embedded", "hsm.database", "uvicorn", "alembic.command", "app.cli.main", "tests.harness.faults"]
)


class Died(Exception):
    """The SAM closed the connection, or there is none to talk to."""


@dataclass(frozen=True)
class Answer:
    """What came back: HTTP status and body."""

    status: int
    body: bytes

    def read(self, kind: type[Reply]) -> Reply:
        """Decode a good answer; anything else fails the test."""
        assert self.status == 200, f"{self.status} {self.body.decode()}"
        return msgspec.json.decode(self.body, type=kind)

    @property
    def error(self) -> ErrorCode | None:
        return None if self.status == 200 else msgspec.json.decode(self.body, type=ErrorReply).error


class Line(http.client.HTTPConnection):
    """One kept connection to a SAM's socket."""

    def __init__(self, path: Path, timeout: float = 30) -> None:
        super().__init__("sam", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))

    def post(self, operation: str, message: msgspec.Struct | bytes) -> Answer:
        """Send one request; raises Died."""
        body = message if isinstance(message, bytes) else msgspec.json.encode(message)
        try:
            self.request("POST", f"/v1/{operation}", body, {"Content-Type": "application/json"})
            reply = self.getresponse()
            return Answer(reply.status, reply.read())
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Died(operation) from error


@dataclass
class SamProcess:
    """A SAM under `folder`, which holds its token, its records, its log and the spy's."""

    folder: Path
    sessions: int = 1
    _process: Any = field(default=None, repr=False)

    @property
    def socket(self) -> Path:
        return self.folder / "sam" / "run" / "sam.sock"

    @property
    def database(self) -> Path:
        return self.folder / "sam" / "sam.db"

    @property
    def spy_log(self) -> Path:
        return self.folder / "spy.log"

    @property
    def pid(self) -> int:
        pid = self._process.pid
        assert isinstance(pid, int)
        return pid

    def make_token(self) -> "SamProcess":
        """Make the token, in a process of its own: SoftHSM2 reads its settings once a process."""
        (self.folder / "pin").write_text(PIN)
        maker = _forks.Process(target=_make_token, args=(self.folder,))
        maker.start()
        maker.join()
        assert maker.exitcode == 0
        return self

    def copy(self, folder: Path) -> "SamProcess":
        """Copy a stopped SAM, with its token."""
        shutil.copytree(
            self.folder, folder, dirs_exist_ok=True, ignore=lambda _, names: [name for name in names if name.endswith((".log", ".sock"))]
        )
        return SamProcess(folder, self.sessions)

    @contextmanager
    def running(self, prepare: Prepare | None = None) -> Iterator[None]:
        """Run it for as long as the block lasts."""
        try:
            self.start(prepare)
            yield
        finally:
            self.stop()

    def start(self, prepare: Prepare | None = None) -> None:
        """Start it and wait until it listens; `prepare` is run in the new process before anything else."""
        self.socket.unlink(missing_ok=True)
        self._process = _forks.Process(target=_serve, args=(self.folder, self.sessions, prepare), daemon=True)
        self._process.start()
        deadline = time.monotonic() + READY_WITHIN_S
        while not self._listens():
            if time.monotonic() > deadline or self._process.exitcode is not None:
                raise RuntimeError(f"the SAM does not start:\n{self.log()[-2_000:]}")
            time.sleep(0.005)

    def _listens(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.socket)) == 0

    def call(self, operation: str, message: msgspec.Struct | bytes) -> Answer:
        line = Line(self.socket)
        try:
            return line.post(operation, message)
        finally:
            line.close()

    def wait_killed(self) -> None:
        """Make sure that it was killed just now."""
        self._process.join(30)
        assert self._process.exitcode == -signal.SIGKILL, f"exit code {self._process.exitcode}"
        self._process = None

    def stop(self, how: int = signal.SIGKILL) -> None:
        """End it; without a word if it is not running."""
        if self._process is not None and self._process.exitcode is None:
            with suppress(ProcessLookupError):  # it may have ended just now
                os.kill(self._process.pid, how)
            self._process.join(20)
        self._process = None

    def log(self) -> str:
        path = self.folder / "sam.log"
        return path.read_text(errors="replace") if path.exists() else ""


def _make_token(folder: Path) -> None:
    make_test_token(folder).close()


def _serve(folder: Path, sessions: int, prepare: Prepare | None) -> None:
    with (folder / "sam.log").open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    point_softhsm_at(folder)
    for name in [name for name in os.environ if name.startswith("NATSUIN_")]:
        del os.environ[name]
    os.environ |= {
        "NATSUIN_DATA": str(folder),
        "NATSUIN_ORIGIN": ORIGIN,
        "NATSUIN_HSM_MODULE": str(SPY),
        "NATSUIN_HSM_TOKEN": "test",
        "NATSUIN_HSM_PIN_FILE": str(folder / "pin"),
        "NATSUIN_HSM_SESSIONS": str(sessions),
        "NATSUIN_SAD_LIFE": "600",
        "NATSUIN_REVOCATION": "off",
        "PKCS11SPY": str(softhsm()),
        "PKCS11SPY_OUTPUT": str(folder / "spy.log"),
    }
    if prepare is not None:
        prepare()
    sys.argv = ["hsm"]
    runpy.run_module("hsm", run_name="__main__", alter_sys=True)
