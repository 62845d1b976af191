"""What a signer changes of his own: devices that are being added, changes that wait for a passkey, and what has happened."""

from enum import StrEnum

from msgspec import Struct


class Addition(Struct, frozen=True, kw_only=True):
    """
    A device that is being added, known by a one-time link.

    `state` is open, made (there is a passkey, which may not approve anything yet), done or refused; `transaction` are the bytes of the
    NewPasskeyTransaction that the passkey answered, `registration` is its answer.
    """

    id: str
    link_sha256: bytes
    user_id: str
    enrollment_id: str
    state: str = "open"
    created: int
    expires: int
    transaction: bytes | None = None
    registration: bytes | None = None
    passkey_id: bytes | None = None
    public_key: bytes | None = None
    sign_count: int = 0
    backup_eligible: bool = False
    name: str = ""

    def standing(self, now: float) -> str:
        """Give the state, or `expired` where its time ran out before it was decided."""
        return "expired" if self.state in ("open", "made") and now >= self.expires else self.state


class Change(Struct, frozen=True, kw_only=True):
    """
    A change that needs a passkey: `transaction` are the bytes of the Amendment that it signs.

    `state` is open, sent (the SAM has done it, or may have) or done; `sent_with` is the passkey that approved.
    """

    id: str
    user_id: str
    transaction: bytes
    addition_id: str | None = None
    state: str = "open"
    expires: int
    sent_at: int = 0
    sent_with: bytes | None = None


class EventKind(StrEnum):
    """What can happen to what is a signer's own."""

    DEVICE_ADDED = "device_added"
    DEVICE_REMOVED = "device_removed"
    DEVICE_RENAMED = "device_renamed"
    KEY_FROZEN = "key_frozen"
    KEY_UNFROZEN = "key_unfrozen"
    KEY_DESTROYED = "key_destroyed"
    OTP_SIGN_IN = "otp_sign_in"


class Event(Struct, frozen=True, kw_only=True):
    """
    What happened, when (unix seconds), to which key or device, and from which device; names are those of that time.

    `cause` and `until` belong to freezing. Where a passkey approved it, `id` is the transaction's.
    """

    id: str
    user_id: str
    at: int
    kind: EventKind
    credential_id: str | None = None
    device: str | None = None
    new_name: str | None = None
    by_device: str | None = None
    cause: str | None = None
    until: int | None = None
