"""
The sealed rows of recovery: an enrolment's printed codes that are still good, and what was begun with those that are not.

It decides nothing; `recovery` does. No code is here, only their hashes.
"""

from msgspec import Struct
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Table

from hsm.messages import PasskeyRecord
from hsm.records import Passkey, metadata
from hsm.sealed import Sealed

recovery_sets = Table(
    "recovery_sets",
    metadata,
    Column("enrollment_id", String(22), primary_key=True),
    Column("signer", String(64), nullable=False),
    Column("user_handle", LargeBinary(64), nullable=False),
    Column("codes", LargeBinary, nullable=False),
    Column("tried_from", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("seal", LargeBinary(32), nullable=False),
)
recoveries = Table(
    "recoveries",
    metadata,
    Column("recovery_id", String(22), primary_key=True),
    Column("enrollment_id", String(22), nullable=False),
    Column("signer", String(64), nullable=False),
    Column("request_sha256", LargeBinary(32), nullable=False),
    Column("user_handle", LargeBinary(64), nullable=False),
    Column("passkey_id", LargeBinary(1023), nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("backup_eligible", Integer, nullable=False),
    Column("state", String(10), nullable=False, index=True),
    Column("begun_at", BigInteger, nullable=False),
    Column("ready_at", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("seal", LargeBinary(32), nullable=False),
)


class RecoverySet(Struct, frozen=True):
    """
    The hashes (32 bytes each) of an enrolment's codes that were not used, one after the other in `codes`.

    `user_handle` is that of the enrolment's passkeys. `tries` counts those since `tried_from` (unix seconds) and since the last right one.
    """

    enrollment_id: str
    signer: str
    user_handle: bytes
    codes: bytes
    tried_from: int = 0
    tries: int = 0
    version: int = 1
    seal: bytes = b""

    def hashes(self) -> list[bytes]:
        return [self.codes[start : start + 32] for start in range(0, len(self.codes), 32)]


class Recovery(Struct, frozen=True):
    """
    A passkey that was made with a recovery code, and is no passkey of the enrolment before its time; `state` is waiting, stopped or active.

    Known by the id of the RecoverTransaction. Times in unix seconds.
    """

    recovery_id: str
    enrollment_id: str
    signer: str
    request_sha256: bytes
    user_handle: bytes
    passkey_id: bytes
    public_key: bytes
    sign_count: int
    backup_eligible: int
    begun_at: int
    ready_at: int
    state: str = "waiting"
    version: int = 1
    seal: bytes = b""

    def passkey(self) -> Passkey:
        """Give the passkey as it will be the enrolment's."""
        return Passkey(
            self.passkey_id, self.enrollment_id, self.signer, self.user_handle, self.public_key, self.sign_count, self.backup_eligible
        )

    def record(self) -> PasskeyRecord:
        return self.passkey().record()


RECOVERY_SETS = Sealed(recovery_sets, RecoverySet)
RECOVERIES = Sealed(recoveries, Recovery)
