"""
What goes over the wire, without the wire: requests, answers, pauses, and a call as a generator that yields the one and is sent the other.

A `Flow` sends nothing itself. `natsuin.client.client` runs it over httpx2, in one way for `Client` and in another for `AsyncClient`.
"""

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from natsuin.client.errors import AlreadySigned, Cancelled, ClientError, Expired, Lapsed, NotAsked, OutcomeUnknown, Refused, SignerRefused

Result = TypeVar("Result")
RETRY_AFTER_S = 2.0  # where the service does not say


@dataclass(frozen=True, slots=True)
class Account:
    """The application's account at the service, as `natsuin client add` gives it."""

    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; `path` is below the origin, the body is JSON or a form."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: Any = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """Give the body; None where it is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def retry_after_s(self) -> float:
        value = self.headers.get("retry-after", "")
        return float(value) if value.isascii() and value.isdigit() else RETRY_AFTER_S


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """None came: the connection was lost, or there was none (`may_have_arrived` is False), or it took too long."""

    why: str
    may_have_arrived: bool


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait before going on."""

    seconds: float


Flow: TypeAlias = Generator[Request | Pause, Answer | NoAnswer | None, Result]
"""It is sent an Answer or NoAnswer for each Request, None for each Pause, and returns its result or raises ClientError."""


def problem(answer: Answer) -> ClientError:
    """Give the error that an answer of status 400 and above stands for (docs/api.md, Errors)."""
    body = answer.json()
    fields = body if isinstance(body, dict) else {}
    error, description, reason, state = (str(fields.get(name) or "") for name in ("error", "error_description", "reason", "state"))
    if error == "outcome_unknown" or state == "unknown":
        return OutcomeUnknown()
    if state == "refused" or (error == "access_denied" and reason):
        return SignerRefused(reason or "declined")
    if state == "expired" or error == "authorization_expired":
        return Expired()
    if state == "cancelled" or error == "authorization_cancelled":
        return Cancelled()
    if state == "lapsed" or description == "SAD expired":
        return Lapsed()
    if state == "signed":
        return AlreadySigned()
    if answer.status == 429 and reason:
        return NotAsked(description, reason, answer.retry_after_s)
    return Refused(answer.status, error or "unknown", description)
