"""A signer and an application at a SAM that runs as a process of its own, and what such a SAM's records say from outside."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any, cast

import msgspec

from hsm.messages import ApproveRequest, CertifyReply, CertifyRequest, CollectReply, CollectRequest, EnrollReply, SignTransaction
from hsm.sam import Sam
from tests.harness.process import Answer, SamProcess
from tests.harness.sam import TestCa, TestClock, TestSigner

LIFE_S = 3_600


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


def collect(process: SamProcess, transaction: SignTransaction) -> str:
    request = CollectRequest(transaction.id, transaction.application_id)
    return process.call("collect", request).read(CollectReply).sad


def journal(process: SamProcess, subject: str | None = None) -> list[dict[str, Any]]:
    """Read the journal from the database file, all of it or what it says of one subject."""
    entries = [msgspec.json.decode(entry) for (entry,) in _rows(process, "SELECT entry FROM journal ORDER BY number")]
    return [entry for entry in entries if subject in (None, entry["subject"])]


def is_spent(process: SamProcess, authorization_id: str) -> bool:
    return any(_rows(process, "SELECT 1 FROM activations WHERE authorization_id = ?", authorization_id))


def _rows(process: SamProcess, statement: str, *values: str) -> Iterator[Any]:
    with closing(sqlite3.connect(process.database)) as connection:
        yield from connection.execute(statement, values).fetchall()
