"""JSON over HTTP to one server, with the `Origin` header and the session cookie that a browser would send; no ceremony is known here."""

from typing import TypeVar
from urllib.parse import urlsplit

import aiohttp
import msgspec

from demo.phone.cookies import Cookies
from demo.phone.errors import (
    AddressRefused,
    AnswerMalformed,
    ApplicationRefused,
    Ended,
    OtpRefused,
    ServerRefused,
    SessionRequired,
    Unavailable,
    Unreachable,
    WrongCode,
)

TIMEOUT_S = 30
RETRY_AFTER_S = 2

Answer = TypeVar("Answer")


class Problem(msgspec.Struct):
    """The body of a refusal."""

    error: str
    tries_left: int = 0
    state: str = "unknown"
    reason: str | None = None
    said: str = ""


def open_http(connections: int = 100) -> aiohttp.ClientSession:
    """Open a client that any number of phones may share: cookies stay with the phone."""
    return aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(),
        connector=aiohttp.TCPConnector(limit=connections),
        timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
    )


def origin_of(address: str) -> str:
    """
    Return scheme, host and port of an address.

    Raises:
        AddressRefused: it is not an http or https address.
    """
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise AddressRefused("an http or https address is needed")
    return f"{parts.scheme}://{parts.netloc}"


class Connection:
    """
    One phone's way to the server.

    Raises:
        ValueError: the client keeps cookies itself, and would mix up the sessions of phones that share it.
    """

    def __init__(self, origin: str, http: aiohttp.ClientSession) -> None:
        if not isinstance(http.cookie_jar, aiohttp.DummyCookieJar):
            raise ValueError("the client must not keep cookies: use open_http()")
        self.origin = origin_of(origin)
        self._http = http
        self._cookies = Cookies(self.origin)

    async def get(self, path: str, answer: type[Answer]) -> Answer:
        """
        GET a page as JSON.

        Raises:
            ServerRefused, Unreachable, AnswerMalformed: as they say.
        """
        return await self._send("GET", path, answer, {}, None)

    async def post(self, path: str, body: object, answer: type[Answer]) -> Answer:
        """
        POST a JSON body.

        Raises:
            ServerRefused, Unreachable, AnswerMalformed: as they say.
        """
        headers = {"Content-Type": "application/json", "Origin": self.origin}
        return await self._send("POST", path, answer, headers, msgspec.json.encode(body))

    async def get_file(self, path: str) -> bytes:
        """
        GET what is no JSON.

        Raises:
            ServerRefused, Unreachable, AnswerMalformed: as they say.
        """
        return await self._fetch("GET", path, {}, None)

    async def _send(self, method: str, path: str, answer: type[Answer], headers: dict[str, str], body: bytes | None) -> Answer:
        content = await self._fetch(method, path, headers, body)
        try:
            return msgspec.json.decode(content, type=answer)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise _malformed(method, path, "a success") from error

    async def _fetch(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> bytes:
        headers["Accept"] = "application/json"
        if cookies := self._cookies.header:
            headers["Cookie"] = cookies
        try:
            async with self._http.request(method, self.origin + path, data=body, headers=headers, allow_redirects=False) as response:
                content = await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unreachable(f"no answer from {self.origin}") from error
        self._cookies.keep(response.cookies)
        if response.status < 400:
            return content
        try:
            problem = msgspec.json.decode(content, type=Problem)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise _malformed(method, path, str(response.status)) from error
        raise refusal(response, problem)


def _malformed(method: str, path: str, answered: str) -> AnswerMalformed:
    return AnswerMalformed(f"{method} {path} was answered {answered} with something else than the interface promises")


def refusal(response: aiohttp.ClientResponse, problem: Problem) -> ServerRefused:
    """Turn the server's refusal into the error that callers can tell apart."""
    match problem.error:
        case "session_required":
            return SessionRequired(problem.error, response.status)
        case "wrong_code":
            return WrongCode(problem.error, response.status, problem.tries_left)
        case "otp_refused":
            return OtpRefused(problem.error, response.status, problem.tries_left)
        case "application_refused":
            return ApplicationRefused(problem.error, response.status, problem.reason or "other", problem.said)
        case "ended":
            return Ended(problem.error, response.status, problem.state)
        case "unavailable" | "certificate_unavailable":
            wait = response.headers.get("Retry-After", "")
            return Unavailable(problem.error, response.status, int(wait) if wait.isascii() and wait.isdigit() else RETRY_AFTER_S)
        case _:
            return ServerRefused(problem.error, response.status)
