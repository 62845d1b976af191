"""
The format of an identification code: 18 random letters (90 bits) and 2 check letters; who may use one is said elsewhere.

Letters are Crockford's base 32: no I, L, O or U. The check letters make the code a word of the Reed-Solomon code over GF(32) with
the generator (x + a)(x + a^2), a^5 = a^2 + 1: any one or two wrong letters, and any two that changed places, are found; of other
errors 1023 in 1024.
"""

import secrets
import unicodedata

from demo.ca.errors import CodeMistyped

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_LETTERS = 18
CHECK_LETTERS = 2
GROUP_LETTERS = 4
LETTERS = RANDOM_LETTERS + CHECK_LETTERS
READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})
IGNORED = frozenset(" \t\r\n-_.\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc\u00ad\u3000")
GENERATOR = (0x0C8, 0x190, 0x305, 0x2AA, 0x1F4)
"""x^2 is this when the letter that is pushed out is 1, 2, 4, 8 or 16: six and eight times it, in GF(32), side by side."""


def new_code() -> str:
    """Draw a code; as text in groups: `XXXX-XXXX-XXXX-XXXX-XXXX`."""
    values = [secrets.randbelow(32) for _ in range(RANDOM_LETTERS)]
    check = _remainder([*values, 0, 0])
    letters = "".join(ALPHABET[value] for value in (*values, check >> 5, check & 31))
    return "-".join(letters[start : start + GROUP_LETTERS] for start in range(0, LETTERS, GROUP_LETTERS))


def read_code(text: str) -> str:
    """
    Return the twenty letters of a code as a person typed it: any case and width, O for 0, I and L for 1, spaces and dashes anywhere.

    Raises:
        CodeMistyped: no code of this form was ever given out; nothing was tried.
    """
    plain = "".join(letter for letter in unicodedata.normalize("NFKC", text).upper() if letter not in IGNORED).translate(READ_AS)
    if len(plain) != LETTERS or any(letter not in ALPHABET for letter in plain):
        raise CodeMistyped
    if _remainder([ALPHABET.index(letter) for letter in plain]) != 0:
        raise CodeMistyped
    return plain


def _remainder(values: list[int]) -> int:
    """Divide by the generator; the two letters of the remainder are bits 9-5 and 4-0."""
    state = 0
    for value in values:
        pushed_out = state >> 5
        state = (state & 31) << 5 | value
        for bit, multiple in enumerate(GENERATOR):
            if pushed_out >> bit & 1:
                state ^= multiple
    return state
