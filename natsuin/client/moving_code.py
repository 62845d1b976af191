"""
The code for the application's screen that changes every second (docs/api.md), made in the application's backend whenever one is wanted.

Show each as a QR code for a second, make none ahead, and keep this object out of the page: its key is a secret.
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable
from typing import Literal


class MovingCode:
    """What one answer to `credentials/authorize` gave to make codes of; `second` of it had passed when the answer came."""

    def __init__(self, url: str, token: str, key: str, second: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self._url, self._token, self._key, self._clock = url, token, key, clock
        self._began = clock() - second

    def __repr__(self) -> str:
        return "<MovingCode>"

    def address(self, way: Literal["qr", "here"]) -> str:
        """Make what the QR code says in this second, or the link for a signer who is on this device already."""
        text = f"{self._token}.{way}.{int(self._clock() - self._began)}"
        mac = hmac.digest(self._key.encode(), text.encode(), hashlib.sha256)
        return f"{self._url}#{text}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"
