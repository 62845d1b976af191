"""The SAM inside the test's own process: real token, real database, a clock that can be moved, and a signer with a software passkey."""

import base64
import copy
import datetime
import functools
import hashlib
import os
import secrets
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from demo.passkey import FLAWLESS, Defects, Passkey, cose_key
from hsm.activation import activate, collect
from hsm.amendment import amend
from hsm.approval import approve
from hsm.assertion import RelyingParty
from hsm.config import SOFTHSM_MODULES
from hsm.cryptoki import Module, Token
from hsm.database import migrate
from hsm.embedded import point_softhsm_at
from hsm.enrollment import certify, enroll
from hsm.keyring import Keyring
from hsm.messages import (
    ActivateReply,
    ActivateRequest,
    AddPasskeyTransaction,
    Amendment,
    AmendReply,
    AmendRequest,
    ApproveReply,
    ApproveRequest,
    CertifyRequest,
    CollectReply,
    CollectRequest,
    DestroyTransaction,
    Document,
    EnrollReply,
    EnrollRequest,
    EnrollTransaction,
    Factors,
    KeyAlgorithm,
    NewPasskeyTransaction,
    Registration,
    RemovePasskeyTransaction,
    RenewalRequest,
    RenewTransaction,
    SignTransaction,
    Transaction,
    UnfreezeTransaction,
    challenge,
)
from hsm.policy import Scheme
from hsm.renewal import renewal
from hsm.revocation import Requirement, StatusPolicy
from hsm.sam import Sam
from hsm.store import Store

ORIGIN = "https://sign.example.jp"
RP_ID = "sign.example.jp"
NOW = 1_800_000_000.0
SHA256 = "2.16.840.1.101.3.4.2.1"
ECDSA_SHA256 = "1.2.840.10045.4.3.2"
PIN = "123456789"
NO_STATUS = StatusPolicy(Requirement.OFF, 300)


class TestClock:
    """A clock that stands still until it is moved."""

    __test__ = False

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def new_id() -> str:
    return b64(secrets.token_bytes(16))


def softhsm() -> Path:
    return next(path for path in SOFTHSM_MODULES if path.is_file())


def make_test_token(folder: Path, sessions: int = 4, module: Path | None = None) -> Token:
    """Make a token in `folder`, and open it; SoftHSM2 reads its settings once a process, so one folder a process."""
    point_softhsm_at(folder)
    loaded = Module(module or softhsm())
    if not loaded.has_token("test"):
        loaded.make_token("test", "so-pin-for-tests", PIN)
    return Token(loaded, "test", lambda: PIN, sessions)


def make_sam(
    token: Token,
    folder: Path,
    clock: TestClock,
    sad_life_s: int = 120,
    status_policy: StatusPolicy = NO_STATUS,
    factors: Factors = "passkey",
) -> Sam:
    """Put a SAM with an empty database in `folder` on a token."""
    os.umask(0o077)
    file = folder / "sam.db"
    file.write_bytes(_empty_database())
    url = f"sqlite:///{file}"
    keyring = Keyring(token, records_exist=False)
    return Sam(token, keyring, Store(url, keyring.seal_mac), RelyingParty(RP_ID, ORIGIN), clock, sad_life_s, status_policy, factors)


@functools.cache
def _empty_database() -> bytes:
    """Migrate once: it takes longer than most tests."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sam.db"
        migrate(f"sqlite:///{file}")
        return file.read_bytes()


def signing_with(sam: Sam, sign: Callable[[bytes, Scheme, bytes], bytes]) -> Sam:
    """Give the same SAM with another way to make signatures; keys, records and what is in flight are the same."""
    token = copy.copy(sam.token)
    token.__dict__["sign"] = sign
    return replace(sam, token=token)


class TestCa:
    """Issues certificates for what a SAM asks."""

    __test__ = False

    def __init__(self, now: float = NOW) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._now = datetime.datetime.fromtimestamp(now, datetime.UTC)

    def certificate(self, csr: bytes, days: int = 365) -> bytes:
        request = x509.load_der_x509_csr(csr)
        assert request.is_signature_valid
        return (
            x509.CertificateBuilder(
                x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test CA")]), request.subject, request.public_key()
            )
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._now - datetime.timedelta(days=1))
            .not_valid_after(self._now + datetime.timedelta(days=days))
            .sign(self._key, hashes.SHA256())
            .public_bytes(Encoding.DER)
        )


@dataclass
class TestSigner:
    """A signer at one SAM: passkey, key, certificate; makes transactions and answers them."""

    __test__ = False

    sam: Sam
    clock: TestClock
    name: str = "山田 太郎"
    key_algorithm: KeyAlgorithm = "p-256"
    user_id: str = field(default_factory=lambda: "signer-" + secrets.token_hex(4))
    credential_id: str = field(default_factory=new_id)
    enrollment_id: str = field(default_factory=new_id)
    passkey: Passkey = field(default_factory=Passkey)
    user_handle: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    certificate: bytes = b""

    def enroll(self, ca: TestCa | None = None) -> "TestSigner":
        """Go the whole way of enrolment."""
        reply = self.begin()
        return self.certify((ca or TestCa(self.clock.now)).certificate(reply.csr))

    def certify(self, certificate: bytes) -> "TestSigner":
        """Have the certificate of the key registered."""
        self.certificate = certificate
        certify(self.sam, CertifyRequest(self.credential_id, (certificate,)))
        return self

    def begin(self, defects: Defects = FLAWLESS) -> EnrollReply:
        """Have the key made."""
        return enroll(self.sam, self.enrollment(defects))

    def enrollment(self, defects: Defects = FLAWLESS) -> EnrollRequest:
        raw = self.enroll_transaction().encode()
        options = {
            "rp": {"id": RP_ID, "name": "Natsuin"},
            "user": {"id": b64(self.user_handle), "name": self.user_id, "displayName": self.name},
            "challenge": b64(challenge(EnrollTransaction, raw)),
            "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
            "authenticatorSelection": {"residentKey": "required", "userVerification": "required"},
            "attestation": "direct",
        }
        return EnrollRequest(raw, self.passkey.create(options, ORIGIN, defects=defects))

    def enroll_transaction(self) -> EnrollTransaction:
        return EnrollTransaction(
            version=1,
            id=self.enrollment_id,
            nonce=b64(secrets.token_bytes(32)),
            signer=self.user_id,
            credential_id=self.credential_id,
            created=int(self.clock.now),
            expires=int(self.clock.now) + 600,
            signer_name=self.name,
            user_handle=self.user_handle,
            key_algorithm=self.key_algorithm,
        )

    def transaction(self, *digests: bytes, **changes: Any) -> SignTransaction:
        """Compose what an application asks; `changes` replace fields."""
        hashed = digests or (hashlib.sha256(secrets.token_bytes(8)).digest(),)
        fields: dict[str, Any] = {
            "version": 1,
            "id": new_id(),
            "nonce": b64(secrets.token_bytes(32)),
            "signer": self.user_id,
            "credential_id": self.credential_id,
            "created": int(self.clock.now),
            "expires": int(self.clock.now) + 180,
            "application_id": APPLICATION,
            "application_name": "青葉建設株式会社",
            "certificate_sha256": hashlib.sha256(self.certificate).hexdigest(),
            "hash_algorithm": SHA256,
            "documents": tuple(Document(f"契約書 {number}", digest) for number, digest in enumerate(hashed)),
            "description": "工事請負契約",
        }
        return SignTransaction(**fields | changes)

    def assertion(
        self, raw: bytes, defects: Defects = FLAWLESS, passkey: Passkey | None = None, kind: type[Transaction] = SignTransaction
    ) -> dict[str, Any]:
        """Answer a transaction with the passkey."""
        asked = passkey or self.passkey
        options = {
            "challenge": b64(challenge(kind, raw)),
            "rpId": RP_ID,
            "allowCredentials": [{"type": "public-key", "id": b64(asked.credential_id)}],
            "userVerification": "required",
        }
        return asked.get(options, ORIGIN, defects=defects)

    def approve(self, transaction: SignTransaction, defects: Defects = FLAWLESS) -> ApproveReply:
        """Approve, with a passkey that lies where `defects` says so."""
        raw = transaction.encode()
        return approve(self.sam, ApproveRequest(raw, self.assertion(raw, defects)))

    def amend(self, amendment: Amendment, passkey: Passkey | None = None, made: Registration | None = None) -> AmendReply:
        """Approve an amendment, and have it done."""
        raw = amendment.encode()
        return amend(self.sam, AmendRequest(raw, self.assertion(raw, passkey=passkey, kind=type(amendment)), made))

    def make_passkey(self, passkey: Passkey, defects: Defects = FLAWLESS, **changes: Any) -> Registration:
        """Make one more passkey, that nobody has approved yet; `changes` replace fields of what it answers."""
        raw = NewPasskeyTransaction(**self.amendment_fields() | changes).encode()
        options = {
            "rp": {"id": RP_ID, "name": "Natsuin"},
            "user": {"id": b64(self.user_handle), "name": self.user_id, "displayName": self.name},
            "challenge": b64(challenge(NewPasskeyTransaction, raw)),
            "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
            "authenticatorSelection": {"residentKey": "required", "userVerification": "required"},
            "attestation": "direct",
        }
        return Registration(raw, passkey.create(options, ORIGIN, defects=defects))

    def adding(self, passkey: Passkey, made: Registration, **changes: Any) -> AddPasskeyTransaction:
        """Compose the amendment that adds a passkey; `changes` replace fields."""
        fields = self.amendment_fields() | {
            "passkey_id": passkey.credential_id,
            "public_key": cose_key(passkey.public_key),
            "made_over_sha256": hashlib.sha256(made.transaction).hexdigest(),
            "name": "新しいスマートフォン",
        }
        return AddPasskeyTransaction(**fields | changes)

    def add(self, passkey: Passkey) -> Passkey:
        """Make and add one more passkey."""
        made = self.make_passkey(passkey)
        self.amend(self.adding(passkey, made), made=made)
        return passkey

    def removing(self, passkey: Passkey, **changes: Any) -> RemovePasskeyTransaction:
        fields = self.amendment_fields() | {"passkey_id": passkey.credential_id, "name": "古いスマートフォン"}
        return RemovePasskeyTransaction(**fields | changes)

    def unfreezing(self, **changes: Any) -> UnfreezeTransaction:
        return UnfreezeTransaction(**self.amendment_fields() | {"credential_id": self.credential_id} | changes)

    def destroying(self, **changes: Any) -> DestroyTransaction:
        return DestroyTransaction(**self.amendment_fields() | {"credential_id": self.credential_id} | changes)

    def renewing(self, **changes: Any) -> RenewTransaction:
        fields = self.amendment_fields() | {
            "credential_id": self.credential_id,
            "certificate_sha256": hashlib.sha256(self.certificate).hexdigest(),
            "new_credential_id": new_id(),
            "key_algorithm": self.key_algorithm,
        }
        return RenewTransaction(**fields | changes)

    def renew(self) -> "TestSigner":
        """Approve a renewal and have the key made; gives the signer with the new key, which has no certificate yet."""
        amendment = self.renewing()
        self.amend(amendment)
        renewal(self.sam, RenewalRequest(amendment.new_credential_id))
        return replace(self, credential_id=amendment.new_credential_id, certificate=b"")

    def request(self) -> bytes:
        """Give the certification request of the key."""
        return self.sam.store.credential(self.credential_id).csr or b""

    def amendment_fields(self) -> dict[str, Any]:
        """Give what every amendment carries."""
        return {
            "version": 1,
            "id": new_id(),
            "nonce": b64(secrets.token_bytes(32)),
            "signer": self.user_id,
            "created": int(self.clock.now),
            "expires": int(self.clock.now) + 600,
            "enrollment_id": self.enrollment_id,
        }

    def collect(self, transaction: SignTransaction) -> CollectReply:
        return collect(self.sam, CollectRequest(transaction.id, transaction.application_id))

    def activation(self, transaction: SignTransaction, sad: str, **changes: Any) -> ActivateRequest:
        """Ask for the signatures of a transaction; `changes` replace fields."""
        fields: dict[str, Any] = {
            "sad": sad,
            "application_id": transaction.application_id,
            "credential_id": transaction.credential_id,
            "hashes": tuple(document.hash for document in transaction.documents),
            "sign_algorithm": ECDSA_SHA256 if self.key_algorithm.startswith("p-") else "1.2.840.113549.1.1.11",
        }
        return ActivateRequest(**fields | changes)

    def sign(self, transaction: SignTransaction, **changes: Any) -> ActivateReply:
        """Go the whole way of one signature."""
        self.approve(transaction)
        return activate(self.sam, self.activation(transaction, self.collect(transaction).sad, **changes))


APPLICATION = new_id()
