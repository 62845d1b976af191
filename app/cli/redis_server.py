"""`natsuin redis`: the private redis-server of the embedded stack; on a Unix socket, without TCP and without files."""

import os
import shutil

from app.cli.output import Refusal, answering
from app.config import read_config


def redis() -> None:
    """Run the private redis-server (what the Procfile starts)."""
    with answering(False):
        config = read_config()
        program = shutil.which("redis-server")
        if program is None:
            raise Refusal("redis-server is not installed (Debian: redis-server); or set NATSUIN_REDIS_URL to one that runs elsewhere.")
        place = config.data / "redis"
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        settings = {
            "port": "0",
            "unixsocket": str(place / "redis.sock"),
            "unixsocketperm": "600",
            "dir": str(place),
            "save": "",
            "appendonly": "no",
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
        }
        words = [word for name, value in settings.items() for word in (f"--{name}", value)]
        words += ["--user", "default", "on", "nopass", "~*", "&*", "+@all", "-@scripting"]  # nothing here runs scripts on it
        os.execv(program, [program, *words])  # noqa: S606  # it takes this process over, so that signals reach it
