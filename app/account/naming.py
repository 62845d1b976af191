"""What devices are called, and the number by which a person sees that two screens speak of the same new passkey."""

import hashlib
import unicodedata

from app.errors import NameRefused
from hsm.messages import is_plain_text

LONGEST_NAME = 40
COMPARISON_DOMAIN = b"natsuin/v1/compare\x00"


def clean_name(text: str) -> str:
    """Give a name in NFC without spaces around it; raises NameRefused."""
    name = unicodedata.normalize("NFC", text[: 4 * LONGEST_NAME]).strip()
    if not 0 < len(name) <= LONGEST_NAME or len(text) > 4 * LONGEST_NAME or not is_plain_text(name):
        raise NameRefused
    return name


def comparison_code(public_key: bytes) -> str:
    """Give six digits of a new passkey's public key; both devices show them, so that a stranger's passkey is noticed."""
    digits = int.from_bytes(hashlib.sha256(COMPARISON_DOMAIN + public_key).digest()) % 1_000_000
    return f"{digits // 1_000:03} {digits % 1_000:03}"
