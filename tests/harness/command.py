"""The operator's command line in a process forked from one that has imported it, which takes a tenth of what a start anew takes."""

import os
import sys
import tempfile
from pathlib import Path

from app.cli.main import main
from tests.harness.forked import in_own_process

ROOT = Path(__file__).parents[2]


def run_natsuin(environ: dict[str, str], *words: str) -> tuple[int, str, str]:
    """Run `natsuin` with these words and settings; gives its exit code, and what it said on either output."""
    return in_own_process(_run, environ, words)


def _run(environ: dict[str, str], words: tuple[str, ...]) -> tuple[int, str, str]:
    os.environ.clear()
    os.environ |= environ
    os.chdir(ROOT)
    sys.argv = ["natsuin", *words]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as complaints:
        os.dup2(out.fileno(), 1)
        os.dup2(complaints.fileno(), 2)
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        sys.stdout.flush()
        sys.stderr.flush()
        said = []
        for file in (out, complaints):
            file.seek(0)
            said.append(file.read().decode())
    return code, said[0], said[1]
