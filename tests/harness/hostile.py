"""
A world in which a hostile `app/` holds everything but the passkeys: signers, transactions in every state, evidence, SADs, the SAM's door.

The ledger knows what signers approved; it watches every signature that leaves the token, and compares.
"""

import hashlib
import itertools
import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import load_der_public_key
from starlette.testclient import TestClient

from demo.passkey import Passkey
from hsm.activation import activate, collect
from hsm.approval import refuse
from hsm.assertion import RelyingParty
from hsm.cryptoki import Token
from hsm.enrollment import certify, enroll
from hsm.errors import SamError
from hsm.factors import approve
from hsm.journal import Event
from hsm.keyring import Keyring
from hsm.messages import (
    ActivateRequest,
    ApproveRequest,
    CertifyRequest,
    CollectReply,
    CollectRequest,
    RefuseRequest,
    SignTransaction,
    StopRecoveryRequest,
)
from hsm.policy import Scheme
from hsm.recovery import begin_recovery, stop_recovery
from hsm.sam import Sam
from hsm.server import create_server
from hsm.store import Store
from tests.harness.otp import offered
from tests.harness.process import Answer
from tests.harness.recovery import set_codes, with_code
from tests.harness.sam import NO_STATUS, ORIGIN, RP_ID, TestCa, TestClock, TestSigner

DAY_S = 86_400
SAD_LIFE_S = 120
RECOVERY_WAIT_S = 240


class Ledger:
    """What was approved, and what the token signed."""

    def __init__(self) -> None:
        self._keys: dict[str, ec.EllipticCurvePublicKey] = {}
        self._approved: Counter[tuple[str, bytes]] = Counter()
        self._made: list[tuple[str, bytes, bytes]] = []
        self._seen: set[bytes] = set()

    def watch(self, signer: TestSigner) -> None:
        """Follow the signatures of a signer's key from now on, after it has signed its certification request."""
        key = load_der_public_key(signer.sam.store.credential(signer.credential_id).public_key or b"")
        assert isinstance(key, ec.EllipticCurvePublicKey)
        self._keys[signer.credential_id] = key

    def approved(self, transaction: SignTransaction) -> None:
        for document in transaction.documents:
            self._approved[transaction.credential_id, document.hash] += 1

    def know(self, *digests: bytes) -> None:
        """Add digests that nobody approved, to be tried on every signature."""
        self._seen.update(digests)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Follow what leaves the token."""
        original = Token.sign

        def sign(token: Token, key_id: bytes, scheme: Scheme, digest: bytes) -> bytes:
            signature = original(token, key_id, scheme, digest)
            self._made += [(credential, digest, signature) for credential, key in self._keys.items() if _verifies(key, signature, digest)]
            return signature

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(Token, "sign", sign)
            yield

    @contextmanager
    def branch(self) -> Iterator[None]:
        """Follow what happens to one copy of the world, and forget it again."""
        made = list(self._made)
        try:
            with self.watching():
                yield
        finally:
            self._made = made

    def require_approved(self, *, once: bool = True) -> None:
        """Make sure that each signature is one that its signer approved, and that each approved one was made at most once."""
        made = Counter((credential_id, digest) for credential_id, digest, _ in self._made)
        beyond = made - self._approved if once else set(made) - set(self._approved)
        assert not beyond, f"signed beyond what was approved: {beyond}"

    def require_no_other(self) -> None:
        """Make sure that no signature in existence is good for a digest that was not approved."""
        digests = self._seen | {digest for _, digest, _ in self._made} | {digest for _, digest in self._approved}
        for (_, _, signature), (credential_id, key), digest in itertools.product(self._made, self._keys.items(), digests):
            if _verifies(key, signature, digest):
                assert (credential_id, digest) in self._approved, f"a valid signature over {digest.hex()}, which nobody approved"


def _verifies(key: ec.EllipticCurvePublicKey, signature: bytes, digest: bytes) -> bool:
    try:
        key.verify(signature, digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
    except (InvalidSignature, ValueError):
        return False
    return True


class Door:
    """The SAM's door, in this process."""

    def __init__(self, sam: Sam) -> None:
        self._http = TestClient(create_server(sam, 2), raise_server_exceptions=False, follow_redirects=False)

    def call(self, operation: str, message: msgspec.Struct | bytes) -> Answer:
        body = message if isinstance(message, bytes) else msgspec.json.encode(message)
        reply = self._http.post(f"/v1/{operation}", content=body)
        return Answer(reply.status_code, reply.content)

    def collect(self, asked: "Asked") -> str:
        request = CollectRequest(asked.transaction.id, asked.transaction.application_id)
        return self.call("collect", request).read(CollectReply).sad


@dataclass
class Asked:
    """One transaction, with the signer's evidence and the SAD where the hostile side has them."""

    signer: TestSigner
    transaction: SignTransaction
    evidence: dict[str, Any] = field(default_factory=dict)
    sad: str = ""

    @property
    def raw(self) -> bytes:
        return self.transaction.encode()

    @property
    def approval(self) -> ApproveRequest:
        return ApproveRequest(self.raw, self.evidence)

    def activation(self, **changes: Any) -> ActivateRequest:
        return self.signer.activation(self.transaction, **({"sad": self.sad} | changes))


def open_sam(token: Token, database: Path, clock: TestClock) -> Sam:
    """Start a SAM on records that are there, as `python -m hsm` does; raises what would stop the start."""
    url = f"sqlite:///{database}"
    keyring = Keyring(token, records_exist=True)
    sam = Sam(token, keyring, Store(url, keyring.seal_mac), RelyingParty(RP_ID, ORIGIN), clock, SAD_LIFE_S, NO_STATUS, "passkey_or_otp")
    try:
        sam.store.verify_journal(clock.now)
        with sam.store.change(clock.now) as change:
            change.settle_abandoned("")
            change.journal(Event.STARTED, "sam", keys=len(token.signing_keys))
    except SamError:
        sam.store.close()
        raise
    return sam


class World:
    """
    Alice, Bob and Mallory at one SAM. Mallory is the hostile side's own signer, properly enrolled.

    Of Alice's transactions one is `signed`, one `lapsed`, one `ready` (approved, its SAD collected), one `refused` after her evidence was
    intercepted, one `late` (evidence, time over), one `held` (evidence, never sent), one `pending` (she has not seen it). `bobs` is ready.

    Each has a one-time-password token, all with one PIN, which the hostile side knows. `coded` was approved with the code `used`; of the
    tokens `gone` (removed) and `offer` (never confirmed), both Alice's, the hostile side knows the seed.

    Alice's printed recovery codes `used_code` and `old_code` (replaced) are known to it, and all of Mallory's. With the first it made
    `evil`, which is `stopped`, and whose time would be over by now; with another, `evil_too`, which is `waiting`.
    """

    def __init__(self, sam: Sam, clock: TestClock, ledger: Ledger) -> None:
        sam = replace(sam, factors="passkey_or_otp", recovery_wait_s=RECOVERY_WAIT_S)
        self.sam, self.clock, self.ledger = sam, clock, ledger
        ca = TestCa(clock.now)
        self.alice, self.bob, self.mallory = (TestSigner(sam, clock) for _ in range(3))
        self.alice_enrollment = self.alice.enrollment()
        self.alice.certificate = ca.certificate(enroll(sam, self.alice_enrollment).csr)
        certify(sam, CertifyRequest(self.alice.credential_id, (self.alice.certificate,)))
        self.bob.enroll(ca)
        self.mallory.enroll(ca)
        for signer in (self.alice, self.bob, self.mallory):
            ledger.watch(signer)
        self.alices_token, self.bobs_token, self.mallorys_token, self.gone = (
            offered(signer).set() for signer in (self.alice, self.bob, self.mallory, self.alice)
        )
        self.gone.amend(self.gone.removing())
        self.offer = offered(self.alice)
        (self.old_code,), (self.used_code, self.lost_code, _) = set_codes(self.alice, 1), set_codes(self.alice, 3)
        self.mallorys_codes = set_codes(self.mallory, 1)
        self.evil, self.evil_too = Passkey(), Passkey()
        self.stopped = begin_recovery(sam, with_code(self.alice, self.used_code, self.evil))
        stop_recovery(sam, StopRecoveryRequest(self.stopped.recovery_id, "signer"))
        self.lapsed = self.ready_for(self.alice)
        self.late = self.asked_of(self.alice)
        clock.now += 300
        self.signed = self.ready_for(self.alice)
        activate(sam, self.signed.activation(idempotency_key="first"))
        self.bobs = self.ready_for(self.bob)
        self.mallorys = self.ready_for(self.mallory)
        self.ready = self.ready_for(self.alice)
        # Evidence that the SAM has not seen yet: each has a higher counter than all that it has seen.
        self.refused, self.held = (self.approved_by(self.alice) for _ in range(2))
        self.late.evidence = self.alice.assertion(self.late.raw)
        ledger.approved(self.late.transaction)
        refuse(sam, RefuseRequest(self.refused.raw, "declined"))
        self.coded = self.asked_of(self.alice)
        self.used = self.alices_token.otp(self.coded.raw)
        ledger.approved(self.coded.transaction)
        approve(sam, ApproveRequest(self.coded.raw, otp=self.used))
        self.waiting = begin_recovery(sam, with_code(self.alice, self.lost_code, self.evil_too))
        self.pending = self.asked_of(self.alice)
        self.bobs_pending = self.asked_of(self.bob)

    @property
    def all(self) -> tuple[Asked, ...]:
        return (
            self.lapsed,
            self.late,
            self.signed,
            self.bobs,
            self.mallorys,
            self.ready,
            self.refused,
            self.held,
            self.pending,
            self.bobs_pending,
        )

    def asked_of(self, signer: TestSigner, documents: int = 2) -> Asked:
        """Compose a transaction that its signer has not seen."""
        digests = [hashlib.sha256(secrets.token_bytes(8)).digest() for _ in range(documents)]
        self.ledger.know(*digests)
        return Asked(signer, signer.transaction(*digests))

    def approved_by(self, signer: TestSigner) -> Asked:
        """Have a signer approve; the evidence stays in hostile hands."""
        asked = self.asked_of(signer)
        asked.evidence = signer.assertion(asked.raw)
        self.ledger.approved(asked.transaction)
        return asked

    def ready_for(self, signer: TestSigner) -> Asked:
        """Have a signer approve, tell the SAM, and collect the SAD."""
        asked = self.approved_by(signer)
        approve(self.sam, asked.approval)
        asked.sad = collect(self.sam, CollectRequest(asked.transaction.id, asked.transaction.application_id)).sad
        return asked
