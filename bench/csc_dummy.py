"""
certomancer-csc-dummy (MIT), another open CSC server in Python, from its package in an environment of its own, to measure beside ours.

It is a tool for tests, CSC 1.0.4.0: it asks no person, takes no access token, has its keys in files, and a SAD is good for ever.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.harness.stack import free_ports

LOCK = Path(__file__).with_name("csc-dummy.txt")
ENVIRONMENT = Path("var/bench/csc-dummy")
# What its own command runs, but for that command's log of every call, which would cost it time.
COMMAND = "import sys; from csc_dummy.runner import run_from_file; run_from_file(sys.argv[1], int(sys.argv[2]))"
READY_WITHIN_S, ENDED_WITHIN_S = 30, 20


@contextmanager
def running_dummy(folder: Path, keys: int) -> Iterator[tuple[str, list[str]]]:
    """Run it with so many P-256 keys for as long as the block lasts; gives the address of its methods, and its credentials."""
    python = _installed()
    port = free_ports(1)
    command = [str(python), "-c", COMMAND, str(_configured(folder, keys)), str(port)]
    with (folder / "dummy.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        base = f"http://localhost:{port}/csc/v1/"
        _wait_ready(process, base, folder / "dummy.log")
        yield base, [f"bench/signer{number}" for number in range(keys)]
    finally:
        process.terminate()
        try:
            process.wait(ENDED_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _installed() -> Path:
    """Install what the lock names, where it is not there yet; gives its Python."""
    python, stamp = ENVIRONMENT.absolute() / "bin" / "python", ENVIRONMENT / "installed.txt"
    if not stamp.exists() or stamp.read_bytes() != LOCK.read_bytes():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--require-hashes", "-r", str(LOCK)], check=True)
        stamp.write_bytes(LOCK.read_bytes())
    return python


def _configured(folder: Path, keys: int) -> Path:
    """Write a small CA for it, which it makes its certificates from; JSON is YAML too."""
    names = ["root", *(f"signer{number}" for number in range(keys))]
    for name in names:
        key = ec.generate_private_key(ec.SECP256R1())
        (folder / f"{name}.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    now = datetime.now(UTC).replace(microsecond=0)
    validity = {"valid-from": (now - timedelta(days=1)).isoformat(), "valid-to": (now + timedelta(days=365)).isoformat()}
    issued = {"issuer": "root", "authority-key": "root", "validity": validity}
    architecture = {
        "keyset": "bench",
        "entities": {name: {"common-name": name} for name in names},
        "certs": {name: {"subject": name, "subject-key": name} | issued for name in names},
    }
    keysets = {"bench": {"path-prefix": ".", "keys": {name: {"path": f"{name}.pem"} for name in names}}}
    file = folder / "certomancer.yml"
    file.write_text(json.dumps({"keysets": keysets, "pki-architectures": {"bench": architecture}}))
    return file


def _wait_ready(process: subprocess.Popen[bytes], base: str, log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx2.post(f"{base}info", json={}, timeout=5).status_code == 200:
                return
        except httpx2.HTTPError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"certomancer-csc-dummy is not ready:\n{log.read_text()[-2_000:]}")
