"""Starts the SAM: settings, hardening, token, journal, recovery, then its doors. Whatever is wrong stops the start with a sentence."""

import asyncio
import ctypes
import fcntl
import gc
import logging
import os
import resource
import signal
import socket
import ssl
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import uvicorn
from starlette.applications import Starlette

from hsm.assertion import RelyingParty
from hsm.config import Config, read_config
from hsm.credential import complete_destructions
from hsm.cryptoki import Module, Token
from hsm.database import migrate
from hsm.embedded import make_token, point_softhsm_at
from hsm.errors import AlreadyRunning, SamError
from hsm.forgetting import forget_overdue
from hsm.journal import Event
from hsm.keyring import Keyring, signers_keys
from hsm.sam import Sam
from hsm.server import create_operator_server, create_server
from hsm.store import Store

PR_SET_DUMPABLE = 4
FORGET_EVERY_S = 60
log = logging.getLogger("natsuin.sam")


def main() -> int:
    """Run the SAM until it is told to stop; exit code 2 where it must not run."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s", stream=sys.stderr)
    try:
        config = read_config()
        keep_memory_private()
        os.umask(0o077)
        config.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        with take_lock(config.data / "lock"):
            sam = start(config)
            gc.freeze()  # the handles of ten thousand keys stay: no garbage collection needs to look at them
            serve(config, sam)
    except SamError as error:
        log.error("the SAM does not start: %s: %s", type(error).__name__, error)
        return 2
    except OSError as error:
        log.error("the SAM does not start: %s", error)
        return 2
    return 0


def start(config: Config) -> Sam:
    """
    Open the token and the records, check both, and end what a crash left open.

    Raises:
        CannotStart, Unavailable: a key, a record, the token or the database is not as it must be.
    """
    if config.embedded:
        point_softhsm_at(config.data)
    module = Module(config.module)
    if config.embedded:
        make_token(module, config)
    token = Token(module, config.token_label, lambda: config.pin_file.read_text().strip(), config.sessions)
    migrate(config.database_url)
    keyring = Keyring(token, records_exist=Store.has_records(config.database_url))
    sam = Sam(
        token,
        keyring,
        Store(config.database_url, keyring.seal_mac),
        RelyingParty(config.rp_id, config.origin, config.passkeys),
        time.time,
        config.sad_life_s,
        config.status_policy,
        config.factors,
        config.uncertified_life_s,
        recovery_wait_s=config.recovery_wait_s,
    )
    entries = sam.store.verify_journal(sam.now())
    with sam.store.change(sam.now()) as change:
        abandoned = change.settle_abandoned("the SAM stopped before it could record an outcome")
        change.journal(Event.STARTED, "sam", keys=signers_keys(token))
    complete_destructions(sam)
    forget_overdue(sam)
    log.info("ready: %d keys, %d journal entries, %d activations ended as unknown", signers_keys(token), entries, abandoned)
    return sam


def keep_memory_private() -> None:
    """No core dump and no other process of this user may read the PIN from memory."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def take_lock(path: Path) -> IO[str]:
    """
    Make sure that no other SAM works on these records: it would see our unfinished activations as abandoned.

    Raises:
        AlreadyRunning: one does.
    """
    lock = path.open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise AlreadyRunning(f"another SAM holds {path}") from None
    return lock


def serve(config: Config, sam: Sam) -> None:
    """Answer at both doors until SIGTERM or SIGINT; what was begun is finished first."""
    if config.listen.startswith("unix:"):
        path = Path(config.listen.removeprefix("unix:"))
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        place: dict[str, Any] = {"uds": str(path)}
    else:
        host, _, port = config.listen.rpartition(":")
        place = {
            "host": host,
            "port": int(port),
            "ssl_certfile": config.tls_certificate,
            "ssl_keyfile": config.tls_key,
            "ssl_ca_certs": str(config.tls_client_ca),
            "ssl_cert_reqs": ssl.CERT_REQUIRED,
        }
    settings = _settings(create_server(sam, config.sessions), **place)
    for told_to_stop in (signal.SIGTERM, signal.SIGINT):  # uvicorn finishes what was begun, and then sends the signal once more
        signal.signal(told_to_stop, signal.SIG_IGN)
    with private_socket(config.operator_socket) as operator_socket:
        web, operator = uvicorn.Server(settings), uvicorn.Server(_settings(create_operator_server(sam)))
        try:
            with asyncio.Runner(loop_factory=settings.get_loop_factory()) as runner:
                runner.run(_both(web, operator, operator_socket, sam))
        finally:
            sam.store.close()
            sam.token.close()


async def _both(web: uvicorn.Server, operator: uvicorn.Server, operator_socket: socket.socket, sam: Sam) -> None:
    forgetting = asyncio.create_task(_keep_forgetting(sam))
    # Each server takes over the signals when it starts, and when it has stopped gives what came to the one before it: both stop, in turn.
    await asyncio.gather(web.serve(), operator.serve(sockets=[operator_socket]))
    forgetting.cancel()


async def _keep_forgetting(sam: Sam) -> None:
    while True:
        await asyncio.sleep(min(FORGET_EVERY_S, sam.uncertified_life_s))
        await asyncio.to_thread(forget_overdue, sam)


def _settings(application: Starlette, **place: Any) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=10,
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
