"""The number under which an entry of the history can be spoken of over a telephone."""

import hashlib

REFERENCE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # without 0 O 1 I


def reference_number(entry_id: str) -> str:
    """Make a number that can be read out over a telephone: 40 bits of the id's hash, in two groups of four."""
    digest = int.from_bytes(hashlib.sha256(entry_id.encode()).digest()[:5])
    letters = "".join(REFERENCE_ALPHABET[(digest >> shift) & 31] for shift in range(35, -1, -5))
    return f"{letters[:4]}-{letters[4:]}"
