"""
The real stack in a temporary folder on free ports: redis-server, SAM, web workers, and the demo CA, each a process of its own.

A test can kill and restart each part, talk to it over HTTP, and look into its databases; everything is gone afterwards.
"""

import base64
import hashlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx2
from redis import Redis

from app.config import read_config
from app.store.push_jobs import ALIVE_KEY
from tests.harness.command import run_natsuin

ROOT = Path(__file__).parent.parent.parent
BIN = Path(sys.executable).parent
COMMANDS = {
    "redis": [str(BIN / "natsuin"), "redis"],
    "sam": [sys.executable, "-m", "hsm"],
    "web": [sys.executable, "-m", "app"],
    "ca": [sys.executable, "-m", "demo.ca"],
    "push": [sys.executable, "-m", "app.notify"],
}
READY_WITHIN_S = 40
FIRST_PORT, CLIENT_PORTS = (
    10_000,
    32_768,
)  # below those that the system gives to clients, ip_local_port_range: one of these may go at any time
BLOCK = 8  # ports that are taken together, the first of them as their lock
SHA256 = "2.16.840.1.101.3.4.2.1"
RSA_SHA256 = "1.2.840.113549.1.1.11"
ECDSA_SHA256 = "1.2.840.10045.4.3.2"


def free_ports(count: int) -> int:
    """Find the first of `count` neighbouring ports that are free, and that no other test process will find while this one lives."""
    assert count < BLOCK
    for _ in range(200):
        lock = random.SystemRandom().randrange(FIRST_PORT, CLIENT_PORTS, BLOCK)
        with socket.socket() as locking:
            try:
                locking.bind(("127.0.0.1", lock))
            except OSError:
                continue
            if all(_is_free(lock + offset) for offset in range(1, count + 1)):
                locking.detach()  # bound until this process ends
                return lock + 1
    raise RuntimeError("no free ports")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


class Stack:
    """A running stack; `environment` adds to or replaces settings."""

    def __init__(self, data: Path, **environment: str) -> None:
        self.data = data
        self.port = free_ports(4)
        self.origin = f"http://localhost:{self.port}"
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("NATSUIN_")}
        defaults = {"NATSUIN_PORT": str(self.port), "NATSUIN_DATA": str(data), "NATSUIN_KEY_ALGORITHM": "p-256", "NATSUIN_WORKERS": "1"}
        # Tests refuse a lot; what comes of that has tests of its own.
        defaults |= {"NATSUIN_QUIET_AFTER": "100000", "NATSUIN_REFUSE_AFTER": "100000"}
        self.environment = inherited | defaults | environment
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.http = httpx2.Client(base_url=self.origin, timeout=70)

    def start(self, *names: str) -> None:
        """Start parts, and wait until the whole answers."""
        begun = names or tuple(COMMANDS)
        for name in begun:
            with (self.data / f"{name}.log").open("ab") as log:
                self.processes[name] = subprocess.Popen(
                    COMMANDS[name], env=self.environment, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
                )
        self.wait_ready()
        if "push" in begun:
            self._wait_for_push()

    def wait_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            try:
                if self.http.get("/health").status_code == 200 and not _is_free(self.port + 2) and not _is_free(self.port + 3):
                    return
            except httpx2.HTTPError:
                pass
            time.sleep(0.1)
        raise RuntimeError("the stack is not ready:\n" + "\n".join(self.log(name)[-2_000:] for name in self.processes))

    def _wait_for_push(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        with closing(Redis.from_url(read_config(self.environment).redis_url)) as redis:
            while not redis.exists(ALIVE_KEY):
                if time.monotonic() > deadline:
                    raise RuntimeError("the push process is not ready:\n" + self.log("push")[-2_000:])
                time.sleep(0.1)

    def mend(self) -> None:
        """Start again what a test has killed."""
        if missing := [name for name in COMMANDS if name not in self.processes]:
            self.start(*missing)

    def kill(self, name: str, how: int = signal.SIGKILL) -> None:
        """End one part, its children included, and wait until it is gone."""
        process = self.processes.pop(name)
        os.killpg(process.pid, how)
        process.wait(20)

    def stop(self) -> None:
        for name in list(self.processes):
            self.kill(name)
        self.http.close()

    def log(self, name: str) -> str:
        return (self.data / f"{name}.log").read_text(errors="replace")

    def natsuin(self, *words: str, expect: int = 0) -> Any:
        """Run the operator's command line with --json."""
        code, said, complained = run_natsuin(self.environment, *words, "--json")
        assert code == expect, f"natsuin {words} ended with {code}: {said}{complained}"
        return json.loads(said)

    def application(self, name: str | None = None, *options: str) -> "Application":
        """Register an application that every signer agreed to, and give it a token."""
        made = self.natsuin("client", "add", name or f"Application {os.urandom(4).hex()}", "--for-all", *options)
        return Application(self, made["client_id"], made["client_secret"])

    def enrollment_url(self, user_id: str | None = None, name: str = "山田 太郎") -> str:
        """Let a person enrol; gives the one-time link."""
        return str(self.natsuin("signer", "add", user_id or f"user-{os.urandom(4).hex()}", "--name", name)["enrollment_url"])


class Application:
    """A relying application: its client id, secret and token, and the calls that it makes."""

    def __init__(self, stack: Stack, client_id: str, client_secret: str) -> None:
        self.stack, self.client_id, self.client_secret = stack, client_id, client_secret
        self.token = ""
        self.renew_token()

    def renew_token(self) -> None:
        answer = self.stack.http.post("/oauth2/token", data={"grant_type": "client_credentials"}, auth=(self.client_id, self.client_secret))
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["access_token"]

    def post(self, method: str, body: Any, **headers: str) -> httpx2.Response:
        """Call a CSC method."""
        sent = {"Authorization": f"Bearer {self.token}"} | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.stack.http.post(f"/csc/v2/{method}", json=body, headers=sent)

    def authorize(self, credential_id: str, *digests: bytes, **fields: Any) -> dict[str, Any]:
        """Ask for signatures over digests (SHA-256); each time in words of its own, so that it is no repeat."""
        hashed = digests or (hashlib.sha256(os.urandom(8)).digest(),)
        body = {
            "credentialID": credential_id,
            "numSignatures": len(hashed),
            "hashes": [base64.b64encode(digest).decode() for digest in hashed],
            "hashAlgorithmOID": SHA256,
            "clientData": os.urandom(8).hex(),
        }
        answer = self.post("credentials/authorize", body | fields)
        assert answer.status_code == 202, answer.text
        return {"hashes": body["hashes"]} | dict(answer.json())

    def sad(self, handle: str, wait_s: int = 20) -> str:
        """Wait for the approval, and collect the SAD."""
        answer = self.post("credentials/authorizeCheck", {"handle": handle}, Prefer=f"wait={wait_s}")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["SAD"])

    def sign(self, credential_id: str, sad: str, hashes: list[str], sign_algorithm: str = ECDSA_SHA256, **headers: str) -> httpx2.Response:
        body = {"credentialID": credential_id, "SAD": sad, "hashes": hashes, "signAlgo": sign_algorithm}
        return self.post("signatures/signHash", body, **headers)


@contextmanager
def running_stack(data: Path, **environment: str) -> Iterator[Stack]:
    """Run a stack for as long as the block lasts."""
    stack = Stack(data, **environment)
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()
