"""
The HTTP session of a relying application: its access token (RFC 6749 §4.4), repeats after a lost answer, refusals as exceptions.

It is made of aiohttp client middlewares, so that pyHanko's own calls go the same way as ours. It knows nothing of what the calls ask for.
"""

import asyncio
import base64
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

import aiohttp
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse, ClientSession, ClientTimeout

from demo.csc.errors import AnswerUnusable, ApplicationRefused, OutcomeUnknown, ServiceRefused, ServiceUnreachable

RENEW_EARLY_S = 10  # an access token is renewed before it can expire on its way
PAUSES_S = (0.5, 1.0, 2.0, 4.0)  # before each repeat of a call whose answer was lost
LONGEST_PAUSE_S = 30.0  # more than this is not waited for, whatever Retry-After says
CALL_TIMEOUT = ClientTimeout(total=60, sock_connect=5)


@dataclass(frozen=True)
class Application:
    """The account of a relying application at the service: an OAuth 2.0 confidential client."""

    client_id: str
    client_secret: str = field(repr=False)


@asynccontextmanager
async def open_session(origin: str, application: Application) -> AsyncIterator[ClientSession]:
    """Open an HTTP session in which every call carries a valid access token, is repeated where that is safe, and raises `CscError`."""
    token = AccessToken(origin, application)
    async with ClientSession(timeout=CALL_TIMEOUT, middlewares=(raise_refusals, repeat_lost, token.attach)) as session:
        yield session


class AccessToken:
    """An access token by client credentials (RFC 6749 §4.4), fetched when first needed and renewed when it ends or is refused."""

    def __init__(self, origin: str, application: Application) -> None:
        self._url = f"{origin}/oauth2/token"
        self._application = application
        self._value = ""
        self._ends = 0.0  # time.monotonic()
        self._turn = asyncio.Lock()

    async def attach(self, request: ClientRequest, send: ClientHandlerType) -> ClientResponse:
        """Send a call with the token; where the service answers 401, once more with a new one."""
        value = await self._current(request.session)
        request.headers["Authorization"] = f"Bearer {value}"
        response = await send(request)
        if response.status != 401:
            return response
        response.release()
        if value == self._value:
            self._ends = 0.0
        request.headers["Authorization"] = f"Bearer {await self._current(request.session)}"
        return await send(request)

    async def _current(self, session: ClientSession) -> str:
        async with self._turn:
            if time.monotonic() >= self._ends:
                answer = await self._fetch(session)
                try:
                    self._value, life_s = str(answer["access_token"]), float(answer.get("expires_in", 3600))
                except (KeyError, TypeError, ValueError):
                    raise AnswerUnusable("the answer to oauth2/token holds no usable access_token") from None
                self._ends = time.monotonic() + max(life_s - RENEW_EARLY_S, 1.0)
            return self._value

    async def _fetch(self, session: ClientSession) -> Any:
        account = f"{quote_plus(self._application.client_id)}:{quote_plus(self._application.client_secret)}"  # RFC 6749 §2.3.1
        headers = {"Authorization": f"Basic {base64.b64encode(account.encode()).decode()}"}
        form = {"grant_type": "client_credentials"}
        try:
            async with session.post(self._url, data=form, headers=headers, middlewares=(raise_refusals,)) as response:
                return await response.json()
        except ServiceRefused as refusal:
            if refusal.status in (400, 401):
                raise ApplicationRefused(f"the service does not accept this client id and secret ({refusal.description})") from None
            raise


async def raise_refusals(request: ClientRequest, send: ClientHandlerType) -> ClientResponse:
    """Turn an error answer, and no answer, into the exception that says so; pyHanko would report both as "no signing results"."""
    try:
        response = await send(request)
        if response.status < 400:
            return response
        body = await response.json(content_type=None)
    except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, TimeoutError) as failure:
        raise ServiceUnreachable(f"no answer from {request.url.origin()} ({type(failure).__name__})") from failure
    except ValueError:
        body = None
    if not isinstance(body, dict):
        body = {}
    reason = body.get("reason")
    if body.get("error") == "outcome_unknown":
        raise OutcomeUnknown("whether a signature was made can't be known; the service does not try again")
    raise ServiceRefused(
        response.status,
        str(body.get("error", "unknown")),
        str(body.get("error_description", "")),
        reason if isinstance(reason, str) else None,
    )


async def repeat_lost(request: ClientRequest, send: ClientHandlerType) -> ClientResponse:
    """
    Repeat a call whose answer was lost or put off (429, 503), wherever asking twice can't do the work twice.

    `signatures/signHash` carries an `Idempotency-Key`, the same in every repeat, so that a signature whose answer was lost is given
    again instead of refused. `credentials/authorize` is never repeated: the signer would be asked twice.
    """
    if request.url.path.endswith("/credentials/authorize"):
        return await send(request)
    if request.url.path.endswith("/signatures/signHash"):
        request.headers["Idempotency-Key"] = secrets.token_urlsafe(16)
    for pause_s in PAUSES_S:
        try:
            response = await send(request)
            if response.status not in (429, 503):
                await response.read()  # an answer that breaks off while it is read is lost as well
                return response
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, ServiceUnreachable):
            await asyncio.sleep(pause_s)
        else:
            response.release()
            await asyncio.sleep(max(pause_s, _retry_after_s(response)))
    return await send(request)


def _retry_after_s(response: ClientResponse) -> float:
    value = response.headers.get("Retry-After", "")
    return min(float(value), LONGEST_PAUSE_S) if value.isascii() and value.isdigit() else 0.0
