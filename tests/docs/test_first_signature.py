"""README's way from a clone to a first signature: its lines run as they stand, but for the clone, and what is installed already."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import psutil
import pytest

from tests.harness.stack import ROOT, free_ports

READY_WITHIN_S = 120
SIGNED_WITHIN_S = 180
ENDED_WITHIN_S = 60
NOT_CLONED = shutil.ignore_patterns(".*", "*.egg-info", "__pycache__", "build", "node_modules", "screens", "var")
OURS = re.compile(r"NATSUIN_|MAKE|MFLAGS|DEMO")


def terminals() -> tuple[str, str]:
    """Give what README has the developer type in the first terminal, and in the second."""
    section = (ROOT / "README.md").read_text().partition("\n## For developers of applications\n")[2].partition("\n## ")[0]
    first, *others = re.findall(r"^```sh\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    clone, rest = first.split("\n", 1)
    assert clone.startswith("git clone ")
    assert clone.endswith(" natsuin")
    return rest, "".join(others)


def clone(folder: Path) -> Path:
    """Copy the checkout as it is now, with what is installed for it."""
    made = folder / "natsuin"
    shutil.copytree(ROOT, made, ignore=NOT_CLONED)
    (made / ".venv").mkdir()
    for part in Path(sys.prefix).iterdir():
        if not part.name.startswith("."):
            (made / ".venv" / part.name).symlink_to(part)
    (made / ".venv" / ".demo").touch()
    return made


@contextmanager
def typed(lines: str, folder: Path, environment: dict[str, str], says: Path) -> Iterator[None]:
    """Run lines that stay in the foreground until they say `ready`; at the end of the block Ctrl-C ends them, and nothing is left."""
    with says.open("wb") as out:
        bash = psutil.Popen(["bash", "-e", "-c", lines], cwd=folder, env=environment, stdout=out, stderr=out, start_new_session=True)
    try:
        deadline = time.monotonic() + READY_WITHIN_S
        while "Natsuin is ready" not in says.read_text():
            assert bash.poll() is None, says.read_text()
            assert time.monotonic() < deadline, says.read_text()
            time.sleep(0.1)
        yield
    finally:
        started = [bash, *(bash.children(recursive=True) if bash.is_running() else [])]
        if bash.poll() is None:
            os.killpg(bash.pid, signal.SIGINT)
        _, left = psutil.wait_procs(started, ENDED_WITHIN_S)
        for process in left:
            process.kill()
    assert not left, says.read_text()
    assert (bash.returncode, "make: ***" in says.read_text()) == (-signal.SIGINT, False), says.read_text()  # `natsuin up` has ended with 0


def test_the_readme_leads_to_a_signature_that_openssl_verifies_and_starts_again(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Started a second time in the same folder, without the demo, it knows the application of the first time."""
    folder = tmp_path_factory.mktemp("readme")  # short: sockets have names of at most 107 bytes
    made = clone(folder)
    first, second = terminals()
    port = free_ports(4)
    environment = {name: value for name, value in os.environ.items() if not OURS.match(name)} | {"NATSUIN_PORT": str(port)}
    with typed(first, folder, environment, folder / "up.log"):
        bash = ["bash", "-e", "-o", "pipefail", "-c", second]
        ended = subprocess.run(bash, cwd=made, env=environment, capture_output=True, text=True, timeout=SIGNED_WITHIN_S)
    assert (ended.returncode, ended.stdout.splitlines()[-1:]) == (0, ["Verified OK"]), ended.stdout + ended.stderr

    with typed(first, folder, environment | {"DEMO": "0"}, folder / "again.log"), socket.socket() as demo:
        client = json.loads((made / "client.json").read_text())
        account = (client["client_id"], client["client_secret"])
        given = httpx2.post(f"http://localhost:{port}/oauth2/token", auth=account, data={"grant_type": "client_credentials"})
        assert given.json()["token_type"] == "Bearer"
        assert demo.connect_ex(("127.0.0.1", port + 1)) != 0
        refused = subprocess.run(
            [made / ".venv" / "bin" / "natsuin", "up"], cwd=made, env=environment, capture_output=True, text=True, timeout=60
        )
        assert (refused.returncode, "in use" in refused.stderr) == (1, True), refused.stderr
