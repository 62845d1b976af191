"""A signer and an application at a SAM that runs as a process of its own, and what such a SAM's records say from outside."""

import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import msgspec

from hsm.journal import grow, leaf_hash
from hsm.messages import (
    ApproveRequest,
    CertifyReply,
    CertifyRequest,
    CollectReply,
    CollectRequest,
    EnrollReply,
    Outcome,
    SignTransaction,
    StatusReply,
    StatusRequest,
)
from hsm.sam import Sam
from tests.harness.process import Answer, SamProcess
from tests.harness.sam import TestCa, TestClock, TestSigner

LIFE_S = 3_600


@dataclass
class Template:
    """A stopped SAM with one enrolled signer, to be copied by each test that will harm it."""

    process: SamProcess
    signer: TestSigner

    def copy(self, folder: Path) -> SamProcess:
        return self.process.copy(folder)


def make_template(folder: Path) -> Template:
    """Make a token and a SAM on it, enrol a signer, and stop the SAM."""
    process = SamProcess(folder).make_token()
    with process.running():
        return Template(process, enrolled(process))


def enrolled(process: SamProcess) -> TestSigner:
    """Enrol a signer with a P-256 key at a running SAM."""
    signer = TestSigner(cast(Sam, None), TestClock(time.time()))
    csr = process.call("enroll", signer.enrollment()).read(EnrollReply).csr
    signer.certificate = TestCa(time.time()).certificate(csr)
    process.call("certify", CertifyRequest(signer.credential_id, (signer.certificate,))).read(CertifyReply)
    return signer


def asked(signer: TestSigner, *digests: bytes) -> SignTransaction:
    """Compose a transaction that waits long enough for any test."""
    return signer.transaction(*digests, expires=int(signer.clock.now) + LIFE_S)


def approve(process: SamProcess, signer: TestSigner, transaction: SignTransaction) -> Answer:
    raw = transaction.encode()
    return process.call("approve", ApproveRequest(raw, signer.assertion(raw)))


def status(process: SamProcess, transaction: SignTransaction) -> Outcome:
    return process.call("status", StatusRequest(transaction.id)).read(StatusReply).outcome


def collect(process: SamProcess, transaction: SignTransaction) -> str:
    request = CollectRequest(transaction.id, transaction.application_id)
    return process.call("collect", request).read(CollectReply).sad


def journal(process: SamProcess, subject: str = "") -> list[dict[str, Any]]:
    """Read the journal from the database file, all of it or what it says of one subject."""
    entries = _rows(process, "SELECT entry FROM journal WHERE instr(entry, ?) ORDER BY number", f'"subject":"{subject}'.encode())
    return [msgspec.json.decode(entry) for (entry,) in entries]


def journal_holds(process: SamProcess) -> bool:
    """Tell whether the entries are those that the head was computed over; its seal is the SAM's to check, at its next start."""
    size, frontier = 0, b""
    for size, (entry,) in enumerate(_rows(process, "SELECT entry FROM journal ORDER BY number"), start=1):
        frontier = grow(frontier, size - 1, leaf_hash(entry))
    return _rows(process, "SELECT size, frontier FROM journal_head") == [(size, frontier)]


def is_spent(process: SamProcess, authorization_id: str) -> bool:
    return bool(_rows(process, "SELECT 1 FROM activations WHERE authorization_id = ?", authorization_id))


def _rows(process: SamProcess, statement: str, *values: str | bytes) -> list[Any]:
    with closing(sqlite3.connect(process.database)) as connection:
        return connection.execute(statement, values).fetchall()
