"""The code for the application's screen that changes every second: made here, in the backend, whenever one is wanted."""

import base64
import hashlib
import hmac
import time
from typing import Any, Literal


class MovingCode:
    """What one answer to `credentials/authorize` gave to make codes of; `began` is when it came (seconds of `time.monotonic`)."""

    def __init__(self, url: str, token: str, key: str, began: float) -> None:
        self._url, self._token, self._key, self._began = url, token, key, began

    def __repr__(self) -> str:
        return "<MovingCode>"

    def address(self, way: Literal["qr", "here"]) -> str:
        """Make what stands on the screen in this second, or the link for the device that the application itself is open on."""
        text = f"{self._token}.{way}.{int(time.monotonic() - self._began)}"
        mac = hmac.digest(self._key.encode(), text.encode(), hashlib.sha256)
        return f"{self._url}#{text}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def read_moving_code(answer: dict[str, Any]) -> MovingCode | None:
    """Read it from an answer that has come just now; None where the service has no such thing."""
    url, token, key = (answer.get(name) for name in ("code_url", "code_token", "code_key"))
    if not (isinstance(url, str) and url.startswith(("https://", "http://")) and isinstance(token, str) and isinstance(key, str)):
        return None
    second = answer.get("code_second")
    return MovingCode(url, token, key, time.monotonic() - (second if isinstance(second, int) else 0))
