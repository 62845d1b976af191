"""
Things that go wrong inside a SAM process on purpose: it kills itself at a step, its system calls fail, its single use is broken.

Each is done to the process from outside the production code: a wrapped function, or strace's fault injection (strace(1), `inject=`).
"""

import ctypes
import importlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec.structs import asdict
from sqlalchemy import event, insert
from sqlalchemy.pool import Pool

import hsm.activation
import hsm.server
from hsm.change import Change
from hsm.journal import Event
from hsm.records import Activation, Approval, activations
from hsm.seal import seal
from hsm.store import Store

PR_SET_DUMPABLE = 4
PR_SET_PTRACER = 0x59616D61
PR_SET_PTRACER_ANY = ctypes.c_ulong(-1)
COMMIT = "commit"
RACE_S = 0.02  # between the read and the write of a broken build: wide enough that somebody always comes in between


@dataclass(frozen=True)
class KillAt:
    """
    Kill the process, without any clean-up, before or after the `hit`th call of a function once it serves.

    `function` is "module:name" or "module:Class.name", or `COMMIT`: before or after a change of the store becomes durable.
    """

    function: str
    when: str
    hit: int = 1

    def __str__(self) -> str:
        return f"{self.when} {self.function.removeprefix('hsm.')} {self.hit}"

    def __call__(self) -> None:
        """Prepare the process that is about to become a SAM."""
        fuse = _Fuse(self)
        if self.function == COMMIT:
            _wrap_commit(fuse)
        else:
            module, _, name = self.function.partition(":")
            owner: Any = importlib.import_module(module)
            *classes, name = name.split(".")
            for attribute in classes:
                owner = getattr(owner, attribute)
            setattr(owner, name, _wrapped(getattr(owner, name), fuse))
        _when_serving(fuse.arm)


class _Fuse:
    """Counts the hits of one place, and kills at the chosen one."""

    def __init__(self, at: KillAt) -> None:
        self._at, self._hits, self._armed = at, 0, False

    def arm(self) -> None:
        self._armed = True

    def before(self) -> None:
        self._hits += self._armed
        self._burn("before")

    def after(self) -> None:
        self._burn("after")

    def _burn(self, when: str) -> None:
        if self._armed and (when, self._hits) == (self._at.when, self._at.hit):
            os.kill(os.getpid(), signal.SIGKILL)


def _wrapped(original: Callable[..., Any], fuse: _Fuse) -> Callable[..., Any]:
    def call(*arguments: Any, **named: Any) -> Any:
        fuse.before()
        answer = original(*arguments, **named)
        fuse.after()
        return answer

    return call


def _wrap_commit(fuse: _Fuse) -> None:
    original = Store.change

    @contextmanager
    def change(store: Store, now: float) -> Iterator[Change]:
        with original(store, now) as opened:
            yield opened
            fuse.before()
        fuse.after()

    setattr(Store, "change", change)  # noqa: B010


def _when_serving(act: Callable[[], None]) -> None:
    """Do something after the start, just before the first request can come."""
    original = hsm.server.create_server

    def create_server(*arguments: Any) -> Any:
        act()
        return original(*arguments)

    setattr(hsm.server, "create_server", create_server)  # noqa: B010


def faultable() -> None:
    """
    Prepare a SAM for `failing`: strace may attach, and every commit goes on to write the database file itself.

    The SAM forbids tracing, for the sake of the PIN in its memory; root may trace it nevertheless.
    """

    def allow() -> None:
        library = ctypes.CDLL(None)
        library.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)
        library.prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0)

    event.listen(Pool, "connect", lambda connection, _: connection.execute("PRAGMA wal_autocheckpoint=1"))
    _when_serving(allow)


@dataclass
class Injected:
    """How many system calls were made to fail; known once the block has ended."""

    calls: int = 0


@contextmanager
def failing(pid: int, call: str, error: str, when: str, trace: Path) -> Iterator[Injected]:
    """Make calls of one system call fail while the block runs; `when` counts them from now on, as in strace(1). `trace` is overwritten."""
    command = [
        "strace",
        "-f",
        "-qqq",
        "-o",
        str(trace),
        "-e",
        f"trace={call}",
        "-e",
        f"inject={call}:error={error}:when={when}",
        "-p",
        str(pid),
    ]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE)
    injected = Injected()
    try:
        _wait_traced(pid, tracer)
        yield injected
    finally:
        tracer.terminate()
        tracer.communicate(timeout=30)
    injected.calls = trace.read_text().count("(INJECTED)")


def _wait_traced(pid: int, tracer: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and tracer.poll() is None:
        threads = [f"/proc/{pid}/task/{thread}/status" for thread in os.listdir(f"/proc/{pid}/task")]
        if all("TracerPid:\t0\n" not in _read(thread) for thread in threads):
            return
        time.sleep(0.002)
    raise RuntimeError(f"strace does not attach: {tracer.stderr.read().decode() if tracer.stderr else ''}")


def _read(path: str) -> str:
    """Give the standing of a thread; of one that has ended meanwhile, nothing."""
    try:
        with open(path) as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def read_before_write() -> None:
    """Break single use the way that it is broken most often: look whether the SAD is spent, and if it is not, write that it is."""
    original = hsm.activation.usable_approval

    def usable_approval(*arguments: Any) -> Approval:
        approval = original(*arguments)
        time.sleep(RACE_S)
        return approval

    def spend(self: Change, activation: Activation, **intent: Any) -> Activation:
        values = asdict(activation)
        values["seal"] = seal(self._mac, activations.name, values)
        self._connection.execute(insert(activations).prefix_with("OR REPLACE"), values)
        self.journal(Event.SIGN_INTENDED, activation.authorization_id, **intent)
        return Activation(**values)

    setattr(hsm.activation, "usable_approval", usable_approval)  # noqa: B010
    setattr(Change, "spend", spend)  # noqa: B010
