"""
The operator's API, JSON under `/operator/v1`: the acts of the command line, with its values and its errors.

It is served at a door of its own, never on the public port; whoever gets there may do all of it, and each act is recorded with who did it.
"""

import asyncio
import base64
import logging
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.config import Config
from app.domain.parties import Signer
from app.errors import NatsuinError, Unavailable
from app.operator import clients, examination, keys, record, recoveries, signers, tokens
from app.operator.clients import NewApplication
from app.operator.desk import Desk
from app.operator.invitation import Invitation, by_certificate, by_hash, by_letter, by_link
from app.operator.refusal import Refusal, Unknown
from app.store.database import Database

MAX_BODY_BYTES = 20_000_000 * 4 // 3 + 10_000  # a file of tokens, in base64
log = logging.getLogger("natsuin.operator")


class Nothing(Struct, frozen=True, forbid_unknown_fields=True):
    """A request without a body."""


class SetClient(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is not named stays; a limit of null is as for all applications."""

    code: bool | UnsetType = UNSET
    inbox: bool | UnsetType = UNSET
    for_all: bool | UnsetType = UNSET
    passkey_only: bool | UnsetType = UNSET
    most_documents: int | UnsetType | None = UNSET
    longest_life_s: int | UnsetType | None = UNSET
    per_minute: int | UnsetType | None = UNSET
    per_day: int | UnsetType | None = UNSET
    new_callback_secret: bool | UnsetType = UNSET


def set_client(desk: Desk, asked: SetClient, client_id: str) -> dict[str, Any]:
    """Change what an application may."""
    named = {name: value for name, value in msgspec.structs.asdict(asked).items() if value is not UNSET}
    return clients.change(desk, client_id, named)


class Letter(Struct, frozen=True, forbid_unknown_fields=True):
    postal_code: str
    address: Annotated[list[str], Meta(max_length=3)]


class AddSigner(Struct, frozen=True, forbid_unknown_fields=True):
    """
    At most one of `letter`, `code_sha256`, `code` and `existing_certificate`; with none, the demo CA is asked for a code, for a link.

    `existing_certificate`: the person applies at the CA with a certificate, and needs no code.

    `agreed`: the client ids of applications that the person agreed to elsewhere.
    `replaces`: for who has lost everything; all earlier keys are destroyed when the new one is certified.
    """

    user_id: str
    name: str
    letter: Letter | None = None
    code_sha256: str | None = None
    code: str | None = None
    existing_certificate: bool = False
    replaces: bool = False
    agreed: list[str] = []


class Freeze(Struct, frozen=True, forbid_unknown_fields=True):
    """`for_s` seconds; null or absent: until the signer uses the key again."""

    for_s: Annotated[int, Meta(ge=1, le=10**10)] | None = None


class ImportTokens(Struct, frozen=True, forbid_unknown_fields=True):
    """`file` in base64, PSKC or CSV; `key` in hex or `passphrase` where it is encrypted."""

    file: bytes
    key: str | None = None
    passphrase: str | None = None

    def __repr__(self) -> str:
        return "<ImportTokens>"


def add_signer(desk: Desk, asked: AddSigner) -> dict[str, Any]:
    """Let a person enrol; a letter comes back in base64."""
    if [asked.letter, asked.code_sha256, asked.code, asked.existing_certificate or None].count(None) < 3:
        raise Refusal("letter, code_sha256, code and existing_certificate exclude each other.")
    letters: list[bytes] = []

    def invite(signer: Signer, replaces_as: str | None) -> Invitation:
        if asked.letter is not None:
            return by_letter(
                desk.config, desk.database, signer, letters.append, asked.letter.postal_code, asked.letter.address, replaces_as
            )
        if asked.code_sha256 is not None:
            return by_hash(desk.config, desk.database, signer, asked.code_sha256, replaces_as)
        if asked.existing_certificate:
            return by_certificate(desk.config, desk.database, signer, replaces_as)
        return by_link(desk.config, desk.database, signer, asked.code, replaces_as)

    invited = signers.add(desk, asked.user_id, asked.name, invite, replaces=asked.replaces, agreed=asked.agreed)
    return invited.value | ({"letter": base64.b64encode(letters[0]).decode()} if letters else {})


class Call(NamedTuple):
    """One call: its method and path, what its body must be, and what is done with desk, body and the parts of the path."""

    method: str
    path: str
    body: type[Struct]
    act: Callable[..., Any]


CALLS = (
    Call("GET", "/clients", Nothing, lambda desk, _: clients.listed(desk)),
    Call("POST", "/clients", NewApplication, clients.add),
    Call("POST", "/clients/{client_id}", SetClient, set_client),
    Call("DELETE", "/clients/{client_id}", Nothing, lambda desk, _, client_id: clients.remove(desk, client_id)),
    Call("GET", "/signers", Nothing, lambda desk, _: signers.listed(desk)),
    Call("POST", "/signers", AddSigner, add_signer),
    Call("GET", "/signers/{user_id}", Nothing, lambda desk, _, user_id: signers.shown(desk, user_id)),
    Call("GET", "/credentials", Nothing, lambda desk, _: keys.listed(desk)),
    Call("GET", "/credentials/{credential_id}", Nothing, lambda desk, _, credential_id: keys.shown(desk, credential_id)),
    Call(
        "POST",
        "/credentials/{credential_id}/freeze",
        Freeze,
        lambda desk, body, credential_id: keys.freeze(desk, credential_id, body.for_s),
    ),
    Call("POST", "/credentials/{credential_id}/destroy", Nothing, lambda desk, _, credential_id: keys.destroy(desk, credential_id)),
    Call("GET", "/recoveries", Nothing, lambda desk, _: recoveries.listed(desk)),
    Call("POST", "/recoveries/{recovery_id}/stop", Nothing, lambda desk, _, recovery_id: recoveries.stop(desk, recovery_id)),
    Call("GET", "/tokens", Nothing, lambda desk, _: tokens.told(tokens.listed(desk.config))),
    Call("POST", "/tokens", ImportTokens, lambda desk, body: tokens.take_in(desk, body.file, key=body.key, passphrase=body.passphrase)),
    Call("GET", "/doctor", Nothing, lambda desk, _: examination.examined()),
    Call("GET", "/acts", Nothing, lambda desk, _: record.listed(desk)),
)


def create_door(config: Config, database: Database) -> Starlette:
    """Build the ASGI application; `request.state.actor` is who asks."""
    routes = [Route(f"/operator/v1{call.path}", _endpoint(config, database, call), methods=[call.method]) for call in CALLS]
    app = Starlette(routes=routes, exception_handlers={HTTPException: _http_error}, max_body_size=MAX_BODY_BYTES)
    app.router.redirect_slashes = False
    return app


def _endpoint(config: Config, database: Database, call: Call) -> Callable[[Request], Awaitable[Response]]:
    decoder = msgspec.json.Decoder(call.body)

    async def endpoint(request: Request) -> Response:
        raw = await request.body()
        if raw and request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return _error(400, "The body must be application/json.")
        try:
            body = decoder.decode(raw or b"{}")
        except (ValueError, RecursionError) as problem:  # its text has the place, and nothing of the value
            return _error(400, f"The body can't be read: {problem}")
        desk = Desk(config, database, request.state.actor)
        try:
            return JSONResponse(await asyncio.to_thread(call.act, desk, body, **request.path_params))
        except Unavailable as doubt:
            return _error(503, str(doubt) or type(doubt).__name__, {"Retry-After": str(doubt.retry_after_s)})
        except Unknown as refusal:
            return _error(404, str(refusal))
        except (Refusal, NatsuinError) as refusal:
            return _error(400, str(refusal) or type(refusal).__name__)
        # What nobody foresaw: the HTTP server would log it with its text, which could hold what must not be in a log.
        except Exception as error:
            log.error("unforeseen: %s at %s %s", type(error).__name__, call.method, call.path)
            return _error(500, "Internal error; the log of the operator's door names it.")

    return endpoint


async def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _error(error.status_code, error.detail)


def _error(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": text}, status, headers=headers)
