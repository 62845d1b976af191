"""Printed recovery codes: each opens one thing, once, that one more device is added after a waiting time."""

from msgspec import Struct

from app.domain.parties import Passkey


class Recovery(Struct, frozen=True, kw_only=True):
    """
    A recovery code, known by its hash (hex), and what was begun with it; `id` is that of the RecoverTransaction.

    `state` is unused, sent (the SAM has it, or may), waiting, stopping (the SAM does not know yet), stopped, lapsed (nobody came) or done.
    `transaction` are the bytes that the new passkey answered, `registration` is its answer. Times in unix seconds.
    """

    code_sha256: str
    user_id: str
    enrollment_id: str
    created: int
    state: str = "unused"
    id: str | None = None
    transaction: bytes | None = None
    registration: bytes | None = None
    passkey_id: bytes | None = None
    public_key: bytes | None = None
    sign_count: int = 0
    backup_eligible: bool = False
    name: str = ""
    begun_at: int = 0
    ready_at: int = 0
    stopped_by: str | None = None

    def passkey(self, now: int, sign_count: int) -> Passkey:
        """Give the device's passkey as it is once it may approve."""
        assert self.passkey_id is not None
        assert self.public_key is not None
        return Passkey(
            passkey_id=self.passkey_id,
            user_id=self.user_id,
            enrollment_id=self.enrollment_id,
            public_key=self.public_key,
            sign_count=sign_count,
            backup_eligible=self.backup_eligible,
            name=self.name,
            created=now,
            last_used=0,
        )
