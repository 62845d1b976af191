"""A signer's one-time-password token with its PIN: set up at the SAM, showing codes, and the amendments about it."""

import secrets
from dataclasses import dataclass
from typing import Any

import msgspec

from hsm.amendment import amend
from hsm.factors import approve
from hsm.messages import (
    AmendReply,
    AmendRequest,
    ApproveReply,
    ApproveRequest,
    ChangePinTransaction,
    ImportTokensRequest,
    NewOtp,
    NewPin,
    OfferTokenRequest,
    Otp,
    RemoveOtpTransaction,
    ResynchroniseOtpTransaction,
    SetOtpTransaction,
    SignInRequest,
    SignInTransaction,
    SignTransaction,
    SuccessiveCodes,
    Transaction,
    UnlockOtpTransaction,
    ocra_challenge,
    token_id_of,
)
from hsm.messages.ocra import SCANNED
from hsm.ocra import answer, parse_suite
from hsm.operator_tokens import import_tokens
from hsm.otp import Kind, OtpToken, shown
from hsm.sam import Sam
from hsm.tokens import offer_token
from tests.harness.sam import TestSigner

GOOD_PIN = "739154"
OTHER_PIN = "846205"


@dataclass
class Authenticator:
    """A token in a signer's hand."""

    signer: TestSigner
    token_id: str
    seed: bytes
    stand: OtpToken = OtpToken(Kind.TOTP)  # noqa: RUF009 - a frozen value
    presses: int = 0
    pin: str = GOOD_PIN

    def code(self, raw: bytes = b"", ahead: int = 0) -> str:
        """Show a code: of now, or so many steps ahead; a press of a HOTP token; the answer of an OCRA token for a transaction."""
        if self.stand.kind is Kind.OCRA:
            suite = str(self.stand.suite)
            return answer(parse_suite(suite), self.seed, ocra_challenge(suite, raw))
        if self.stand.kind is Kind.HOTP:
            self.presses += 1
            return shown(self.stand, self.seed, self.presses - 1 + ahead)
        return shown(self.stand, self.seed, int(self.signer.clock.now // self.stand.period_s) + ahead)

    def wrong_code(self, raw: bytes = b"") -> str:
        """Give a code that this token does not show anywhere near now."""
        near = {self.code(raw)} | ({self.code(ahead=step) for step in range(-30, 31)} if self.stand.kind is Kind.TOTP else set())
        return next(code for code in (f"{number:0{self.stand.digits}}" for number in range(100)) if code not in near)

    def otp(self, raw: bytes, **changes: Any) -> Otp:
        """Give the right PIN and code for a transaction; `changes` replace fields."""
        return Otp(**{"token_id": self.token_id, "pin": self.pin, "code": self.code(raw)} | changes)

    def approval(self, transaction: SignTransaction, **changes: Any) -> ApproveRequest:
        raw = transaction.encode()
        return ApproveRequest(raw, otp=self.otp(raw, **changes))

    def approve(self, transaction: SignTransaction, **changes: Any) -> ApproveReply:
        return approve(self.signer.sam, self.approval(transaction, **changes))

    def signing_in(self, **changes: Any) -> SignInTransaction:
        """Compose a sign-in; `changes` replace fields."""
        return SignInTransaction(**self.signer.amendment_fields() | {"credential_id": self.signer.credential_id} | changes)

    def sign_in_request(self, transaction: SignInTransaction, expires: int | None = None, **changes: Any) -> SignInRequest:
        """Prove a sign-in, which may be made to last longer; `changes` replace fields of PIN and code."""
        raw = msgspec.structs.replace(transaction, expires=expires or transaction.expires).encode()
        return SignInRequest(raw, self.otp(raw, **changes))

    def setting(self, **changes: Any) -> SetOtpTransaction:
        return SetOtpTransaction(**self.signer.amendment_fields() | {"token_id": self.token_id} | changes)

    def removing(self, **changes: Any) -> RemoveOtpTransaction:
        return RemoveOtpTransaction(**self.signer.amendment_fields() | {"token_id": self.token_id} | changes)

    def unlocking(self, **changes: Any) -> UnlockOtpTransaction:
        return UnlockOtpTransaction(**self.signer.amendment_fields() | changes)

    def changing_pin(self, **changes: Any) -> ChangePinTransaction:
        return ChangePinTransaction(**self.signer.amendment_fields() | changes)

    def resynchronising(self, **changes: Any) -> ResynchroniseOtpTransaction:
        return ResynchroniseOtpTransaction(**self.signer.amendment_fields() | {"token_id": self.token_id} | changes)

    def amendment(
        self, composed: Transaction, otp: NewOtp | None = None, codes: SuccessiveCodes | None = None, pin: NewPin | None = None
    ) -> AmendRequest:
        """Approve an amendment with the signer's passkey."""
        raw = composed.encode()
        return AmendRequest(raw, self.signer.assertion(raw, kind=type(composed)), otp=otp, codes=codes, pin=pin)

    def amend(
        self, composed: Transaction, otp: NewOtp | None = None, codes: SuccessiveCodes | None = None, pin: NewPin | None = None
    ) -> AmendReply:
        return amend(self.signer.sam, self.amendment(composed, otp, codes, pin))

    def set(self) -> "Authenticator":
        """Make it the signer's."""
        composed = self.setting()
        self.amend(composed, NewOtp(self.pin, self.code(composed.encode())))
        if self.stand.kind is Kind.TOTP:
            self.signer.clock.now += self.stand.period_s  # the first code's step is used
        return self


def offered(signer: TestSigner) -> Authenticator:
    """Have a token made for the signer's app."""
    reply = offer_token(signer.sam, OfferTokenRequest(signer.credential_id))
    return Authenticator(signer, reply.token_id, reply.seed)


def delivered(signer: TestSigner, kind: Kind, suite: str = SCANNED) -> Authenticator:
    """Have the operator take in a token of this kind, which the signer then has in her hand."""
    serial, seed = delivered_to(signer.sam, kind, suite)
    stand = OtpToken(kind, "sha256", 8, suite=suite) if kind is Kind.OCRA else OtpToken(kind)
    return Authenticator(signer, token_id_of(serial), seed, stand)


def delivered_to(sam: Sam, kind: Kind, suite: str = SCANNED) -> tuple[str, bytes]:
    """Have the operator take in a token of this kind, and give its serial number and its seed."""
    serial, seed = f"SN-{secrets.token_hex(4)}", secrets.token_bytes(20)
    how = {Kind.TOTP: "totp,sha1,6,30", Kind.HOTP: "hotp,sha1,6,", Kind.OCRA: f"ocra,{suite},8,"}[kind]
    file = f"serial,seed,kind,algorithm,digits,period\n{serial},hex:{seed.hex()},{how}\n"
    import_tokens(sam, ImportTokensRequest("csv", file.encode()))
    return serial, seed
