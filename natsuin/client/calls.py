"""
The calls of an application, without a network: which request comes next, what is repeated and when, what an answer means.

What is repeated after a lost answer: everything that changes nothing, and `signatures/signHash`, under one `Idempotency-Key`. Not
`credentials/authorize`, unless it can't have arrived: the signer might be asked twice.
"""

import secrets
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote, quote_plus

from natsuin.client.answers import Approval, Asked, Credential, Fields, read_approval, read_asked, read_credential
from natsuin.client.ask import Ask
from natsuin.client.errors import AnswerUnusable, ApplicationRefused, NoCredential, NotAsked, Refused, Unreachable
from natsuin.client.wire import Account, Answer, Flow, NoAnswer, Pause, Request, problem

HOLD_S = 25  # RFC 7240 `Prefer: wait`; shorter than the 30 s after which many proxies cut a silent connection
RENEW_EARLY_S = 10  # an access token is renewed before it can end on its way
PAUSES_S = (0.5, 1.0, 2.0)  # before the first repeats; the last one stays

OnAsked = Callable[[Asked], object]
OnProgress = Callable[[str], object]


class Calls:
    """What the two clients do; it remembers the access token. `clock` tells seconds that only ever grow."""

    def __init__(self, account: Account, patience_s: float, clock: Callable[[], float]) -> None:
        self._account, self._patience_s, self._clock = account, patience_s, clock
        self._token, self._token_ends = "", 0.0

    def credentials(self, user_id: str) -> Flow[tuple[str, ...]]:
        """`credentials/list` (CSC API 2.0 §11.5), only those that can sign now."""
        answer = yield from self._post("credentials/list", {"userID": user_id, "onlyValid": True})
        return answer.texts("credentialIDs")

    def credential(self, credential_id: str) -> Flow[Credential]:
        """`credentials/info` (CSC API 2.0 §11.6)."""
        answer = yield from self._post("credentials/info", {"credentialID": credential_id, "certificates": "chain"})
        return read_credential(credential_id, answer)

    def credential_of(self, user_id: str) -> Flow[Credential]:
        found = yield from self.credentials(user_id)
        if not found:
            raise NoCredential(f"the signer {user_id!r} has no key at the service that can sign now")
        return (yield from self.credential(found[0]))

    def authorize(self, ask: Ask) -> Flow[Asked]:
        """`credentials/authorize` (CSC API 2.0 §11.7)."""
        answer = yield from self._post("credentials/authorize", ask.authorize_body(), is_repeatable=False)
        return read_asked(answer)

    def wait(self, handle: str, on_progress: OnProgress) -> Flow[Approval]:
        """`credentials/authorizeCheck` (CSC API 2.0 §11.8), held or paced, until the signer has decided."""
        told = None
        while True:
            request = Request("POST", "/csc/v2/credentials/authorizeCheck", {"Prefer": f"wait={HOLD_S}"}, {"handle": handle})
            answer = yield from self._authorized(request)
            fields = Fields(answer.json(), "credentials/authorizeCheck")
            if answer.status != 202:
                return read_approval(fields)
            if (progress := fields.optional_text("progress")) is not None and progress != told:
                on_progress(progress)
                told = progress
            if "preference-applied" not in answer.headers:  # not held, so the service wants us to wait
                yield Pause(answer.retry_after_s)

    def sign_hashes(self, ask: Ask, approval: Approval, idempotency_key: str | None) -> Flow[tuple[bytes, ...]]:
        """`signatures/signHash` (CSC API 2.0 §11.10)."""
        key = {"Idempotency-Key": idempotency_key or secrets.token_urlsafe(16)}
        answer = yield from self._post("signatures/signHash", ask.sign_body(approval.sad), key)
        signatures = answer.binaries("signatures")
        if len(signatures) != len(ask.digests):
            raise AnswerUnusable(
                f"the answer to signatures/signHash can't be used: {len(signatures)} signatures for {len(ask.digests)} digests"
            )
        return signatures

    def sign(self, ask: Ask, on_asked: OnAsked, on_progress: OnProgress) -> Flow[tuple[bytes, ...]]:
        """The whole way of one request."""
        asked = yield from self.authorize(ask)
        on_asked(asked)
        approval = yield from self.wait(asked.handle, on_progress)
        return (yield from self.sign_hashes(ask, approval, asked.handle))

    def cancel(self, handle: str) -> Flow[None]:
        """Withdraw a request that waits (docs/api.md)."""
        yield from self._authorized(Request("DELETE", f"/authorizations/{quote(handle, safe='')}"))

    def _post(
        self, method: str, body: dict[str, Any], headers: dict[str, str] | None = None, *, is_repeatable: bool = True
    ) -> Flow[Fields]:
        answer = yield from self._authorized(Request("POST", f"/csc/v2/{method}", headers or {}, body), is_repeatable=is_repeatable)
        return Fields(answer.json(), method)

    def _authorized(self, request: Request, *, is_repeatable: bool = True) -> Flow[Answer]:
        """Send with an access token; where the service does not take it (any more), once more with a new one."""
        token = yield from self._current_token()
        try:
            return (yield from self._send(_with(request, f"Bearer {token}"), is_repeatable=is_repeatable))
        except Refused as refusal:
            if refusal.status != 401:
                raise
        if self._token == token:
            self._token_ends = 0.0
        token = yield from self._current_token()
        return (yield from self._send(_with(request, f"Bearer {token}"), is_repeatable=is_repeatable))

    def _current_token(self) -> Flow[str]:
        """Client credentials (RFC 6749 §4.4)."""
        if self._clock() >= self._token_ends:
            pair = f"{quote_plus(self._account.client_id)}:{quote_plus(self._account.client_secret)}"  # RFC 6749 §2.3.1
            request = Request("POST", "/oauth2/token", form={"grant_type": "client_credentials"})
            try:
                answer = yield from self._send(_with(request, f"Basic {b64encode(pair.encode()).decode()}"))
            except NotAsked:
                raise
            except Refused as refusal:
                if refusal.status not in (400, 401):
                    raise
                raise ApplicationRefused(f"the service does not accept this client id and secret ({refusal.description})") from None
            fields = Fields(answer.json(), "oauth2/token")
            self._token = fields.text("access_token")
            self._token_ends = self._clock() + max(fields.number("expires_in", 3600) - RENEW_EARLY_S, 1)
        return self._token

    def _send(self, request: Request, *, is_repeatable: bool = True) -> Flow[Answer]:
        """Send, and repeat for as long as we have patience: after 429 without a reason, 503, and where no answer came."""
        gives_up, pauses = self._clock() + self._patience_s, list(PAUSES_S)
        while True:
            pause_s = pauses.pop(0) if len(pauses) > 1 else pauses[0]
            answer = yield request
            match answer:
                case Answer(status=status) if status < 400:
                    return answer
                case Answer(status=502 | 504):  # a proxy's word: it asked, and nothing came back
                    failure: Unreachable | None = Unreachable(f"a proxy got no answer (HTTP {answer.status})", may_have_arrived=True)
                case Answer(status=429 | 503):
                    failure = None
                    refusal = problem(answer)
                    pause_s = max(pause_s, answer.retry_after_s)
                    if isinstance(refusal, NotAsked) or self._clock() + pause_s >= gives_up:
                        raise refusal
                case Answer():
                    raise problem(answer)
                case NoAnswer(why, may_have_arrived):
                    failure = Unreachable(f"no answer to {request.path} ({why})", may_have_arrived=may_have_arrived)
                case _:
                    raise AssertionError("a request is answered with an answer")
            if failure is not None and ((failure.may_have_arrived and not is_repeatable) or self._clock() + pause_s >= gives_up):
                raise failure
            yield Pause(pause_s)


def _with(request: Request, authorization: str) -> Request:
    return replace(request, headers={**request.headers, "Authorization": authorization})
