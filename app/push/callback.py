"""
Telling an application at its registered address that something was decided, signed as Standard Webhooks 1.0 says (HMAC-SHA256).

The same care as for pushes: https only, where the name leads is looked at when connecting, no redirect, no proxy, a deadline, and
nothing of the answer is read but its status and `Retry-After`. It remembers nothing.
"""

import base64
import hashlib
import hmac
import re
import secrets
import ssl

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.resolver import ThreadedResolver
from msgspec import Struct

from app.clock import Clock
from app.config import HOST_NAME
from app.errors import EndpointRefused, PushGone, PushLater
from app.push.address import Network, PublicResolver
from app.push.sender import post, seconds, session

MAX_CHARACTERS = 500
PREFIX = "whsec_"
# As an operator registers it: no userinfo, no number for a host, no `..`, no query, no fragment.
URL = re.compile(r"https://([a-z0-9.-]{1,253})(?::([1-9][0-9]{0,4}))?(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+/?\Z")


class Message(Struct, frozen=True):
    """What is told: to which address, under which id (the same at each try), and `bearer` where the application wants to see one."""

    url: str
    secret: str
    id: str
    body: str
    bearer: str | None = None

    def __repr__(self) -> str:
        return f"<Message {self.id}>"


class CallbackSender:
    """
    Sends callbacks to the public Internet, and to `networks` of the operator's own.

    Raises, from `send`:
        EndpointRefused: it is no address for callbacks, or leads where nothing is to be sent; nothing was sent.
        PushGone: the application wants no more of these (410).
        PushLater: try again, not before `retry_after_s` where that is known.
    """

    def __init__(self, now: Clock, networks: tuple[Network, ...] = (), resolver: AbstractResolver | None = None) -> None:
        self._now = now
        looking = PublicResolver(resolver or ThreadedResolver(), networks)
        self._session = session(aiohttp.TCPConnector(resolver=looking, use_dns_cache=False, ssl=ssl.create_default_context()))

    async def send(self, message: Message) -> None:
        """Sign and send."""
        require_callback_url(message.url)
        at, body = str(int(self._now())), message.body.encode()
        headers = {
            "Content-Type": "application/json",
            "webhook-id": message.id,
            "webhook-timestamp": at,
            "webhook-signature": signature(message.secret, message.id, at, body),
        }
        if message.bearer is not None:
            headers["Authorization"] = f"Bearer {message.bearer}"
        status, retry_after = await post(self._session, message.url, headers, body)
        if 200 <= status < 300:
            return
        if status == 410:
            raise PushGone(str(status))
        raise PushLater(f"HTTP {status}", seconds(retry_after, self._now()))

    async def close(self) -> None:
        await self._session.close()


def require_callback_url(url: str) -> None:
    """Refuse what is not https at a host name, or could be read in two ways; raises EndpointRefused."""
    found = URL.match(url) if len(url) <= MAX_CHARACTERS else None
    if found is None or (found[1] != "localhost" and HOST_NAME.match(found[1]) is None) or int(found[2] or 443) > 65_535:
        raise EndpointRefused("not an address for callbacks")


def new_secret() -> str:
    """Make what an application checks signatures with (256 random bits)."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signature(secret: str, message_id: str, at: str, body: bytes) -> str:
    """Compute the header `webhook-signature`."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    mac = hmac.digest(key, f"{message_id}.{at}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(mac).decode()}"
