"""
What lets a person enrol, once: the code of the CA's letter, or a link `SECRET.CODE`. Both are known here by a hash only. Who shows the CA
a certificate instead of a code has a link without one, `apply.SECRET`.

The code (docs/ca.md) is the person's credential at the CA, and is passed on without being kept. In a link it may be any CA's, of any form.
"""

import re
import secrets
import unicodedata

from msgspec import Struct

from app.domain.identifiers import secret_sha256

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LETTERS = 20
READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})
IGNORED = frozenset(" \t\r\n-_.\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc\u00ad\u3000")
MULTIPLES = (0x0C8, 0x190, 0x305, 0x2AA, 0x1F4)
LINK = re.compile(r"([A-Za-z0-9_-]{43})\.(.*)", re.DOTALL)
APPLYING = re.compile(r"apply\.[A-Za-z0-9_-]{43}")
NEVER_GIVEN = bytes(32)


class EnrollmentLink(Struct, frozen=True):
    """`sha256` is what it is known by; `code` is the person's at the CA, empty where there is none."""

    sha256: bytes
    code: str


def new_link(code: str | None) -> tuple[str, bytes]:
    """Make the text of a link around a CA's code, or without one, and the hash that it is known by."""
    secret = secrets.token_urlsafe(32)
    if code is None:
        return f"apply.{secret}", secret_sha256(f"apply.{secret}")  # the whole text: no mixture with the other form
    return f"{secret}.{code}", secret_sha256(secret)


def read_link(text: str) -> EnrollmentLink:
    """Read either form; whatever is neither gets a hash that nothing has."""
    code = read_code(text)
    if code is not None:
        return EnrollmentLink(secret_sha256(code), code)
    if APPLYING.fullmatch(text) is not None:
        return EnrollmentLink(secret_sha256(text), "")
    link = LINK.fullmatch(text)
    return EnrollmentLink(secret_sha256(link[1]), link[2]) if link is not None else EnrollmentLink(NEVER_GIVEN, "")


def read_code(text: str) -> str | None:
    """Give the twenty letters of a code as a person typed it: any case and width, spaces and dashes anywhere; None where it is mistyped."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKC", text).upper() if letter not in IGNORED).translate(READ_AS)
    if len(plain) != LETTERS or any(letter not in ALPHABET for letter in plain):
        return None
    state = 0
    for letter in plain:
        out, state = state >> 5, (state & 31) << 5 | ALPHABET.index(letter)
        for bit, multiple in enumerate(MULTIPLES):
            state ^= multiple if out >> bit & 1 else 0
    return plain if state == 0 else None
