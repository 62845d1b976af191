"""web-push-testing (npm), a push service that nobody here wrote: it checks headers and our statement, and decrypts what came."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from tests.harness.stack import ROOT, free_ports

SERVER = ROOT / "tests" / "npm" / "node_modules" / "web-push-testing" / "src" / "bin" / "server.js"
READY_WITHIN_S = 30


class WebPushTesting:
    """One running service."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.http = httpx2.Client(base_url=origin, timeout=20)

    def subscribe(self, application_server_key: str) -> dict[str, Any]:
        """Do what a browser does with its push service; gives what `PushSubscription.toJSON` does, and a `clientHash`."""
        answer = self.http.post("/subscribe", json={"userVisibleOnly": "true", "applicationServerKey": application_server_key})
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["data"])

    def messages(self, client_hash: str, count: int) -> list[str]:
        """Wait until this many have come to a subscription, and give them, decrypted."""
        deadline = time.monotonic() + READY_WITHIN_S
        while True:
            answer = self.http.post("/get-notifications", json={"clientHash": client_hash})
            assert answer.status_code == 200, answer.text
            found: list[str] = answer.json()["data"]["messages"]
            if len(found) >= count:
                return found
            assert time.monotonic() < deadline, f"{len(found)} of {count} pushes came"
            time.sleep(0.02)

    def expire(self, client_hash: str) -> None:
        """Let a subscription be over: 410 from now on."""
        self.http.post(f"/expire-subscription/{client_hash}")


@contextmanager
def web_push_testing(log: Path) -> Iterator[WebPushTesting]:
    """Run one for as long as the block lasts."""
    port = free_ports(1)
    with log.open("ab") as out, subprocess.Popen(["node", str(SERVER), str(port)], stdout=out, stderr=out, cwd=log.parent) as process:
        service = WebPushTesting(f"http://localhost:{port}")
        try:
            wait_ready(service, process)
            yield service
        finally:
            service.http.close()
            process.kill()


def wait_ready(service: WebPushTesting, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if service.http.post("/status").status_code == 200:
                return
        except httpx2.HTTPError:
            time.sleep(0.05)
    raise RuntimeError("web-push-testing does not start; `make test` installs it")
