"""A PostgreSQL server in a temporary folder; it refuses to run as root, so root starts it as the user that Debian's package makes."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.harness.stack import free_ports


def programs() -> Path:
    """Give the folder of the newest server programs that Debian has installed."""
    return max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))


@contextmanager
def running_postgresql(*databases: str) -> Iterator[str]:
    """Run a server with these databases; gives the URL that a database's name is added to."""
    place, port = Path(tempfile.mkdtemp(prefix="postgresql-")), free_ports(1)
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if user:
        shutil.chown(place, "postgres")

    def run(program: str, *words: str) -> None:
        subprocess.run([*user, str(programs() / program), *words], check=True, cwd=place, stdout=subprocess.DEVNULL, timeout=60)

    try:
        run("initdb", "-D", f"{place}/data", "-A", "trust", "-U", "natsuin")
        run(
            "pg_ctl",
            "-D",
            f"{place}/data",
            "-l",
            f"{place}/log",
            "-o",
            f"-p {port} -k {place} -c listen_addresses=127.0.0.1",
            "-w",
            "start",
        )
        for name in databases:
            run("createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "natsuin", name)
        yield f"postgresql+psycopg://natsuin@127.0.0.1:{port}/"
    finally:
        subprocess.run(
            [*user, str(programs() / "pg_ctl"), "-D", f"{place}/data", "-m", "immediate", "stop"], cwd="/", stdout=subprocess.DEVNULL
        )
        shutil.rmtree(place, ignore_errors=True)
