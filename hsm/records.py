"""
The SAM's sealed rows: passkeys, credentials, tokens, PINs, approvals and activations, as tables and as types.

It decides nothing and opens no transaction; `store` does that.
"""

from msgspec import Struct
from sqlalchemy import BigInteger, Column, Connection, Integer, LargeBinary, MetaData, String, Table, bindparam, select

from hsm.keyring import Mac
from hsm.messages import Factor, Factors, KeyAlgorithm, PasskeyRecord
from hsm.otp import Algorithm, Digits, Kind, OtpToken, Period
from hsm.sealed import Sealed

metadata = MetaData()

passkeys = Table(
    "passkeys",
    metadata,
    Column("passkey_id", LargeBinary(1023), primary_key=True),
    Column("enrollment_id", String(22), nullable=False),  # whose keys it may approve for
    Column("signer", String(64), nullable=False),
    Column("user_handle", LargeBinary(64), nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("backup_eligible", Integer, nullable=False),
    Column("state", String(10), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("seal", LargeBinary(32), nullable=False),
)
credentials = Table(
    "credentials",
    metadata,
    Column("credential_id", String(22), primary_key=True),
    Column("enrollment_id", String(22), nullable=False),
    Column("signer", String(64), nullable=False),
    Column("key_algorithm", String(10), nullable=False),
    Column("enrollment_sha256", LargeBinary(32), nullable=False, unique=True),  # of the transaction and the registration that began it
    Column("factors", String(20), nullable=False),
    Column("state", String(10), nullable=False),
    Column("public_key", LargeBinary),  # SubjectPublicKeyInfo
    Column("csr", LargeBinary),
    Column("certificate", LargeBinary),
    Column("issuer_certificate", LargeBinary),
    Column("frozen_until", BigInteger, nullable=False),
    Column("certify_by", BigInteger, nullable=False),  # without a certificate it is forgotten then
    Column("renews", String(22)),
    Column("renewed_by", String(22)),
    Column("replaced_by", String(22)),
    Column("version", BigInteger, nullable=False),
    Column("seal", LargeBinary(32), nullable=False),
)
tokens = Table(
    "tokens",
    metadata,
    Column("token_id", String(22), primary_key=True),
    Column("enrollment_id", String(22), index=True),  # NULL until somebody has it
    Column("serial", String(64), nullable=False),
    Column("kind", String(4), nullable=False),
    Column("algorithm", String(6), nullable=False),
    Column("digits", Integer, nullable=False),
    Column("period_s", Integer, nullable=False),
    Column("suite", String(40)),
    Column("seed", LargeBinary, nullable=False),  # concealed; empty once the token was removed
    Column("drift", Integer, nullable=False),
    Column("last", BigInteger),
    Column("usable_from", BigInteger),
    Column("usable_until", BigInteger),
    Column("state", String(10), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("seal", LargeBinary(32), nullable=False),
)
pins = Table(
    "pins",
    metadata,
    Column("enrollment_id", String(22), primary_key=True),
    Column("verifier", LargeBinary),  # concealed; NULL until there is a PIN
    Column("wrong", String(300), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("seal", LargeBinary(32), nullable=False),
)
approvals = Table(
    "approvals",
    metadata,
    Column("authorization_id", String(22), primary_key=True),
    Column("outcome", String(10), nullable=False),
    Column("reason", String(20)),
    Column("transaction", LargeBinary, nullable=False),
    Column("decided_at", BigInteger, nullable=False),
    Column("usable_until", BigInteger, nullable=False),
    Column("factor", String(10)),  # what was approved with
    Column("seal", LargeBinary(32), nullable=False),
)
activations = Table(
    "activations",
    metadata,
    Column("authorization_id", String(22), primary_key=True),
    Column("request_sha256", LargeBinary(32), nullable=False),
    Column("idempotency_sha256", LargeBinary(32)),
    Column("state", String(10), nullable=False, index=True),
    Column("signatures", LargeBinary),
    Column("seal", LargeBinary(32), nullable=False),
)


class Passkey(Struct, frozen=True):
    """A passkey of one enrolment, whose keys it may approve for while its `state` is active; or removed."""

    passkey_id: bytes
    enrollment_id: str
    signer: str
    user_handle: bytes
    public_key: bytes
    sign_count: int
    backup_eligible: int
    state: str = "active"
    version: int = 1
    seal: bytes = b""

    def record(self) -> PasskeyRecord:
        return PasskeyRecord(self.passkey_id, self.public_key, self.sign_count, bool(self.backup_eligible))


class Credential(Struct, frozen=True):
    """
    A signer's key; `state` is making, made (no certificate yet), enabled or destroyed.

    It signs nothing before `frozen_until` (unix seconds). `factors` is what may approve for it. Where there is no certificate at
    `certify_by`, it is forgotten. A renewal makes a key that `renews` another, which is then `renewed_by` it. It is destroyed when the
    enrolment `replaced_by` comes to its end.
    """

    credential_id: str
    enrollment_id: str
    signer: str
    key_algorithm: KeyAlgorithm
    enrollment_sha256: bytes
    factors: Factors
    state: str
    public_key: bytes | None = None
    csr: bytes | None = None
    certificate: bytes | None = None
    issuer_certificate: bytes | None = None
    frozen_until: int = 0
    certify_by: int = 0
    renews: str | None = None
    renewed_by: str | None = None
    replaced_by: str | None = None
    version: int = 1
    seal: bytes = b""

    @property
    def key_id(self) -> bytes:
        """The CKA_ID of its key: the credential id itself, for no two may ever name one key."""
        return self.credential_id.encode()


class TokenRecord(Struct, frozen=True):
    """
    A one-time-password token; `state` is free (nobody's yet), offered (made for somebody's app, not confirmed), active or removed.

    `seed` is concealed. It may not be used before or after the two times (unix seconds).
    """

    token_id: str
    serial: str
    kind: str
    algorithm: Algorithm
    digits: Digits
    period_s: Period
    suite: str | None
    seed: bytes
    state: str
    enrollment_id: str | None = None
    drift: int = 0
    last: int | None = None
    usable_from: int | None = None
    usable_until: int | None = None
    version: int = 1
    seal: bytes = b""

    def stand(self) -> OtpToken:
        """Give what makes its codes, and where it stands, for `otp` and `ocra`."""
        return OtpToken(Kind(self.kind), self.algorithm, self.digits, self.period_s, self.drift, self.last, self.suite)


class PinRecord(Struct, frozen=True):
    """
    What is kept of an enrolment's PIN, from the enrolment on, so that no other enrolment ever has the same name.

    `verifier` is concealed; None where no PIN was set. `wrong` counts the wrong tries (`tries`).
    """

    enrollment_id: str
    verifier: bytes | None = None
    wrong: str = ""
    version: int = 1
    seal: bytes = b""


class Approval(Struct, frozen=True):
    """
    What the signer decided about one transaction: `outcome` is approved, refused, amended or signed_in. Never changed once it is there.

    `factor` is what was approved with.
    """

    authorization_id: str
    outcome: str
    reason: str | None
    transaction: bytes
    decided_at: int
    usable_until: int
    factor: Factor | None = None
    seal: bytes = b""


class Activation(Struct, frozen=True):
    """The use of an approval; that the row exists means that the approval is spent. `state` is intended, signed or unknown."""

    authorization_id: str
    request_sha256: bytes
    idempotency_sha256: bytes | None
    state: str
    signatures: bytes | None = None
    seal: bytes = b""


PASSKEYS = Sealed(passkeys, Passkey)
CREDENTIALS = Sealed(credentials, Credential)
TOKENS = Sealed(tokens, TokenRecord)
PINS = Sealed(pins, PinRecord)
APPROVALS = Sealed(approvals, Approval)
ACTIVATIONS = Sealed(activations, Activation)

_BOTH = (
    select(approvals, activations)
    .outerjoin_from(approvals, activations, approvals.c.authorization_id == activations.c.authorization_id)
    .where(approvals.c.authorization_id == bindparam("key"))
)


def approval_and_activation(connection: Connection, mac: Mac, authorization_id: str) -> tuple[Approval | None, Activation | None]:
    """Give what was decided about an authorization, and its use, in one question; raises SealBroken."""
    row = connection.execute(_BOTH, {"key": authorization_id}).one_or_none()
    if row is None:
        return None, None
    width = len(APPROVALS.names)
    used = row[width] is not None
    return APPROVALS.read(mac, row[:width]), ACTIVATIONS.read(mac, row[width:]) if used else None
