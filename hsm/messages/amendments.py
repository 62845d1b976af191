"""
Amendments: the transactions that change what belongs to one enrolment, each approved with a passkey that belongs to it already.

What one needs beside it, and the journal must not keep or does not need (a new passkey's answer, a PIN, codes), is in `AmendRequest`.
"""

from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta, Struct

from hsm.messages.transactions import NotCanonical, Transaction, parse_transaction
from hsm.messages.types import MAX_RECOVERY_CODES, Id, KeyAlgorithm, Name, PasskeyId, PublicKey, Sha256Hex


class Amendment(Transaction, frozen=True):
    """A change to what belongs to one enrolment, approved with a passkey that belongs to it already."""

    enrollment_id: Id


class AddPasskeyTransaction(Amendment, frozen=True, tag="add_passkey"):
    """One more passkey; `public_key` is its COSE_Key, `made_over_sha256` the digest of the NewPasskeyTransaction that it answered."""

    domain: ClassVar[bytes] = b"natsuin/v1/add-passkey\x00"

    passkey_id: PasskeyId
    public_key: PublicKey
    made_over_sha256: Sha256Hex
    name: Name

    def texts(self) -> tuple[str, ...]:
        return (self.name,)


class RemovePasskeyTransaction(Amendment, frozen=True, tag="remove_passkey"):
    """One passkey less; it is approved with another one, so that one always remains."""

    domain: ClassVar[bytes] = b"natsuin/v1/remove-passkey\x00"

    passkey_id: PasskeyId
    name: Name

    def texts(self) -> tuple[str, ...]:
        return (self.name,)


class UnfreezeTransaction(Amendment, frozen=True, tag="unfreeze"):
    """A frozen key may be used again."""

    domain: ClassVar[bytes] = b"natsuin/v1/unfreeze\x00"

    credential_id: Id

    def texts(self) -> tuple[str, ...]:
        return ()


class DestroyTransaction(Amendment, frozen=True, tag="destroy"):
    """A key is destroyed in the HSM, for good."""

    domain: ClassVar[bytes] = b"natsuin/v1/destroy\x00"

    credential_id: Id

    def texts(self) -> tuple[str, ...]:
        return ()


class RenewTransaction(Amendment, frozen=True, tag="renew"):
    """
    A new key in the place of one whose certificate ends; it belongs to the same enrolment.

    `credential_id` and `certificate_sha256` name the old one, `new_credential_id` the one that will be made. The old key signs the request
    for the new one's certificate, once; for all else it stays as it is.
    """

    domain: ClassVar[bytes] = b"natsuin/v1/renew\x00"

    credential_id: Id
    certificate_sha256: Sha256Hex
    new_credential_id: Id
    key_algorithm: KeyAlgorithm

    def texts(self) -> tuple[str, ...]:
        return ()


class SetOtpTransaction(Amendment, frozen=True, tag="set_otp"):
    """A one-time-password token becomes the signer's, and a PIN is set or replaced; whatever was tried wrongly before is forgotten."""

    domain: ClassVar[bytes] = b"natsuin/v1/set-otp\x00"

    token_id: Id

    def texts(self) -> tuple[str, ...]:
        return ()


class RemoveOtpTransaction(Amendment, frozen=True, tag="remove_otp"):
    """A one-time-password token is the signer's no more, nor anyone's: its seed is erased."""

    domain: ClassVar[bytes] = b"natsuin/v1/remove-otp\x00"

    token_id: Id

    def texts(self) -> tuple[str, ...]:
        return ()


class UnlockOtpTransaction(Amendment, frozen=True, tag="unlock_otp"):
    """PIN and one-time password may be tried again after too many wrong tries."""

    domain: ClassVar[bytes] = b"natsuin/v1/unlock-otp\x00"

    def texts(self) -> tuple[str, ...]:
        return ()


class ChangePinTransaction(Amendment, frozen=True, tag="change_pin"):
    """Another PIN in the place of the one that there is; whatever was tried wrongly before is forgotten."""

    domain: ClassVar[bytes] = b"natsuin/v1/change-pin\x00"

    def texts(self) -> tuple[str, ...]:
        return ()


class ResynchroniseOtpTransaction(Amendment, frozen=True, tag="resynchronise_otp"):
    """A token whose clock or counter went astray is found again, by two codes that follow each other."""

    domain: ClassVar[bytes] = b"natsuin/v1/resynchronise-otp\x00"

    token_id: Id

    def texts(self) -> tuple[str, ...]:
        return ()


class SetRecoveryTransaction(Amendment, frozen=True, tag="set_recovery"):
    """Printed recovery codes, by their hashes (`recovery_code_sha256`), in the place of all earlier ones; without any, there are none."""

    domain: ClassVar[bytes] = b"natsuin/v1/set-recovery\x00"

    codes: Annotated[tuple[Sha256Hex, ...], Meta(max_length=MAX_RECOVERY_CODES)]

    def texts(self) -> tuple[str, ...]:
        return ()


AMENDMENTS: dict[str, type[Amendment]] = {
    "add_passkey": AddPasskeyTransaction,
    "remove_passkey": RemovePasskeyTransaction,
    "unfreeze": UnfreezeTransaction,
    "destroy": DestroyTransaction,
    "renew": RenewTransaction,
    "set_otp": SetOtpTransaction,
    "remove_otp": RemoveOtpTransaction,
    "unlock_otp": UnlockOtpTransaction,
    "change_pin": ChangePinTransaction,
    "resynchronise_otp": ResynchroniseOtpTransaction,
    "set_recovery": SetRecoveryTransaction,
}


def parse_amendment(raw: bytes) -> Amendment:
    """Read whichever kind of amendment the bytes are; raises NotCanonical."""
    try:
        kind = AMENDMENTS[msgspec.json.decode(raw, type=_Kind).type]
    except (ValueError, RecursionError, KeyError):
        raise NotCanonical("not an amendment") from None
    return parse_transaction(raw, kind)


class _Kind(Struct):
    type: str
