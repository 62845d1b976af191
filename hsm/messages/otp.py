"""
The messages about PINs and one-time passwords. Nobody's `repr` shows a PIN, a code or a seed, so that none gets into a log by accident.
"""

from msgspec import Struct

from hsm.messages.types import Code, Factors, Id, Pin


class Otp(Struct, frozen=True, forbid_unknown_fields=True):
    """The signer's proof where no passkey is at hand: the PIN, and what the token shows or answers."""

    token_id: Id
    pin: Pin
    code: Code

    def __repr__(self) -> str:
        return f"<Otp of {self.token_id}>"


class NewOtp(Struct, frozen=True, forbid_unknown_fields=True):
    """What a SetOtpTransaction needs beside it: the new PIN, and the token's first code."""

    pin: Pin
    code: Code

    def __repr__(self) -> str:
        return "<NewOtp>"


class NewPin(Struct, frozen=True, forbid_unknown_fields=True):
    """What a ChangePinTransaction needs beside it."""

    pin: Pin

    def __repr__(self) -> str:
        return "<NewPin>"


class SuccessiveCodes(Struct, frozen=True, forbid_unknown_fields=True):
    """What a ResynchroniseOtpTransaction needs beside it: two codes of the token that follow each other."""

    first: Code
    second: Code

    def __repr__(self) -> str:
        return "<SuccessiveCodes>"


class OfferTokenRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """
    Make a token for an authenticator app of whoever this key belongs to; an earlier offer that was not taken is withdrawn.

    It grants nothing: a SetOtpTransaction must be approved for it.
    """

    credential_id: Id


class OfferTokenReply(Struct, frozen=True):
    """A TOTP token (RFC 6238), for an `otpauth:` QR code; the seed is given out this once."""

    token_id: Id
    seed: bytes
    algorithm: str
    digits: int
    period_s: int

    def __repr__(self) -> str:
        return f"<OfferTokenReply {self.token_id}>"


class TokensRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Ask which tokens belong to the same enrolment as this key."""

    credential_id: Id


class TokenInfo(Struct, frozen=True):
    """
    A token, without its seed; `state` is free (nobody's yet), offered (made for somebody's app), active or removed.

    `kind` is totp, hotp or ocra; `suite` is there for OCRA only. It may not be used before or after the two times (unix seconds).
    """

    token_id: Id
    enrollment_id: Id | None
    serial: str
    kind: str
    algorithm: str
    digits: int
    period_s: int
    suite: str | None
    usable_from: int | None
    usable_until: int | None
    state: str


class TokensReply(Struct, frozen=True):
    """`locked`: too many wrong tries in a row, until an UnlockOtpTransaction. `factors`: whether this key may be used with them at all."""

    tokens: tuple[TokenInfo, ...]
    has_pin: bool
    locked: bool
    factors: Factors
