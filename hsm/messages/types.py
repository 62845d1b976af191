"""Limits and types of the wire, and what counts as plain text."""

import unicodedata
from typing import Annotated, Literal

from msgspec import Meta

MAX_DESCRIPTION_CHARACTERS = 500  # CSC 2.0 §11.7, description
MAX_LABEL_CHARACTERS = 100
MAX_NAME_CHARACTERS = 100
MAX_DOCUMENTS = 100
MAX_TRANSACTION_BYTES = 200_000
# Letters that show nothing, though Unicode counts them as printable: joiners and fillers.
INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
# Marks that stand on one letter: Thai needs two, Hebrew, Arabic and Tibetan three. Higher stacks would cover what is above and below.
MAX_MARKS = 3
MAX_LIFE_S = 30 * 86_400  # the longest an authorization may wait for its signer
MAX_AMENDMENT_LIFE_S = 600
MAX_RECOVERY_CODES = 10
RECOVERY_OPEN_S = 30 * 86_400  # how long somebody may come for a passkey whose waiting time is over
FOR_EVER = 2**53 - 1  # as a time: until somebody says otherwise

Id = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{22}\Z")]  # 128 random bits, base64url
Nonce = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{43}\Z")]  # 32 random bytes, base64url: WebAuthn L3 §13.4.3
UserId = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9._@+-]{1,64}\Z")]
Oid = Annotated[str, Meta(pattern=r"\A[0-9]+(\.[0-9]+){1,30}\Z", max_length=100)]
Text = Annotated[str, Meta(max_length=MAX_DESCRIPTION_CHARACTERS)]
Label = Annotated[str, Meta(max_length=MAX_LABEL_CHARACTERS)]
Name = Annotated[str, Meta(min_length=1, max_length=MAX_NAME_CHARACTERS)]
Digest = Annotated[bytes, Meta(min_length=32, max_length=64)]
UnixTime = Annotated[int, Meta(ge=0, lt=2**53)]
Sha256Hex = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
PasskeyId = Annotated[bytes, Meta(min_length=1, max_length=1_023)]  # WebAuthn L3 §5.8.1
PublicKey = Annotated[bytes, Meta(min_length=1, max_length=4_000)]
Pin = Annotated[str, Meta(max_length=64)]  # any text that is no PIN is a wrong one, and counts as a wrong try
Code = Annotated[str, Meta(max_length=16)]
Factor = Literal["passkey", "otp"]
Factors = Literal["passkey", "passkey_or_otp"]
KeyAlgorithm = Literal["rsa-2048", "rsa-3072", "rsa-4096", "p-256", "p-384"]


def is_plain_text(text: str) -> bool:
    """
    Tell whether a text is free of control, format (bidi, zero-width), invisible, private, unassigned characters and lone surrogates.

    It does not begin with a mark that belongs on a letter, nor stack more than MAX_MARKS of them, nor is it of spaces alone.
    """
    shown = text.isprintable() or all(character.isprintable() or unicodedata.category(character) == "Zs" for character in text)
    return shown and INVISIBLE.isdisjoint(text) and not has_stacks(text) and not text.isspace()


def has_stacks(text: str) -> bool:
    """Tell whether too many marks stand on one letter, or any on none."""
    marks = MAX_MARKS
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if marks > MAX_MARKS:
            return True
    return False
