"""Starts the operator's door: a Unix socket for its owner alone, or mutual TLS. Whatever is wrong stops the start with a sentence."""

import logging
import os
import signal
import socket
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from app.config import Config, read_config
from app.errors import NatsuinError
from app.operator.door import create_door
from app.operator.peer import PeerHttp
from app.store.database import Database, migrate

log = logging.getLogger("natsuin.operator")


def main() -> int:
    """Run until told to stop; exit code 2 where it must not run."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s", stream=sys.stderr)
    try:
        config = read_config()
        os.umask(0o077)
        migrate(config.database_url)
        serve(config)
    except (NatsuinError, OSError) as error:
        log.error("the operator's door does not open: %s", error)
        return 2
    return 0


def serve(config: Config) -> None:
    """Answer at the door until SIGTERM or SIGINT."""
    database = Database(config.database_url)
    door = create_door(config, database)
    for told_to_stop in (signal.SIGTERM, signal.SIGINT):  # uvicorn finishes what was begun, and then sends the signal once more
        signal.signal(told_to_stop, signal.SIG_IGN)
    try:
        if config.operator_listen.startswith("unix:"):
            with private_socket(Path(config.operator_listen.removeprefix("unix:"))) as listening:
                uvicorn.Server(_settings(door)).run(sockets=[listening])
        else:
            host, _, port = config.operator_listen.rpartition(":")
            tls = {
                "ssl_certfile": config.operator_tls_certificate,
                "ssl_keyfile": config.operator_tls_key,
                "ssl_ca_certs": str(config.operator_tls_client_ca),
                "ssl_cert_reqs": ssl.CERT_REQUIRED,
            }
            uvicorn.Server(_settings(door, host=host, port=int(port), **tls)).run()
    finally:
        database.close()


def _settings(door: Any, **place: Any) -> uvicorn.Config:
    return uvicorn.Config(
        door,
        http=PeerHttp,
        ws="none",
        loop="asyncio",  # whose sockets tell who is at the other end
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=5,
        **place,
    )


@contextmanager
def private_socket(path: Path) -> Iterator[socket.socket]:
    """Make a Unix socket for its owner alone, in a folder that nobody else may enter; one that a crash has left is replaced."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.is_socket():
        path.unlink()
    with socket.socket(socket.AF_UNIX) as made:
        before = os.umask(0o177)
        try:
            made.bind(str(path))
        finally:
            os.umask(before)
        try:
            yield made
        finally:
            path.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
