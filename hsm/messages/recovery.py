"""
The messages about printed recovery codes: what opens one thing only, one more passkey, and that after a waiting time.

Nobody's `repr` shows a code. How codes are set is an amendment (`SetRecoveryTransaction`).
"""

import hashlib
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from hsm.messages.operations import PasskeyRecord, Registration
from hsm.messages.transactions import Transaction
from hsm.messages.types import Id, Sha256Hex

CODE_DOMAIN = b"natsuin/v1/recovery-code\x00"
RecoveryCode = Annotated[str, Meta(pattern=r"\A[0-9A-HJKMNP-TV-Z]{20}\Z")]  # 18 random letters of five bits, two check letters


def recovery_code_sha256(code: str) -> str:
    """Give the hash that a code is known by, in hex. Ninety random bits need no slow hash, and no key (docs/decisions/017)."""
    return hashlib.sha256(CODE_DOMAIN + code.encode()).hexdigest()


class RecoverTransaction(Transaction, frozen=True, tag="recover"):
    """What a passkey answers when it is made with a recovery code; it is good for that code of that enrolment, and for nothing else."""

    domain: ClassVar[bytes] = b"natsuin/v1/recover\x00"

    enrollment_id: Id
    code_sha256: Sha256Hex

    def texts(self) -> tuple[str, ...]:
        return ()


class BeginRecoveryRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Use up a recovery code: `registration` is the passkey that was made over a RecoverTransaction. It may approve nothing yet."""

    code: RecoveryCode
    registration: Registration

    def __repr__(self) -> str:
        return "<BeginRecoveryRequest>"


class RecoveryRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Ask how a recovery stands, or for its end; its id is the RecoverTransaction's."""

    recovery_id: Id


class StopRecoveryRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Let a recovery come to nothing. It grants nothing, so it needs no proof."""

    recovery_id: Id
    by: Literal["signer", "operator"]


class RecoveryReply(Struct, frozen=True):
    """
    How a recovery stands: waiting, ready, stopped, lapsed (nobody came for it) or active; `ready_at` in unix seconds.

    `passkey` may approve once the state is active.
    """

    recovery_id: Id
    enrollment_id: Id
    signer: str
    state: str
    ready_at: int
    passkey: PasskeyRecord


class ListRecoveriesRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Ask for those that are neither stopped nor lapsed nor through."""


class ListRecoveriesReply(Struct, frozen=True):
    """At most 1,000, the oldest first."""

    recoveries: tuple[RecoveryReply, ...]
