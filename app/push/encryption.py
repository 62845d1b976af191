"""Encrypting a push message for one browser (RFC 8291, RFC 8188) with `http_ece`; all messages have one length."""

import os

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec

PADDED_BYTES = 1_024


def padded(message: bytes) -> bytes:
    """Fill a JSON text with blanks, which mean nothing in it, so that its length tells nothing (RFC 8291 §4, RFC 8259 §2)."""
    if len(message) > PADDED_BYTES:
        raise ValueError("the message is too long")
    return message.ljust(PADDED_BYTES)


def encrypt(
    message: bytes, p256dh: bytes, auth: bytes, *, key: ec.EllipticCurvePrivateKey | None = None, salt: bytes | None = None
) -> bytes:
    """Encrypt for the holder of a subscription's keys; key and salt are new ones, unless a test vector gives them."""
    encrypted: bytes = http_ece.encrypt(
        message,
        salt=salt or os.urandom(16),
        private_key=key or ec.generate_private_key(ec.SECP256R1()),
        dh=p256dh,
        auth_secret=auth,
        version="aes128gcm",
    )
    return encrypted
