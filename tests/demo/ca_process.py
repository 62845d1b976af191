"""The CA as a process of its own on free ports, and the programs that talk to it."""

import base64
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from demo.ca.csr import RENEWAL_APPROVAL as _APPROVAL
from tests.harness.stack import free_ports

ROOT = Path(__file__).parents[2]
START_WAIT_S = 40
RENEWAL_APPROVAL = _APPROVAL.dotted_string


class CaProcess:
    """A CA over a directory; `url` is its HTTP side, `est` where EST is."""

    def __init__(self, data: Path) -> None:
        port = free_ports(4)
        self.data = data
        self.url = f"http://localhost:{port + 2}"
        self.est = f"https://localhost:{port + 3}/.well-known/est"
        self.environment = {**os.environ, "NATSUIN_PORT": str(port), "NATSUIN_DATA": str(data), "PYTHONPATH": str(ROOT)}
        self.environment.pop("DEMO_CA_URL", None)
        self._ports = (port + 2, port + 3)
        self.start()

    def start(self) -> None:
        """Start it, and wait until both doors are open."""
        self.process = subprocess.Popen([sys.executable, "-m", "demo.ca"], env=self.environment)
        deadline = time.monotonic() + START_WAIT_S
        for port in self._ports:
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    assert self.process.poll() is None, "the CA ended"
                    assert time.monotonic() < deadline, "the CA did not start"
                    time.sleep(0.05)

    @property
    def root(self) -> str:
        """The file that a client trusts."""
        return str(self.data / "ca" / "root.pem")

    def command(self, *words: str, status: int = 0) -> str:
        """Run a command of the CA."""
        done = subprocess.run(
            [sys.executable, "-m", "demo.ca", *words], env=self.environment, check=False, capture_output=True, text=True, timeout=30
        )
        assert done.returncode == status, done.stderr
        return done.stdout + done.stderr

    def code(self, user_id: str, name: str = "山田 花子") -> str:
        """Register a person, as a front office does."""
        officer = (self.data / "ca" / "ra-secret").read_text()
        request = urllib.request.Request(
            f"{self.url}/applications",
            json.dumps({"user_id": user_id, "name": name}).encode(),
            {"Authorization": f"Bearer {officer}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            code: str = json.load(answer)["code"]
        return code


@contextmanager
def running_ca(data: Path) -> Iterator[CaProcess]:
    """Run a CA for as long as the block lasts."""
    ca = CaProcess(data)
    try:
        yield ca
    finally:
        ca.process.terminate()
        ca.process.wait(30)


def run(directory: Path, *command: str, status: int = 0) -> str:
    """Run a program in a directory; return what it said."""
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


REQUEST = """
[req]
prompt = no
utf8 = yes
string_mask = utf8only
distinguished_name = dn
attributes = attributes
req_extensions = extensions
[dn]
C = JP
CN = {name}
UID = {user_id}
[attributes]
{attributes}
[extensions]
{extensions}
"""
PKCS10 = ("-H", "Content-Type: application/pkcs10", "-H", "Content-Transfer-Encoding: base64")


def make_request(
    directory: Path, base: str, *, user_id: str = "alice", name: str = "山田 花子", attributes: str = "", extensions: str = ""
) -> None:
    """Make a key and a request with openssl: `BASE-key.pem`, `BASE.csr`, and `BASE.b64` as it goes over the wire."""
    config = directory / f"{base}.cnf"
    text = REQUEST.format(name=name, user_id=user_id, attributes=attributes, extensions=extensions)
    config.write_text(text if extensions else text.replace("req_extensions = extensions\n", ""))
    new = ("-newkey", "rsa:2048", "-nodes", "-keyout", f"{base}-key.pem", "-outform", "DER", "-out", f"{base}.csr")
    run(directory, "openssl", "req", "-new", "-config", config.name, *new)
    run(directory, "openssl", "base64", "-in", f"{base}.csr", "-out", f"{base}.b64")


def approve_renewal(directory: Path, base: str, old: str) -> None:
    """Have the old key approve the request `BASE`, and put that into the request: openssl's cms, and its req once more (docs/ca.md)."""
    signing = ("-binary", "-nodetach", "-md", "sha256", "-signer", f"{old}.pem", "-inkey", f"{old}-key.pem", "-outform", "DER")
    run(directory, "openssl", "cms", "-sign", "-in", f"{base}.csr", *signing, "-out", f"{base}.p7m")
    approval = base64.b64encode((directory / f"{base}.p7m").read_bytes()).decode()
    config = (directory / f"{base}.cnf").read_text().replace("[attributes]\n", f"[attributes]\n{RENEWAL_APPROVAL} = {approval}\n")
    (directory / f"{base}-approved.cnf").write_text(config)
    again = ("-key", f"{base}-key.pem", "-config", f"{base}-approved.cnf", "-outform", "DER", "-out", f"{base}-approved.csr")
    run(directory, "openssl", "req", "-new", *again)
    run(directory, "openssl", "base64", "-in", f"{base}-approved.csr", "-out", f"{base}.b64")


def est(ca: CaProcess, directory: Path, operation: str, out: str, *options: str) -> str:
    """Call EST with curl; return the HTTP status, and keep the body."""
    answer = run(directory, "curl", "-sS", "--cacert", ca.root, "-w", "%{http_code}", "-o", out, *options, f"{ca.est}/{operation}")
    return answer.strip()


def enroll(ca: CaProcess, directory: Path, base: str, operation: str = "simpleenroll", *options: str) -> str:
    """Send `BASE.b64`; where a certificate comes back, it is `BASE.pem` afterwards."""
    status = est(ca, directory, operation, f"{base}.answer", *PKCS10, "--data-binary", f"@{base}.b64", *options)
    if status == "200":
        unpack(directory, base)
    return status


def unpack(directory: Path, base: str) -> None:
    """Turn a certs-only answer into PEM, with openssl."""
    run(directory, "openssl", "base64", "-d", "-A", "-in", f"{base}.answer", "-out", f"{base}.p7")
    run(directory, "openssl", "pkcs7", "-inform", "DER", "-in", f"{base}.p7", "-print_certs", "-out", f"{base}.pem")


def basic(directory: Path, user_id: str, code: str) -> tuple[str, str]:
    """The option with which curl reads the credential from a file, so that it is in no argument list."""
    file = directory / f"{user_id}.curl"
    file.write_text(f'user = "{user_id}:{code}"\n')
    return "-K", file.name
