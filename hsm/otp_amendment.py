"""
The amendments about PIN and one-time password, step (4) of `amendment.amend`: set, remove, unlock, change, find again.

Each gives what is to be written once everything else is checked, or raises Refused. A wrong code counts as no wrong try here: without the
signer's passkey nobody gets this far, and what a code opens here is not a signature.
"""

from collections.abc import Callable
from typing import Any

from hsm.change import Change
from hsm.errors import EvidenceRefused, Malformed
from hsm.messages import (
    Amendment,
    AmendRequest,
    ChangePinTransaction,
    RemoveOtpTransaction,
    ResynchroniseOtpTransaction,
    SetOtpTransaction,
    UnlockOtpTransaction,
)
from hsm.otp import resynchronise
from hsm.otp_secrets import is_usable, new_verifier, reveal_seed, right_code
from hsm.records import TokenRecord
from hsm.sam import Sam

Write = Callable[[Change], None]


def _set(sam: Sam, amendment: SetOtpTransaction, request: AmendRequest, now: float) -> Write:
    if request.otp is None:
        raise Malformed("no PIN and code")
    enrollment_id = amendment.enrollment_id
    token = sam.store.token(amendment.token_id)
    if (token.state, token.enrollment_id) not in (("free", None), ("offered", enrollment_id)):
        raise EvidenceRefused("the token is not to be had by this enrolment")
    if not is_usable(token, now):
        raise EvidenceRefused("the token is not within its dates")
    verifier = new_verifier(sam, enrollment_id, request.otp.pin)
    stand = right_code(sam, token, request.otp.code, request.transaction, now)

    def write(change: Change) -> None:
        change.change_token(token, state="active", enrollment_id=enrollment_id, drift=stand.drift, last=stand.last)
        change.change_pin(change.pin(enrollment_id), verifier=verifier, wrong="")

    return write


def _remove(sam: Sam, amendment: RemoveOtpTransaction, _: AmendRequest, __: float) -> Write:
    token = _own(sam, amendment.token_id, amendment.enrollment_id, "active", "offered")
    return lambda change: change.change_token(token, state="removed", seed=b"")


def _unlock(_: Sam, amendment: UnlockOtpTransaction, __: AmendRequest, ___: float) -> Write:
    def write(change: Change) -> None:
        change.change_pin(change.pin(amendment.enrollment_id), wrong="")

    return write


def _change_pin(sam: Sam, amendment: ChangePinTransaction, request: AmendRequest, _: float) -> Write:
    if request.pin is None:
        raise Malformed("no PIN")
    enrollment_id = amendment.enrollment_id
    if sam.store.pin(enrollment_id).verifier is None:
        raise EvidenceRefused("no PIN was set")
    verifier = new_verifier(sam, enrollment_id, request.pin.pin)

    def write(change: Change) -> None:
        change.change_pin(change.pin(enrollment_id), verifier=verifier, wrong="")

    return write


def _resynchronise(sam: Sam, amendment: ResynchroniseOtpTransaction, request: AmendRequest, now: float) -> Write:
    if request.codes is None:
        raise Malformed("no two codes")
    token = _own(sam, amendment.token_id, amendment.enrollment_id, "active")
    stand = resynchronise(token.stand(), reveal_seed(sam, token), request.codes.first, request.codes.second, now)
    return lambda change: change.change_token(token, drift=stand.drift, last=stand.last)


def _own(sam: Sam, token_id: str, enrollment_id: str, *states: str) -> TokenRecord:
    token = sam.store.token(token_id)
    if token.enrollment_id != enrollment_id or token.state not in states:
        raise EvidenceRefused("no such token of this enrolment")
    return token


OTP_CHECKS: dict[type[Amendment], Callable[[Sam, Any, AmendRequest, float], Write]] = {
    SetOtpTransaction: _set,
    RemoveOtpTransaction: _remove,
    UnlockOtpTransaction: _unlock,
    ChangePinTransaction: _change_pin,
    ResynchroniseOtpTransaction: _resynchronise,
}
