"""
What a cycle cannot avoid, each alone: a bare JSON request, the verification of an assertion, a durable commit, a signature of the HSM.

Each is measured as the machine does it best, with both cores busy, like the cycles that it is compared with.
"""

import json
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from itertools import repeat

import aiohttp
from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, insert

from bench.client import Client, per_second
from demo.passkey import Passkey, cose_key
from hsm.assertion import RelyingParty, verify_assertion
from hsm.config import read_config
from hsm.cryptoki import Module, Token
from hsm.database import open_engines
from hsm.embedded import point_softhsm_at
from hsm.messages import PasskeyRecord
from hsm.policy import HASHES, Padding, Scheme
from tests.harness.sam import SHA256, b64

ORIGIN = "https://sign.example.jp"
SCHEMES = {"p": Padding.ECDSA, "rsa": Padding.PKCS1}


def rate(work: Callable[[], object], seconds: float) -> float:
    """Run one thing again and again; gives calls per second."""
    work()
    count, started = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - started) < seconds:
        work()
        count += 1
    return count / elapsed


def in_two_threads(work: Callable[[], object], seconds: float) -> float:
    rates: list[float] = []
    threads = [threading.Thread(target=lambda: rates.append(rate(work, seconds))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(rates)


def verifications(seconds: float) -> float:
    """Verify one assertion again and again (one process)."""
    passkey, challenge = Passkey(), secrets.token_bytes(32)
    user = {"id": b64(b"u" * 32), "name": "u", "displayName": "u"}
    passkey.create({"rp": {"id": "sign.example.jp"}, "user": user, "challenge": b64(challenge), "pubKeyCredParams": [{"alg": -7}]}, ORIGIN)
    assertion = passkey.get({"challenge": b64(challenge), "rpId": "sign.example.jp"}, ORIGIN)
    record = PasskeyRecord(passkey.credential_id, cose_key(passkey.public_key), 0, False)
    party = RelyingParty("sign.example.jp", ORIGIN)
    return rate(lambda: verify_assertion(party, assertion, challenge, record, b"u" * 32), seconds)


def commits(seconds: float) -> float:
    """Commit one small row durably, again and again (SQLite as the servers use it; it has one writer)."""
    with tempfile.TemporaryDirectory() as folder:
        _, writer = open_engines(f"sqlite:///{folder}/bench.db")
        table = Table("rows", MetaData(), Column("id", Integer, primary_key=True), Column("data", LargeBinary))
        table.metadata.create_all(writer)
        statement = insert(table)

        def commit() -> None:
            with writer.begin() as connection:
                connection.execute(statement, {"data": b"x" * 200})

        done = rate(commit, seconds)
        writer.dispose()
        return done


def signatures(seconds: float, data: str, credential_id: str, key_algorithm: str) -> float:
    """Sign with a key of a stack's own token in two threads of this process, while the stack has nothing to do."""
    config = read_config({"NATSUIN_DATA": data})
    point_softhsm_at(config.data)
    token = Token(Module(config.module), config.token_label, lambda: config.pin_file.read_text().strip(), sessions=2)
    scheme = Scheme(SCHEMES[key_algorithm.partition("-")[0]], HASHES[SHA256])
    digest = secrets.token_bytes(32)
    done = in_two_threads(lambda: token.sign(credential_id.encode(), scheme, digest), seconds)
    token.close()
    return done


async def requests(origin: str, seconds: float, at_once: int) -> float:
    """Ask the running server for the least that it answers with JSON, `at_once` at a time; client included."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        client = Client(http, f"{origin}/csc/v2/")
        return await per_second(repeat(partial(client.expect, 200, "info", {})), at_once, seconds)


def in_processes(what: str, seconds: float, processes: int, *about: str) -> float:
    """Run a part in several processes at once; gives the sum of their rates."""
    command = [sys.executable, "-m", "bench.parts", what, str(seconds), *about]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(processes)]
    return sum(float(json.loads(one.communicate()[0])) for one in running)


if __name__ == "__main__":
    parts: dict[str, Callable[..., float]] = {"verify": verifications, "commit": commits, "sign": signatures}
    print(json.dumps(parts[sys.argv[1]](float(sys.argv[2]), *sys.argv[3:])))
