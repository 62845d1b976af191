"""
Makes a stack old: thousands of keys on the token, and a hundred thousand past authorizations in both databases.

Run as a program on the data of a stopped stack: `python -m bench.growth keys DATA COUNT`, `python -m bench.growth past DATA COUNT`.
"""

import hashlib
import os
import secrets
import shutil
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

from hsm.__main__ import start
from hsm.config import read_config
from hsm.messages import Outcome
from hsm.records import Activation, Approval
from hsm.sam import Sam
from tests.harness.sam import new_id

AT_ONCE = 1_000


def grow_keys(data: Path, count: int) -> None:
    """Make P-256 keys until the token has `count`; in memory, for SoftHSM2 waits for the disk at each."""
    tokens = data / "sam" / "tokens"
    with tempfile.TemporaryDirectory(dir="/dev/shm") as memory:
        shutil.copytree(tokens, Path(memory) / "tokens")
        sam = open_sam(data, Path(memory) / "tokens")
        # A new id has nothing to be destroyed first, and looking for it takes time linear in the number of keys.
        sam.token.destroy = lambda key_id: None  # type: ignore[method-assign]
        for _ in range(count - len(sam.token.signing_keys)):
            sam.token.generate_signing_key(new_id().encode(), "p-256")
        sam.store.close()
        sam.token.close()
        shutil.rmtree(tokens)
        shutil.copytree(Path(memory) / "tokens", tokens)


def grow_past(data: Path, count: int) -> None:
    """Add `count` signed authorizations, with their journal entries, to the SAM's records and to the server's."""
    with sqlite3.connect(data / "app" / "natsuin.db") as database:
        columns = [row[1] for row in database.execute("PRAGMA table_info(authorizations)")]
        example = dict(
            zip(columns, database.execute("SELECT * FROM authorizations WHERE state = 'signed' LIMIT 1").fetchone(), strict=True)
        )
        marks = ", ".join("?" * len(columns))
        rows = (tuple((example | {"id": new_id()}).values()) for _ in range(count))
        database.executemany(f"INSERT INTO authorizations VALUES ({marks})", rows)  # our own column count
    sam = open_sam(data)
    for _ in range(0, count, AT_ONCE):
        with sam.store.change(time.time()) as change:
            for _ in range(AT_ONCE):
                authorization_id = new_id()
                change.decide(Approval(authorization_id, Outcome.APPROVED.value, None, example["transaction"], 0, 0, "passkey"))
                spent = change.spend(
                    Activation(authorization_id, hashlib.sha256(secrets.token_bytes(8)).digest(), None, Outcome.INTENDED.value)
                )
                change.settle(spent, Outcome.SIGNED, answer=b"[]")
    sam.store.close()
    sam.token.close()


def open_sam(data: Path, tokens: Path | None = None) -> Sam:
    """Open the SAM of a stopped stack in this process; with `tokens`, its token is read from there."""
    settings = data / "sam" / "softhsm2.conf"
    before = settings.read_text()
    sam_config = read_config({**os.environ, "NATSUIN_DATA": str(data)})
    if tokens is None:
        return start(sam_config)
    moved = Path(tokens).parent / "softhsm2.conf"
    moved.write_text(before.replace(str(data / "sam" / "tokens"), str(tokens)))
    os.environ["SOFTHSM2_CONF"] = str(moved)
    named = {
        "NATSUIN_DATA": str(data),
        "NATSUIN_HSM_MODULE": str(sam_config.module),
        "NATSUIN_HSM_TOKEN": sam_config.token_label,
        "NATSUIN_HSM_PIN_FILE": str(sam_config.pin_file),
        "NATSUIN_HSM_SESSIONS": "1",
    }
    return start(read_config({**os.environ, **named}))


if __name__ == "__main__":
    {"keys": grow_keys, "past": grow_past}[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
