"""
How a request may be opened beside its plain address: by a code that changes every second, which the application makes for its screen.

The code is `TOKEN.WAY.SECOND.MAC`: the mac is HMAC-SHA256 (RFC 2104) over `TOKEN.WAY.SECOND`, and its key never leaves the application's
backend. It says that whoever opened it had that screen before them just now; not who that is, and it approves nothing.
"""

import base64
import hashlib
import hmac
import re
import secrets
from enum import StrEnum

from msgspec import Struct

from app.domain.identifiers import new_id

SHOWN_S = 3  # for so long a code may stand on the screen
SCAN_S = 7  # from there to here: a camera wants a tap, and the page has to load
AHEAD_S = 1  # the application's clock may run a little fast
CODE = re.compile(r"([A-Za-z0-9_-]{22})\.(qr|here)\.(0|[1-9][0-9]{0,5})\.([A-Za-z0-9_-]{43})\Z")


class Way(StrEnum):
    """How a code came to the browser: read off another screen, or as a link on the same device."""

    QR = "qr"
    HERE = "here"


class Opening(Struct, frozen=True, kw_only=True):
    """
    What belongs to one request, beside its id; `begun_ms` is unix milliseconds.

    `last_second` is the newest second whose code was used, -1 for none.
    `asked_sha256` is the digest of the words in which it was asked: the same words a moment later mean the same request.
    `code_needed` means that the request opens with a code only. `browser_sha256` is the browser that came last with one, and `way` how.
    """

    token: str
    key: str
    begun_ms: int
    code_needed: bool = False
    confidential: bool = False
    return_url: str | None = None
    last_second: int = -1
    browser_sha256: bytes | None = None
    way: str | None = None
    asked_sha256: bytes | None = None

    def is_open_for(self, browser_sha256: bytes | None) -> bool:
        """Tell whether this browser may see the request, as far as codes go."""
        return not self.code_needed or self.came_with_code(browser_sha256)

    @property
    def events_token(self) -> str:
        """The secret that shows how this one request stands, and nothing else; made of the key, which it does not tell."""
        mac = hmac.digest(self.key.encode(), f"{self.token}.events".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(mac).decode().rstrip("=")

    def is_events_token(self, shown: str) -> bool:
        return hmac.compare_digest(self.events_token.encode(), shown.encode())

    def came_with_code(self, browser_sha256: bytes | None) -> bool:
        return browser_sha256 is not None and self.browser_sha256 == browser_sha256

    def return_for(self, browser_sha256: bytes | None) -> str | None:
        """Give the way back to the application for the browser that came from there on this device; None for any other."""
        return self.return_url if self.way == Way.HERE and self.came_with_code(browser_sha256) else None

    def second(self, now: float) -> int:
        """Give the second that counts now, for an application that hears of the request again."""
        return max(0, int(now - self.begun_ms / 1000))

    def is_fresh(self, second: int, now: float) -> bool:
        """Tell whether the code of this second may still be on its way."""
        return -AHEAD_S <= now - self.begun_ms / 1000 - second < SHOWN_S + SCAN_S


class Code(Struct, frozen=True):
    """A code as it was read."""

    token: str
    way: Way
    second: int
    mac: str

    def is_of(self, opening: Opening) -> bool:
        """Tell whether the application made it."""
        return hmac.compare_digest(code_mac(opening.key, self.token, self.way, self.second), self.mac)


def new_opening(now: float, *, code_needed: bool, confidential: bool, return_url: str | None, asked_sha256: bytes | None = None) -> Opening:
    """Make token and key (256 random bits) for a request that begins now."""
    return Opening(
        token=new_id(),
        key=secrets.token_urlsafe(32),
        begun_ms=int(now * 1000),
        code_needed=code_needed,
        confidential=confidential,
        return_url=return_url,
        asked_sha256=asked_sha256,
    )


def read_code(text: str) -> Code | None:
    """Read a code; None where it has not the form of one."""
    found = CODE.match(text)
    return Code(found[1], Way(found[2]), int(found[3]), found[4]) if found is not None else None


def code_mac(key: str, token: str, way: str, second: int) -> str:
    """Compute what the application computes each second; base64url without padding."""
    mac = hmac.digest(key.encode(), f"{token}.{way}.{second}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")
