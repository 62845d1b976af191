"""A PostgreSQL server in a temporary folder; it refuses to run as root, so root starts it as the user that Debian's package makes."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.harness.stack import free_ports


class PostgreSQL:
    """A server that can be stopped as a crash stops it, and started again on the same data; `url` is what a database's name is added to."""

    def __init__(self, place: Path) -> None:
        self._place, self._port = place, free_ports(1)
        self._programs = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
        self._as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self._as_user:
            shutil.chown(place, "postgres")
        self.url = f"postgresql+psycopg://natsuin@127.0.0.1:{self._port}/"
        self._run("initdb", "-D", f"{place}/data", "-A", "trust", "-U", "natsuin")

    def start(self) -> None:
        options = f"-p {self._port} -k {self._place} -c listen_addresses=127.0.0.1"
        self._run("pg_ctl", "-D", f"{self._place}/data", "-l", f"{self._place}/log", "-o", options, "-w", "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", f"{self._place}/data", "-m", "immediate", "-w", "stop")

    def add(self, database: str) -> None:
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self._port), "-U", "natsuin", database)

    def _run(self, program: str, *words: str) -> None:
        command = [*self._as_user, str(self._programs / program), *words]
        subprocess.run(command, check=True, cwd=self._place, stdout=subprocess.DEVNULL, timeout=60)


@contextmanager
def running_postgresql(*databases: str) -> Iterator[PostgreSQL]:
    """Run a server with these databases."""
    place = Path(tempfile.mkdtemp(prefix="postgresql-"))
    try:
        server = PostgreSQL(place)
        server.start()
        try:
            for name in databases:
                server.add(name)
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(place, ignore_errors=True)
