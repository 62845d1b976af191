"""
One-time passwords, HOTP (RFC 4226) and TOTP (RFC 6238): what a token shows, and whether a code moves its state forward.

A state is frozen. Accepting a code gives the next state, which the caller stores by compare and set; whoever loses that race was not
accepted. Nothing here counts wrong tries, keeps a seed or knows a signer. OCRA tokens, which answer a challenge, are in `ocra`.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from enum import StrEnum
from typing import Literal

import pyotp
from msgspec import Struct
from msgspec.structs import replace

from hsm.errors import CodeRefused, StepUsed

Algorithm = Literal["sha1", "sha256", "sha512"]
Digits = Literal[6, 7, 8]
Period = Literal[30, 60]

DIGESTS = {"sha1": hashlib.sha1, "sha256": hashlib.sha256, "sha512": hashlib.sha512}

MIN_SEED_BYTES = 16  # RFC 4226 §4, R6
MAX_SEED_BYTES = 128  # HMAC would hash anything longer than its block (RFC 2104 §2)
TOTP_WINDOW = 1  # steps to either side of the expected one; RFC 6238 §5.2 recommends one for the network's delay
# How far a token's clock may be from ours, RFC 6238 §6: a crystal that is 20 ppm off goes wrong by ten minutes a year, 20 steps of 30 s.
MAX_DRIFT = 20
HOTP_LOOK_AHEAD = 9  # counters beyond the expected one, for presses that nobody typed; RFC 4226 §7.4 wants it as low as people can bear
# Two successive codes are a guess of 1 in 10^12 for each place, so these may be looked for much further (RFC 4226 §7.4).
HOTP_RESYNCHRONISE_AHEAD = 200


class Kind(StrEnum):
    """What moves a token's code."""

    TOTP = "totp"  # the time
    HOTP = "hotp"  # a press of its button
    OCRA = "ocra"  # the challenge that is typed into it


class OtpToken(Struct, frozen=True):
    """
    How a token makes its codes, and where it stands.

    `drift` is how many steps its clock is ahead of ours; `last` is the step or counter accepted last, None before the first; `suite` is
    there for OCRA only.
    """

    kind: Kind
    algorithm: Algorithm = "sha1"
    digits: Digits = 6
    period_s: Period = 30
    drift: int = 0
    last: int | None = None
    suite: str | None = None


def shown(token: OtpToken, seed: bytes, counter: int) -> str:
    """Give what a token shows at a counter (HOTP) or step (TOTP): `digits` ASCII digits (RFC 4226 §5.3, RFC 6238 §4.2)."""
    # pyotp's own window stops at the first match, which tells the drift by its time, and has no idea of drift or of a used step; so the
    # codes are pyotp's and the windows are ours.
    generator = pyotp.HOTP(base64.b32encode(seed).decode(), digits=token.digits, digest=DIGESTS[token.algorithm])
    return generator.at(counter)


def accept(token: OtpToken, seed: bytes, code: str, now: float) -> OtpToken:
    """
    Accept a code once, and give the state that follows.

    `now` is in unix seconds. A code that stands at two steps of the window counts as both, so that it is never good a second time
    (RFC 6238 §5.2); after a TOTP code the drift follows the token's clock.

    Raises:
        CodeRefused: not a code of this token within the window.
        StepUsed: its step, or a later one, was accepted before.
    """
    matched = _matching(token, seed, code, _window(token, now))
    if not matched:
        raise CodeRefused(f"no such code within the window of this {token.kind} token")
    if token.last is not None and min(matched) <= token.last:
        raise StepUsed(f"{token.kind} step {min(matched)}, after {token.last}")
    return _moved(token, max(matched), now)


def resynchronise(token: OtpToken, seed: bytes, first: str, second: str, now: float) -> OtpToken:
    """
    Find a token again by two successive codes, and give the state that follows; both codes are used up (RFC 4226 §7.4).

    A TOTP token is looked for within MAX_DRIFT of our clock, by its second code; a HOTP token HOTP_RESYNCHRONISE_AHEAD counters ahead.

    Raises:
        CodeRefused: not two successive codes of this token within the window.
        StepUsed: the first one's step, or a later one, was accepted before.
    """
    seconds = _wide_window(token, now)
    firsts = _matching(token, seed, first, [step - 1 for step in seconds])
    matched = [step for step in _matching(token, seed, second, seconds) if step - 1 in firsts]
    if not matched:
        raise CodeRefused(f"no two such codes, one after the other, within the wide window of this {token.kind} token")
    if token.last is not None and min(matched) - 1 <= token.last:
        raise StepUsed(f"{token.kind} step {min(matched) - 1}, after {token.last}")
    return _moved(token, max(matched), now)


def require_digits(code: str, digits: int) -> None:
    """Refuse what is not exactly so many ASCII digits; spaces and other scripts' digits are the door's to mend. Raises CodeRefused."""
    if len(code) != digits or not (code.isascii() and code.isdigit()):
        raise CodeRefused(f"not {digits} digits")


def _matching(token: OtpToken, seed: bytes, code: str, counters: Iterable[int]) -> list[int]:
    """List every counter whose code this is; all are computed and compared, so that the time tells nothing of where it is."""
    require_digits(code, token.digits)
    codes = [(counter, shown(token, seed, counter)) for counter in counters]
    return [counter for counter, expected in codes if hmac.compare_digest(expected, code)]


def _window(token: OtpToken, now: float) -> range:
    if token.kind is Kind.TOTP:
        expected = _step(token, now) + token.drift
        return range(max(0, expected - TOTP_WINDOW), expected + TOTP_WINDOW + 1)
    # The counter accepted last is in it, to tell a code that comes twice from a wrong one.
    return range(max(0, _next_counter(token) - 1), _next_counter(token) + HOTP_LOOK_AHEAD + 1)


def _wide_window(token: OtpToken, now: float) -> range:
    """Where the second of two successive codes may be."""
    if token.kind is Kind.TOTP:
        return range(max(1, _step(token, now) - MAX_DRIFT), _step(token, now) + MAX_DRIFT + 1)
    return range(max(1, _next_counter(token)), _next_counter(token) + HOTP_RESYNCHRONISE_AHEAD + 1)


def _next_counter(token: OtpToken) -> int:
    if token.kind is Kind.OCRA:
        raise CodeRefused("an OCRA token answers a challenge, and shows no code by itself")
    return 0 if token.last is None else token.last + 1


def _step(token: OtpToken, now: float) -> int:
    return int(now // token.period_s)


def _moved(token: OtpToken, step: int, now: float) -> OtpToken:
    if token.kind is Kind.HOTP:
        return replace(token, last=step)
    return replace(token, last=step, drift=max(-MAX_DRIFT, min(MAX_DRIFT, step - _step(token, now))))
