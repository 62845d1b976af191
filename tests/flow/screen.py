"""An application's screen: the code that it shows at a second, made as docs/api.md says."""

import base64
import hashlib
import hmac
import time
from typing import Any


class Screen:
    """What an application shows for one request; `began` is when the answer came."""

    def __init__(self, asked: dict[str, Any]) -> None:
        self.url, self.token, self.key = asked["code_url"], asked["code_token"], asked["code_key"]
        self.began = time.monotonic()

    @property
    def second(self) -> int:
        return int(time.monotonic() - self.began)

    def code(self, second: int | None = None, way: str = "qr") -> str:
        """Make the code of a second, now's where none is given."""
        text = f"{self.token}.{way}.{self.second if second is None else second}"
        mac = hmac.digest(self.key.encode(), text.encode(), hashlib.sha256)
        return f"{text}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"

    def address(self, way: str = "qr") -> str:
        return f"{self.url}#{self.code(way=way)}"
