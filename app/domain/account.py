"""What a signer changes of his own: devices that are being added, changes that wait for a passkey, and what has happened."""

from enum import StrEnum

from msgspec import Struct

from hsm.messages import KeyAlgorithm


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


class Renewal(Struct, frozen=True, kw_only=True):
    """
    A key that was approved in the place of another, on its way to its certificate.

    `state` is open, done or over (there is no such key any more); it is gone on with at `next_try` (unix seconds).
    """

    credential_id: str
    user_id: str
    renews: str
    key_algorithm: KeyAlgorithm
    state: str = "open"
    tries: int = 0
    next_try: int


class EventKind(StrEnum):
    """What can happen to what is a signer's own, and to which applications may ask; `otp_…` is about PIN and one-time password."""

    DEVICE_ADDED = "device_added"
    DEVICE_REMOVED = "device_removed"
    DEVICE_RENAMED = "device_renamed"
    KEY_FROZEN = "key_frozen"
    KEY_UNFROZEN = "key_unfrozen"
    KEY_DESTROYED = "key_destroyed"
    OTP_SET = "otp_set"
    OTP_REMOVED = "otp_removed"
    OTP_UNLOCKED = "otp_unlocked"
    OTP_RESYNCHRONISED = "otp_resynchronised"
    PIN_CHANGED = "pin_changed"
    KEY_ENDING = "key_ending"
    KEY_REPLACED = "key_replaced"
    REPLACEMENT_BEGUN = "replacement_begun"
    REPLACEMENT_STOPPED = "replacement_stopped"
    RENEWAL_APPROVED = "renewal_approved"
    KEY_RENEWED = "key_renewed"
    RENEWAL_FAILED = "renewal_failed"
    RECOVERY_SET = "recovery_set"
    RECOVERY_TAKEN_AWAY = "recovery_taken_away"
    RECOVERY_BEGUN = "recovery_begun"
    RECOVERY_STOPPED = "recovery_stopped"
    RECOVERED = "recovered"
    OTP_SIGN_IN = "otp_sign_in"
    AGREED = "agreed"
    AGREEMENT_ENDED = "agreement_ended"


class Event(Struct, frozen=True, kw_only=True):
    """
    What happened, when (unix seconds), to which key, device or application, and from which device; names are those of that time.

    `cause` is `operator` where it was the operator's act; other causes, and `until`, belong to freezing and recovery. Where a passkey
    approved it, `id` is the transaction's.
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
    application: str | None = None
