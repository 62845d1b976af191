"""
The key under which documents are kept until their signers have decided: AES-256-GCM (NIST SP 800-38D), one key in a file of its own.

The key is beside the database, never in it: a stolen database, its backups and what a deleted row leaves on the disk show nothing. It does
not help against who reads this machine's files; such a one sees what the running server sees.
"""

import os
import secrets
import tempfile
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.errors import CannotStart, StoreUnavailable

KEY_BYTES = 32
NONCE_BYTES = 12  # random: good for 2^32 documents under one key (SP 800-38D §8.3)
SEALING_BYTES = NONCE_BYTES + 16
"""What a sealed document is larger by: the nonce, and the tag."""


class DocumentKey:
    """Encrypts a file for its one place: the authorization and the position in it are authenticated with it."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, authorization_id: str, position: int, file: bytes) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, file, _place(authorization_id, position))

    def open(self, authorization_id: str, position: int, sealed: bytes) -> bytes:
        """Give the file; raises StoreUnavailable where it is another's, was changed, or the key is another one."""
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _place(authorization_id, position))
        except (InvalidTag, ValueError):
            raise StoreUnavailable("a document can't be decrypted") from None


def load_or_make_document_key(file: Path) -> DocumentKey:
    """
    Read the key, or make it where there is none yet; whoever of two is first makes it for both.

    Raises:
        CannotStart: the file is not such a key, others may read it, or it can't be read or written.
    """
    try:
        if not file.exists():
            _make(file)
        if file.stat().st_mode & 0o077:
            raise CannotStart(f"the document key {file} must be readable by its owner only (chmod 600)")
        key = file.read_bytes()
    except OSError as error:
        raise CannotStart(f"the document key {file} can't be used: {type(error).__name__}") from error
    if len(key) != KEY_BYTES:
        raise CannotStart(f"the document key {file} is not {KEY_BYTES} bytes")
    return DocumentKey(key)


def _place(authorization_id: str, position: int) -> bytes:
    return f"natsuin/v1/document\0{authorization_id}\0{position}".encode()


def _make(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, draft = tempfile.mkstemp(dir=file.parent)  # for its owner alone
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(secrets.token_bytes(KEY_BYTES))
            out.flush()
            os.fsync(out.fileno())
        os.link(draft, file)  # whole, and only where nobody was first
    except FileExistsError:
        pass
    finally:
        os.unlink(draft)
