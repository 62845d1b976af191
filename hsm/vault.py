"""
Secrets at rest: AES-256-GCM (NIST SP 800-38D) under an HSM key, bound to the table, row and column that they stand in.

Read access to the SAM's database therefore shows no seed and no PIN verifier, and a ciphertext that is moved to another row does not open.
That a ciphertext opens does not show that it is the newest of its place.
"""

import secrets
from collections.abc import Callable

import msgspec
from msgspec import Struct

from hsm.cryptoki import GCM_IV_BYTES, GCM_TAG_BYTES
from hsm.errors import SecretUnreadable
from hsm.keyring import Keyring

DOMAIN = b"natsuin/v1/secret\x00"

Random = Callable[[int], bytes]


class Place(Struct, frozen=True):
    """Where a secret stands: the table's name, the row's primary key, the column's name."""

    table: str
    row: str | bytes
    column: str

    def associated(self) -> bytes:
        # Not JSON: there, bytes and the text of their base64 are the same.
        return DOMAIN + msgspec.msgpack.encode([self.table, self.row, self.column])


def conceal(keyring: Keyring, place: Place, secret: bytes, random: Random = secrets.token_bytes) -> bytes:
    """Encrypt a secret for its place: a fresh IV (12 bytes), the ciphertext, the tag (16 bytes)."""
    # Two equal IVs under one key give both secrets away and let anyone forge. Random ones of 96 bits meet with a chance under 2^-32 as long
    # as there are fewer than 2^32 of them (SP 800-38D §8.3), and there is one for each seed and each PIN that is ever set.
    iv = random(GCM_IV_BYTES)
    return iv + keyring.encrypt_secret(iv, secret, place.associated())


def reveal(keyring: Keyring, place: Place, kept: bytes) -> bytes:
    """
    Give the secret that was concealed for this place.

    Raises:
        SecretUnreadable: it was changed, stands elsewhere, or is of another key.
        HsmUnavailable: the HSM does not answer.
    """
    if len(kept) < GCM_IV_BYTES + GCM_TAG_BYTES:
        raise SecretUnreadable(f"{place.table}.{place.column}: too short")
    try:
        return keyring.decrypt_secret(kept[:GCM_IV_BYTES], kept[GCM_IV_BYTES:], place.associated())
    except SecretUnreadable as error:
        raise SecretUnreadable(f"{place.table}.{place.column}: {error}") from None
