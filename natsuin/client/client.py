"""The two clients, `Client` and `AsyncClient`: the same calls (`natsuin.client.calls`), each sent over httpx2 in its own way."""

import asyncio
import time
from types import TracebackType
from typing import Self, TypeVar

import httpx2

from natsuin.client.answers import Approval, Asked, Credential
from natsuin.client.ask import Ask
from natsuin.client.calls import Calls, OnAsked, OnProgress
from natsuin.client.wire import Account, Answer, Flow, NoAnswer, Pause, Request

Result = TypeVar("Result")
TIMEOUT = httpx2.Timeout(60, connect=5)  # longer than a poll is held
NOTHING_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
PATIENCE_S = 60.0


class Client:
    """
    The client for programs that may wait; threads may share it.

    Args:
        origin: scheme, host and port of the service.
        account: the application's.
        patience_s: for how long a call is repeated while the service does not answer.
        http: a client of your own, for proxies or certificates; it is left open.
    """

    def __init__(self, origin: str, account: Account, *, patience_s: float = PATIENCE_S, http: httpx2.Client | None = None) -> None:
        self._origin = origin.rstrip("/")
        self._calls = Calls(account, patience_s, time.monotonic)
        self._http, self._is_own = http or httpx2.Client(timeout=TIMEOUT), http is None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        if self._is_own:
            self._http.close()

    def credentials(self, user_id: str) -> tuple[str, ...]:
        """List the ids of a signer's keys that can sign now, the newest first where one was renewed."""
        return self._run(self._calls.credentials(user_id))

    def credential(self, credential_id: str) -> Credential:
        """Describe a key."""
        return self._run(self._calls.credential(credential_id))

    def credential_of(self, user_id: str) -> Credential:
        """Describe a signer's first key; raises NoCredential."""
        return self._run(self._calls.credential_of(user_id))

    def authorize(self, ask: Ask) -> Asked:
        """Have the signer asked, and return at once."""
        return self._run(self._calls.authorize(ask))

    def wait(self, handle: str, on_progress: OnProgress = lambda _: None) -> Approval:
        """Wait until the signer has decided; raises Ended where that is no approval. May be called again with the same handle."""
        return self._run(self._calls.wait(handle, on_progress))

    def sign_hashes(self, ask: Ask, approval: Approval, idempotency_key: str | None = None) -> tuple[bytes, ...]:
        """Have the digests signed, in their order; under the same key the same signatures come again."""
        return self._run(self._calls.sign_hashes(ask, approval, idempotency_key))

    def sign(self, ask: Ask, *, on_asked: OnAsked, on_progress: OnProgress = lambda _: None) -> tuple[bytes, ...]:
        """Go the whole way: `authorize`, `on_asked` to show it, `wait`, `sign_hashes`."""
        return self._run(self._calls.sign(ask, on_asked, on_progress))

    def cancel(self, handle: str) -> None:
        """Withdraw a request that waits; raises Ended where it is over, Refused where the signer has approved."""
        self._run(self._calls.cancel(handle))

    def _run(self, flow: Flow[Result]) -> Result:
        came: Answer | NoAnswer | None = None
        try:
            while True:
                match flow.send(came):
                    case Pause(seconds):
                        time.sleep(seconds)
                        came = None
                    case request:
                        came = self._send(request)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # a generator's result has its type, StopIteration has none

    def _send(self, request: Request) -> Answer | NoAnswer:
        try:
            return _answer(
                self._http.request(
                    request.method, self._origin + request.path, headers=dict(request.headers), json=request.json, data=request.form
                )
            )
        except httpx2.TransportError as error:
            return _no_answer(error)


class AsyncClient:
    """The client for asyncio, with `Client`'s methods and arguments; tasks of one loop may share it."""

    def __init__(self, origin: str, account: Account, *, patience_s: float = PATIENCE_S, http: httpx2.AsyncClient | None = None) -> None:
        self._origin = origin.rstrip("/")
        self._calls = Calls(account, patience_s, time.monotonic)
        self._http, self._is_own = http or httpx2.AsyncClient(timeout=TIMEOUT), http is None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        if self._is_own:
            await self._http.aclose()

    async def credentials(self, user_id: str) -> tuple[str, ...]:
        """As `Client.credentials`."""
        return await self._run(self._calls.credentials(user_id))

    async def credential(self, credential_id: str) -> Credential:
        """As `Client.credential`."""
        return await self._run(self._calls.credential(credential_id))

    async def credential_of(self, user_id: str) -> Credential:
        """As `Client.credential_of`."""
        return await self._run(self._calls.credential_of(user_id))

    async def authorize(self, ask: Ask) -> Asked:
        """As `Client.authorize`."""
        return await self._run(self._calls.authorize(ask))

    async def wait(self, handle: str, on_progress: OnProgress = lambda _: None) -> Approval:
        """As `Client.wait`."""
        return await self._run(self._calls.wait(handle, on_progress))

    async def sign_hashes(self, ask: Ask, approval: Approval, idempotency_key: str | None = None) -> tuple[bytes, ...]:
        """As `Client.sign_hashes`."""
        return await self._run(self._calls.sign_hashes(ask, approval, idempotency_key))

    async def sign(self, ask: Ask, *, on_asked: OnAsked, on_progress: OnProgress = lambda _: None) -> tuple[bytes, ...]:
        """As `Client.sign`."""
        return await self._run(self._calls.sign(ask, on_asked, on_progress))

    async def cancel(self, handle: str) -> None:
        """As `Client.cancel`."""
        await self._run(self._calls.cancel(handle))

    async def _run(self, flow: Flow[Result]) -> Result:
        came: Answer | NoAnswer | None = None
        try:
            while True:
                match flow.send(came):
                    case Pause(seconds):
                        await asyncio.sleep(seconds)
                        came = None
                    case request:
                        came = await self._send(request)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # a generator's result has its type, StopIteration has none

    async def _send(self, request: Request) -> Answer | NoAnswer:
        try:
            return _answer(
                await self._http.request(
                    request.method, self._origin + request.path, headers=dict(request.headers), json=request.json, data=request.form
                )
            )
        except httpx2.TransportError as error:
            return _no_answer(error)


def _answer(response: httpx2.Response) -> Answer:
    return Answer(response.status_code, {name.lower(): value for name, value in response.headers.items()}, response.content)


def _no_answer(error: httpx2.TransportError) -> NoAnswer:
    return NoAnswer(type(error).__name__, not isinstance(error, NOTHING_SENT))
