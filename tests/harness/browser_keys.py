"""What a browser makes when it subscribes: a key pair and a secret (RFC 8291 §2), with which the test reads what was sent to it."""

import base64
import os

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class BrowserKeys:
    """The keys of one subscription."""

    def __init__(self) -> None:
        self._private = ec.generate_private_key(ec.SECP256R1())
        self.p256dh = self._private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.auth = os.urandom(16)

    def as_json(self) -> dict[str, str]:
        """As `PushSubscription.toJSON` gives them."""
        return {"p256dh": base64url(self.p256dh), "auth": base64url(self.auth)}

    def read(self, body: bytes) -> bytes:
        """Decrypt what came."""
        message: bytes = http_ece.decrypt(body, private_key=self._private, auth_secret=self.auth, version="aes128gcm")
        return message


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
