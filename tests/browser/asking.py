"""What the tests' application asks for, and how they look at the answer: the canonical transaction, the signature, the end."""

import base64
import hashlib
import json
import os
import sqlite3
import time
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from tests.harness.stack import Application

DESCRIPTION = "工事請負契約の締結 – construction contract"
LABELS = ("工事請負契約書_AK-2026-118.pdf", "Estimate no. 2")


@dataclass
class Request:
    """One request of an application for signatures over documents that nobody has seen."""

    application: Application
    credential_id: str
    description: str = DESCRIPTION
    labels: tuple[str, ...] = LABELS
    digests: tuple[bytes, ...] = field(init=False)
    url: str = field(init=False)
    handle: str = field(init=False)
    code: str | None = field(init=False)

    def __post_init__(self) -> None:
        self.digests = tuple(hashlib.sha256(os.urandom(8)).digest() for _ in self.labels)
        texts = {"documentLabels": list(self.labels), "description": self.description}
        asked = self.application.authorize(self.credential_id, *self.digests, **texts)
        self.url, self.handle, self.code = asked["approval_url"], asked["handle"], asked.get("verification_code")

    def wrong_code(self) -> str:
        assert self.code is not None
        return f"{(int(self.code) + 1) % 100:02}"

    def check(self) -> dict[str, Any]:
        """Say what the application is told now; one that asks too fast waits as it is told."""
        while (answer := self.application.post("credentials/authorizeCheck", {"handle": self.handle})).status_code == 429:
            time.sleep(int(answer.headers["retry-after"]))
        return dict(answer.json())

    def is_open(self) -> bool:
        """Tell whether nothing was decided yet."""
        return self.check().keys() == {"handle", "progress"}

    def signatures_verify(self) -> None:
        """Collect the SAD, have every hash signed, and verify each signature with the certificate that the service names."""
        sad = self.application.sad(self.handle)
        encoded = [base64.b64encode(digest).decode() for digest in self.digests]
        answer = self.application.sign(self.credential_id, sad, encoded)
        assert answer.status_code == 200, answer.text
        info = self.application.post("credentials/info", {"credentialID": self.credential_id}).json()
        key = x509.load_der_x509_certificate(base64.b64decode(info["cert"]["certificates"][0])).public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        for signature, digest in zip(answer.json()["signatures"], self.digests, strict=True):
            key.verify(base64.b64decode(signature), digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))

    def end_now(self) -> None:
        """Let its time be over for the server: no life that an application may ask for is short enough for a test."""
        with sqlite3.connect(self.application.stack.data / "app" / "natsuin.db", timeout=10) as database:
            changed = database.execute("UPDATE authorizations SET expires = ? WHERE id = ?", (int(time.time()), self.handle))
            assert changed.rowcount == 1
        database.close()


def transaction_in(facts: dict[str, Any]) -> tuple[bytes, dict[str, Any]]:
    """Give the canonical bytes that a phone is asked to sign, and what they say."""
    raw = decoded(facts["transaction"])
    return raw, json.loads(raw)


def decoded(base64url: str) -> bytes:
    return base64.urlsafe_b64decode(base64url + "=" * (-len(base64url) % 4))
