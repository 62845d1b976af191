"""
Which addresses a push may go to (RFC 8030 §2): a browser tells them to us, so they are an attacker's until they are looked at.

Only https on port 443 of a push service that is on the list; a name, never a number. Where the name leads is looked at when connecting
(`app.push.address`).
"""

import base64
import binascii
import re

from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import Struct

from app.config import HOST_NAME
from app.errors import EndpointRefused

MAX_CHARACTERS = 1_000
# The services of Chromium, Firefox, Safari and Edge; `*.` stands for one label or more.
PUSH_SERVICES = ("fcm.googleapis.com", "*.push.services.mozilla.com", "*.push.apple.com", "*.notify.windows.com")
ENDPOINT = re.compile(r"(https://([a-z0-9.-]{1,253}))(?::443)?(/[!$-\[\]-~]*)\Z")  # no space, no `"`, no `#`, no backslash
KEY_BYTES, AUTH_BYTES = 65, 16


class Endpoint(Struct, frozen=True):
    """One address of a push service; `origin` is whom a VAPID token is for."""

    url: str
    origin: str
    host: str


def read_endpoint(url: str, hosts: tuple[str, ...], test_service: str | None = None) -> Endpoint:
    """
    Read the address of a subscription; `hosts` are the push services, `test_service` the one origin on this machine that a test may use.

    Raises:
        EndpointRefused: it is not on a push service that we know, or is written in another way than browsers write it.
    """
    if len(url) > MAX_CHARACTERS:
        raise EndpointRefused("too long")
    if test_service is not None and re.match(re.escape(test_service) + r"/[A-Za-z0-9/_-]*\Z", url):
        return Endpoint(url, test_service, test_service.partition("://")[2].rpartition(":")[0])
    found = ENDPOINT.match(url)
    if found is None or HOST_NAME.match(found[2]) is None or not any(_fits(found[2], pattern) for pattern in hosts):
        raise EndpointRefused("not a push service")
    return Endpoint(url, found[1], found[2])


def read_keys(p256dh: str, auth: str) -> tuple[bytes, bytes]:
    """
    Read a subscription's keys (RFC 8291 §2): a point on P-256, uncompressed, and 16 random bytes.

    Raises:
        EndpointRefused: they are something else.
    """
    key, secret = _decoded(p256dh), _decoded(auth)
    if len(key) != KEY_BYTES or len(secret) != AUTH_BYTES:
        raise EndpointRefused("not the keys of a subscription")
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)
    except ValueError:
        raise EndpointRefused("not a point on the curve") from None
    return key, secret


def _fits(host: str, pattern: str) -> bool:
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern


def _decoded(text: str) -> bytes:
    if re.fullmatch(r"[A-Za-z0-9_-]{1,100}", text) is None:
        raise EndpointRefused("not base64url")
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise EndpointRefused("not base64url") from None
