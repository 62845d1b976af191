"""Every process brings the tables up to date when it starts; on an empty database several do so at once."""

import subprocess
import sys
from pathlib import Path

from tests.harness.stack import ROOT

AT_ONCE = 6
MIGRATE = "import sys; from app.store.database import migrate; print('ready', flush=True); sys.stdin.readline(); migrate(sys.argv[1])"


def test_processes_that_start_at_once_make_the_tables_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'app' / 'natsuin.db'}"
    starting = [
        subprocess.Popen(
            [sys.executable, "-c", MIGRATE, url], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(AT_ONCE)
    ]
    try:
        for one in starting:
            assert one.stdout is not None
            assert one.stdout.readline() == "ready\n"
        for one in starting:
            assert one.stdin is not None
            one.stdin.write("\n")
            one.stdin.flush()
        said = [one.communicate(timeout=60)[1] for one in starting]
    finally:
        for one in starting:
            one.kill()
    assert [one.returncode for one in starting] == [0] * AT_ONCE, said
