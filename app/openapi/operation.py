"""What is said of one call; everything that is the same for a kind of calls is said by `access` and `refusals`."""

from enum import StrEnum
from typing import Any

from msgspec import Struct

from app.openapi.refusals import Refusal


class Access(StrEnum):
    """What a call needs to know who asks."""

    NOBODY = "nobody"  # it says the same to everyone
    SERVICE = "service"  # an access token of scope `service`
    ANY = "any"  # that, or one of scope `credential`
    CLIENT = "client"  # the application itself, at the token endpoints
    BASIC = "basic"  # id and secret
    EVENTS = "events"  # the secret of one event stream, or an access token of scope `service`


class Group(StrEnum):
    """Under which heading a call stands."""

    V2 = "CSC v2"
    OURS = "Requests"
    OAUTH = "OAuth 2.0"
    V1 = "CSC v1"
    SERVICE = "The service"


class Parameter(Struct, frozen=True, kw_only=True):
    """A header, a part of the path or of the query."""

    name: str
    where: str
    kind: Any = str
    description: str
    required: bool = False
    example: str = ""


class Answer(Struct, frozen=True, kw_only=True):
    """A good answer: its type, None where there is no body."""

    status: int = 200
    kind: Any = None
    description: str
    headers: tuple[str, ...] = ()
    media_type: str = "application/json"


class Link(Struct, frozen=True, kw_only=True):
    """What an answer is good for: another call, with these values of it (OpenAPI 3.1, link object)."""

    status: int
    to: str
    body: dict[str, str] = {}
    parameters: dict[str, str] = {}


class Operation(Struct, frozen=True, kw_only=True):
    """One call."""

    method: str
    path: str
    id: str
    group: Group
    summary: str
    source: str
    access: Access
    body: type[Struct] | None = None
    is_form: bool = False
    parameters: tuple[Parameter, ...] = ()
    answers: tuple[Answer, ...]
    refusals: tuple[Refusal, ...] = ()
    links: tuple[Link, ...] = ()
    example: dict[str, Any] = {}
    deprecated: bool = False
