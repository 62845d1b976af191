"""
OCRA (RFC 6287): a token that answers a challenge, and the challenge of a transaction, so that its answer is for that transaction only.

It knows every input of a suite but the session (S), and no answer without truncation (0 digits).
"""

import hmac
import re
import struct

from msgspec import Struct

from hsm.errors import CodeRefused, Malformed
from hsm.messages.ocra import TRANSACTION_SUITES, TYPED, challenge_digits, challenge_hex
from hsm.otp import DIGESTS, Kind, OtpToken, require_digits

QUESTION_BYTES = 128  # RFC 6287 §5.1

_SUITE = re.compile(  # RFC 6287 §6
    r"OCRA-1:HOTP-(?P<hash>SHA1|SHA256|SHA512)-(?P<digits>[4-9]|10)"
    r":(?P<counter>C-)?Q(?P<format>[ANH])(?P<length>0[4-9]|[1-5][0-9]|6[0-4])"
    r"(?:-P(?P<pin>SHA1|SHA256|SHA512))?(?:-T(?P<steps>[1-9]|[1-5][0-9])(?P<unit>[SMH]))?"
)
_QUESTIONS = {"N": re.compile("[0-9]+"), "A": re.compile("[0-9A-Za-z]+"), "H": re.compile("[0-9A-Fa-f]+")}
_UNIT_S = {"S": 1, "M": 60, "H": 3600}
_MAX_HOURS = 48


class Suite(Struct, frozen=True):
    """What goes into an answer, and what comes out; `question_format` is N (decimal), A (letters and digits) or H (hex)."""

    text: str
    hash: str
    digits: int
    counter: bool
    question_format: str
    question_length: int
    pin_hash: str | None
    period_s: int | None


def parse_suite(text: str) -> Suite:
    """Read a suite (RFC 6287 §6); raises Malformed where it is none, or has a session or no truncation."""
    found = _SUITE.fullmatch(text)
    if found is None or (found["unit"] == "H" and int(found["steps"]) > _MAX_HOURS):
        raise Malformed("not an OCRA suite that is known here")
    period_s = int(found["steps"]) * _UNIT_S[found["unit"]] if found["steps"] else None
    pin_hash = found["pin"].lower() if found["pin"] else None
    return Suite(
        text,
        found["hash"].lower(),
        int(found["digits"]),
        found["counter"] is not None,
        found["format"],
        int(found["length"]),
        pin_hash,
        period_s,
    )


def answer(
    suite: Suite, seed: bytes, question: str, *, counter: int | None = None, pin_digest: bytes | None = None, now: float | None = None
) -> str:
    """
    Give a token's answer to a question: `suite.digits` ASCII digits (RFC 6287 §5).

    `counter`, `pin_digest` (the digest, not the PIN) and `now` (unix seconds) are given where the suite has them, and only there.
    A question may have twice the suite's length, for the two halves of a mutual challenge (RFC 6287 §7.2).

    Raises:
        Malformed: an input is missing, not of the suite, or not in its format.
    """
    data = [suite.text.encode(), b"\x00"]
    if (counter is not None, pin_digest is not None, now is not None) != (suite.counter, bool(suite.pin_hash), bool(suite.period_s)):
        raise Malformed("an OCRA answer needs exactly the inputs of its suite")
    if counter is not None:
        data.append(struct.pack(">Q", counter))
    data.append(_question(suite, question))
    if pin_digest is not None and suite.pin_hash is not None:
        if len(pin_digest) != DIGESTS[suite.pin_hash]().digest_size:
            raise Malformed(f"not a {suite.pin_hash} digest")
        data.append(pin_digest)
    if now is not None and suite.period_s is not None:
        data.append(struct.pack(">Q", int(now // suite.period_s)))
    return _truncated(hmac.digest(seed, b"".join(data), suite.hash), suite.digits)


def challenge_for(token: OtpToken, transaction_sha256: bytes) -> str:
    """Give what this token is to be asked for a transaction; raises CodeRefused where it can't answer for one."""
    if token.kind is not Kind.OCRA or token.suite not in TRANSACTION_SUITES:
        raise CodeRefused("a token that does not answer for transactions")
    return challenge_digits(transaction_sha256) if token.suite == TYPED else challenge_hex(transaction_sha256)


def check_answer(token: OtpToken, seed: bytes, transaction_sha256: bytes, code: str) -> str:
    """
    Check a token's answer for a transaction, and give the challenge that it answers.

    The same answer is right again for the same transaction: that a transaction is decided once is the store's business.

    Raises:
        CodeRefused: not this token's answer, or a token that does not answer for transactions.
    """
    challenge = challenge_for(token, transaction_sha256)
    suite = parse_suite(str(token.suite))
    require_digits(code, suite.digits)
    if not hmac.compare_digest(answer(suite, seed, challenge), code):
        raise CodeRefused("not this token's answer for this transaction")
    return challenge


def _question(suite: Suite, question: str) -> bytes:
    """128 bytes with zeros behind; a decimal question is written as a hex number first, without regard to whole bytes (RFC 6287 §5.1)."""
    if len(question) > 2 * suite.question_length or not _QUESTIONS[suite.question_format].fullmatch(question):
        raise Malformed(f"not a question of the format {suite.question_format}{suite.question_length:02}")
    if suite.question_format == "A":
        return question.encode().ljust(QUESTION_BYTES, b"\x00")
    digits = f"{int(question):x}" if suite.question_format == "N" else question
    return bytes.fromhex(digits.ljust(2 * QUESTION_BYTES, "0"))


def _truncated(digest: bytes, digits: int) -> str:
    """RFC 4226 §5.3; pyotp's takes a counter only."""
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFFFFFF
    return f"{number % 10**digits:0{digits}}"
