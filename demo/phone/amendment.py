"""What a signer changes of his own, read as distrustfully as what is to be signed: only what is here can be shown, and so be approved."""

import base64
from typing import ClassVar, Literal

import msgspec

from demo.phone.transaction import UnixTime


class Common(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type"):
    """What each of these transactions carries; `domain` goes before its bytes where the challenge is made."""

    domain: ClassVar[bytes]

    created: UnixTime
    enrollment_id: str
    expires: UnixTime
    id: str
    nonce: str
    signer: str
    version: Literal[1]


class NewPasskey(Common, frozen=True, tag="new_passkey"):
    """What the new phone's passkey answers."""

    domain: ClassVar[bytes] = b"natsuin/v1/new-passkey\x00"


class AddPasskey(Common, frozen=True, tag="add_passkey"):
    """One more passkey."""

    domain: ClassVar[bytes] = b"natsuin/v1/add-passkey\x00"

    made_over_sha256: str
    name: str
    passkey_id: str
    public_key: str


class RemovePasskey(Common, frozen=True, tag="remove_passkey"):
    """One passkey less."""

    domain: ClassVar[bytes] = b"natsuin/v1/remove-passkey\x00"

    name: str
    passkey_id: str


class Unfreeze(Common, frozen=True, tag="unfreeze"):
    """A frozen key is used again."""

    domain: ClassVar[bytes] = b"natsuin/v1/unfreeze\x00"

    credential_id: str


class Destroy(Common, frozen=True, tag="destroy"):
    """A key is destroyed, for good."""

    domain: ClassVar[bytes] = b"natsuin/v1/destroy\x00"

    credential_id: str


class SetOtp(Common, frozen=True, tag="set_otp"):
    """A token becomes the signer's, with a PIN."""

    domain: ClassVar[bytes] = b"natsuin/v1/set-otp\x00"

    token_id: str


class RemoveOtp(Common, frozen=True, tag="remove_otp"):
    """A token is the signer's no more."""

    domain: ClassVar[bytes] = b"natsuin/v1/remove-otp\x00"

    token_id: str


class ResynchroniseOtp(Common, frozen=True, tag="resynchronise_otp"):
    """A token is found again by two codes."""

    domain: ClassVar[bytes] = b"natsuin/v1/resynchronise-otp\x00"

    token_id: str


class UnlockOtp(Common, frozen=True, tag="unlock_otp"):
    """PIN and codes are taken again after too many wrong tries."""

    domain: ClassVar[bytes] = b"natsuin/v1/unlock-otp\x00"


class ChangePin(Common, frozen=True, tag="change_pin"):
    """Another PIN."""

    domain: ClassVar[bytes] = b"natsuin/v1/change-pin\x00"


class Renew(Common, frozen=True, tag="renew"):
    """A new key in the place of one whose certificate ends."""

    domain: ClassVar[bytes] = b"natsuin/v1/renew\x00"

    certificate_sha256: str
    credential_id: str
    key_algorithm: str
    new_credential_id: str


def encoded(value: bytes) -> str:
    """Base64 as these transactions write bytes."""
    return base64.b64encode(value).decode()
