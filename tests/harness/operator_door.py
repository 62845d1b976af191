"""The operator's door of a stack as a process of its own, and a client for it over the Unix socket or TLS."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.harness.stack import ROOT, Stack

READY_WITHIN_S = 40


class Told(NamedTuple):
    """An answer: status and JSON."""

    status: int
    value: Any


class SocketConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("operator", timeout=60)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(str(self._path))


class OperatorDoor:
    """A running door; `socket` is where it listens by default."""

    def __init__(self, stack: Stack, process: subprocess.Popen[bytes], log: Path) -> None:
        self.stack, self.process, self._log = stack, process, log
        self.socket = stack.data / "operator" / "operator.sock"

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Told:
        """Call over the socket."""
        return ask(SocketConnection(self.socket), method, path, body, **headers)

    def log(self) -> str:
        return self._log.read_text(errors="replace")


def ask(connection: http.client.HTTPConnection, method: str, path: str, body: Any = None, **headers: str) -> Told:
    """Send one request; `body` is sent as it is where it is bytes."""
    sent = {"Content-Type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    raw = body if body is None or isinstance(body, bytes) else json.dumps(body)
    try:
        connection.request(method, f"/operator/v1{path}", raw, sent if raw is not None else {})
        answer = connection.getresponse()
        return Told(answer.status, json.loads(answer.read()))
    finally:
        connection.close()


@contextmanager
def operator_door(stack: Stack, **environment: str) -> Iterator[OperatorDoor]:
    """Run the door for as long as the block lasts; it is ready when its socket, or its port, takes connections."""
    log = stack.data / "operator.log"
    with log.open("ab") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.operator"], env=stack.environment | environment, cwd=ROOT, stdout=written, stderr=written
        )
    door = OperatorDoor(stack, process, log)
    try:
        _wait(door, environment.get("NATSUIN_OPERATOR_LISTEN", f"unix:{door.socket}"))
        yield door
    finally:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGTERM)
        process.wait(20)


def _wait(door: OperatorDoor, place: str) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline and door.process.poll() is None:
        family, address = (socket.AF_UNIX, place.removeprefix("unix:")) if place.startswith("unix:") else (socket.AF_INET, None)
        with socket.socket(family) as probe:
            to: Any = address if address is not None else ("127.0.0.1", int(place.rpartition(":")[2]))
            if probe.connect_ex(to) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"the operator's door does not open:\n{door.log()[-2_000:]}")
