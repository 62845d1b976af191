"""
Sending one push (RFC 8030 §5) to an address that an attacker may have chosen.

No redirect is followed, no proxy is taken from the environment, nothing of the answer is read but its status and `Retry-After`, and all has
a deadline.
"""

import email.utils
import ssl
from datetime import UTC

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.resolver import ThreadedResolver
from msgspec import Struct
from yarl import URL

from app.clock import Clock
from app.errors import PushFailed, PushGone, PushLater, PushRefused
from app.push.address import PublicResolver
from app.push.encryption import encrypt, padded
from app.push.endpoint import Endpoint, read_endpoint
from app.push.vapid import Vapid

DEADLINE_S = 10
CONNECT_S = 4
LONGEST_TTL_S = 28 * 86_400  # what push services take
LONGEST_RETRY_S = 3_600


class Target(Struct, frozen=True):
    """One browser: its address at the push service, and the keys that only it can read with."""

    endpoint: str
    p256dh: bytes
    auth: bytes


class Sender:
    """
    Sends pushes to the services in `hosts`, and in tests to `test_service` on this machine.

    Raises, from `send`:
        EndpointRefused: it is no address of a push service, or leads to one that is not public; nothing was sent.
        PushGone: the subscription is over (404, 410).
        PushRefused: the service does not want us (401, 403): an operator must look.
        PushLater: try again, not before `retry_after_s` where that is known.
        PushFailed: the service will not take this message.
    """

    def __init__(
        self, vapid: Vapid, now: Clock, hosts: tuple[str, ...], test_service: str | None = None, resolver: AbstractResolver | None = None
    ) -> None:
        self._vapid, self._now, self._hosts, self._test_service = vapid, now, hosts, test_service
        looking = resolver or ThreadedResolver()
        trusting = ssl.create_default_context()
        self._public = session(aiohttp.TCPConnector(resolver=PublicResolver(looking), use_dns_cache=False, ssl=trusting))
        self._local = session(aiohttp.TCPConnector()) if test_service is not None else None

    async def send(self, target: Target, message: bytes, *, ttl_s: int, topic: str, urgency: str = "high") -> None:
        """Encrypt and send; a message with the same topic that the service still holds is replaced."""
        endpoint = read_endpoint(target.endpoint, self._hosts, self._test_service)
        headers = {
            "TTL": str(max(0, min(ttl_s, LONGEST_TTL_S))),
            "Urgency": urgency,
            "Topic": topic,
            "Authorization": self._vapid.statement(endpoint.origin, self._now()),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
        }
        status, retry_after = await self._post(endpoint, headers, encrypt(padded(message), target.p256dh, target.auth))
        if status in (200, 201, 202, 204):
            return
        if status in (404, 410):
            raise PushGone(str(status))
        if status in (401, 403):
            raise PushRefused(status)
        if status == 429 or status >= 500:
            raise PushLater(f"HTTP {status}", seconds(retry_after, self._now()))
        raise PushFailed(f"HTTP {status}")

    async def close(self) -> None:
        for session in (self._public, self._local):
            if session is not None:
                await session.close()

    async def _post(self, endpoint: Endpoint, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        through = self._local if self._local is not None and endpoint.origin == self._test_service else self._public
        return await post(through, endpoint.url, headers, body)


async def post(through: aiohttp.ClientSession, url: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
    """Send, and give status and `Retry-After`, and nothing else of the answer; raises PushLater where none comes, EndpointRefused."""
    try:
        answer = await through.post(URL(url, encoded=True), data=body, headers=headers, allow_redirects=False)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise PushLater(type(error).__name__) from error
    answer.close()  # with the connection: whatever else it says is not read
    return answer.status, answer.headers.get("Retry-After", "")


def seconds(retry_after: str, now: float) -> int | None:
    """Read `Retry-After` (RFC 9110 §10.2.3), seconds or a date, up to an hour; None where it says nothing that we understand."""
    if retry_after.isascii() and retry_after.isdigit():
        return min(int(retry_after[:9]), LONGEST_RETRY_S)
    try:
        at = email.utils.parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0, min(int(at.replace(tzinfo=at.tzinfo or UTC).timestamp() - now), LONGEST_RETRY_S))


def session(connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
    """Make the client for addresses that somebody else chose."""
    timeout = aiohttp.ClientTimeout(total=DEADLINE_S, connect=CONNECT_S)
    return aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False, cookie_jar=aiohttp.DummyCookieJar())
