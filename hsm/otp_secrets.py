"""
The secrets of PIN and one-time password in their places: a token's seed, a PIN's verifier, and whether what a signer typed fits them.

It counts nothing and stores nothing: whoever asks has counted the try before.
"""

import hashlib

from hsm.errors import EvidenceRefused
from hsm.messages.otp import Otp
from hsm.ocra import challenge_for, check_answer
from hsm.otp import Kind, OtpToken, accept
from hsm.pin import SALT_BYTES, check_pin, make_verifier, require_acceptable_pin
from hsm.records import PinRecord, TokenRecord
from hsm.sam import Sam
from hsm.vault import Place, conceal, reveal


def conceal_seed(sam: Sam, token_id: str, seed: bytes) -> bytes:
    return conceal(sam.keyring, Place("tokens", token_id, "seed"), seed, sam.random)


def reveal_seed(sam: Sam, token: TokenRecord) -> bytes:
    """Give a token's seed; raises SecretUnreadable."""
    return reveal(sam.keyring, Place("tokens", token.token_id, "seed"), token.seed)


def new_verifier(sam: Sam, enrollment_id: str, pin: str) -> bytes:
    """Give what is kept of a new PIN, concealed; raises PinUnacceptable."""
    require_acceptable_pin(pin)
    with sam.hashing:
        verifier = make_verifier(pin, sam.random(SALT_BYTES))
    return _conceal_verifier(sam, enrollment_id, verifier)


def right_pin(sam: Sam, record: PinRecord, pin: str) -> bytes:
    """Check a PIN, and give what is to be kept of it from now on, concealed; raises PinRefused, SecretUnreadable."""
    if record.verifier is None:
        raise EvidenceRefused("no PIN was set")
    verifier = reveal(sam.keyring, _verifier_place(record.enrollment_id), record.verifier).decode()
    with sam.hashing:
        kept = check_pin(verifier, pin, sam.random(SALT_BYTES))
    return record.verifier if kept == verifier else _conceal_verifier(sam, record.enrollment_id, kept)


def right_code(sam: Sam, token: TokenRecord, code: str, raw: bytes, now: float) -> OtpToken:
    """
    Check what a token shows now, or answers for a transaction, and give how it stands afterwards.

    Raises:
        CodeRefused, StepUsed, SecretUnreadable: it is not good.
    """
    stand, seed = token.stand(), reveal_seed(sam, token)
    if stand.kind is Kind.OCRA:
        check_answer(stand, seed, hashlib.sha256(raw).digest(), code)
        return stand
    return accept(stand, seed, code, now)


def right_both(sam: Sam, token: TokenRecord, record: PinRecord, otp: Otp, raw: bytes, now: float) -> tuple[OtpToken, bytes]:
    """
    Check PIN and code, both whatever the other is; give how the token stands afterwards, and what is to be kept of the PIN.

    Raises:
        EvidenceRefused: one of them is wrong, or both are; the text says which, for the journal.
    """
    wrong: list[str] = []
    try:
        verifier = right_pin(sam, record, otp.pin)
    except EvidenceRefused as refused:
        wrong.append(str(refused))
    try:
        stand = right_code(sam, token, otp.code, raw, now)
    except EvidenceRefused as refused:
        wrong.append(str(refused))
    if wrong:
        raise EvidenceRefused("; ".join(wrong))
    return stand, verifier


def challenge_of(token: TokenRecord, raw: bytes) -> str | None:
    """Give what an OCRA token was asked for a transaction; None where the token's code has nothing to do with it."""
    stand = token.stand()
    return challenge_for(stand, hashlib.sha256(raw).digest()) if stand.kind is Kind.OCRA else None


def is_usable(token: TokenRecord, now: float) -> bool:
    """Tell whether it is within the dates that its maker gave it."""
    return (token.usable_from is None or token.usable_from <= now) and (token.usable_until is None or now < token.usable_until)


def _conceal_verifier(sam: Sam, enrollment_id: str, verifier: str) -> bytes:
    return conceal(sam.keyring, _verifier_place(enrollment_id), verifier.encode(), sam.random)


def _verifier_place(enrollment_id: str) -> Place:
    return Place("pins", enrollment_id, "verifier")
