"""
CSC 1.0.4 beside 2.0, over the same core: its own names for parameters, its own words for what is wrong, and an `authorize` that waits.

The mode is `implicit`: the signer is asked on the phone, and a PIN or OTP from an application is refused. There is no handle to come back
with, so `authorize` is answered when the signer has decided, and the request is withdrawn where its caller hangs up.
"""

import asyncio
import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from msgspec import UNSET, structs
from starlette.requests import Request
from starlette.responses import Response

from app.answering import answer
from app.authorization.collect import collect
from app.authorization.request import Ask
from app.authorization.request import request as ask_signer
from app.authorization.sign import sign
from app.authorization.withdraw import withdraw
from app.csc.algorithms import DIGEST_BYTES
from app.csc.answers import Approved, CredentialsV1, CredentialV1, Signatures
from app.csc.authorize import read_ask
from app.csc.body import MAX_BODY_BYTES, Body, decode_base64
from app.csc.credentials import application_of, describe_key, named_user, read_one, standings_of
from app.csc.explicit import language_of
from app.csc.extend import extend
from app.csc.info import describe_service
from app.csc.own_sad import with_own_sad
from app.csc.sign_hash_body import read_activation
from app.domain.authorization import LONGEST_LIFE_S, Authorization, State
from app.errors import BadParameter, Ended, OtpFromApplication, PinFromApplication, ScreenNeeded, SigningRefused
from app.oauth.bearer import caller_of, service_caller_of
from app.oauth.credential_token import require_sad_of
from app.oauth.reach import signer_of
from app.reading import read_json
from app.services import Services
from hsm.messages import CollectReply, ErrorCode

SPECS = "1.0.3.0"  # what 1.0.4.0 still prints
METHODS = (
    "credentials/list",
    "credentials/info",
    "credentials/authorize",
    "credentials/extendTransaction",
    "signatures/signHash",
)
MOST_RESULTS = 100
AT_ONCE = {"operationMode": "S", "validity_period": None, "response_uri": None}  # v1 knows no other mode, nor its fields


async def info(services: Services, request: Request) -> Response:
    """`info` (CSC 1.0.4 §11.1)."""
    lang = language_of(await _read(request))
    return answer(describe_service(services.config, SPECS, lang, METHODS))


async def list_credentials(services: Services, request: Request) -> Response:
    """`credentials/list` (CSC 1.0.4 §11.4), a page at a time."""
    caller = await service_caller_of(services, request)
    body = await _read(request)
    user_id = named_user(caller, body)
    most = body.number_within("maxResults", 1, MOST_RESULTS, MOST_RESULTS)
    after = body.optional_text("pageToken", longest=100)
    body.optional_text("clientData")
    ids = [one.credential.credential_id for one in await standings_of(services, caller.client_id, user_id, ask=False)]
    if after is not None:
        if after not in ids:
            raise BadParameter("Invalid parameter pageToken")
        ids = ids[ids.index(after) + 1 :]
    return answer(CredentialsV1(credentialIDs=ids[:most], nextPageToken=ids[most - 1] if len(ids) > most else UNSET))


async def credential_info(services: Services, request: Request) -> Response:
    """`credentials/info` (CSC 1.0.4 §11.5)."""
    caller = await caller_of(services, request)
    stands, wanted = await read_one(services, caller, await _read(request))
    return answer(CredentialV1(**structs.asdict(describe_key(stands, services.now(), wanted)), authMode="implicit"))


async def authorize(services: Services, request: Request) -> Response:
    """`credentials/authorize` (CSC 1.0.4 §11.6): the SAD, as soon as the signer has approved."""
    caller = await service_caller_of(services, request)
    application = await application_of(services, caller)
    fields = await read_json(request, MAX_BODY_BYTES)
    ask = _read_ask(fields, services.config.authorization_life_s)
    ask = structs.replace(ask, user_id=signer_of(caller, ask.user_id))
    if application.asks_code or application.moving_code:
        raise ScreenNeeded
    authorization, _ = await ask_signer(services, application.client_id, ask)
    collected = await _collected_or_withdrawn(services, request, authorization)
    return answer(Approved(collected.sad, max(0, int(collected.usable_until - services.now())), collected.factor))


async def extend_transaction(services: Services, request: Request) -> Response:
    """`credentials/extendTransaction` (CSC 1.0.4 §11.8)."""
    caller = await caller_of(services, request)
    fields = await read_json(request, MAX_BODY_BYTES)
    with _words_of_v1():
        return answer(await extend(services, caller, Body(_with_hashes(fields))))


async def sign_hash(services: Services, request: Request) -> Response:
    """`signatures/signHash` (CSC 1.0.4 §11.9)."""
    caller = await caller_of(services, request)
    fields = await read_json(request, MAX_BODY_BYTES)
    names = {
        "hashes": fields.get("hash"),
        "hashAlgorithmOID": fields.get("hashAlgo"),
        "operationMode": "S",
        "validity_period": None,
        "response_uri": None,
    }
    with _words_of_v1():
        body = with_own_sad(caller, Body(fields | names))
        activation = read_activation(body, caller.client_id, request.headers.get("idempotency-key"))
        await require_sad_of(services, caller, activation.sad)
        signatures = await sign(services, activation)
    return answer(Signatures([base64.b64encode(one).decode() for one in signatures]))


def _read_ask(fields: dict[str, Any], life_s: int) -> Ask:
    if fields.get("PIN") is not None:
        raise PinFromApplication
    if fields.get("OTP") is not None:
        raise OtpFromApplication
    ask = read_ask(Body(_with_hashes(fields) | {"authData": [], "documents": None, "return_url": None, "state": None}), life_s)
    if ask.life_s > LONGEST_LIFE_S:  # nobody holds a connection for days
        raise BadParameter("Invalid parameter requestedExpiry")
    return ask


def _with_hashes(fields: dict[str, Any]) -> dict[str, Any]:
    """Give the fields with the names of v2; the algorithm of the hashes, which v1 does not name, is the one that makes this length."""
    given = fields.get("hash")
    digests = [decode_base64(one) or b"" for one in given if isinstance(one, str)] if isinstance(given, list) else []
    named = next((oid for oid, size in DIGEST_BYTES.items() if digests and len(digests[0]) == size), next(iter(DIGEST_BYTES)))
    return fields | {"hashes": given, "hashAlgorithmOID": named}


async def _collected_or_withdrawn(services: Services, request: Request, authorization: Authorization) -> CollectReply:
    waiting = asyncio.create_task(collect(services, authorization.application_id, authorization.id, LONGEST_LIFE_S))
    hanging_up = asyncio.create_task(_hang_up(request))
    try:
        await asyncio.wait((waiting, hanging_up), return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            await withdraw(services, authorization)  # nobody waits for the answer any more, and nobody else could collect it
        collected = await waiting
    finally:
        waiting.cancel()
        hanging_up.cancel()
    if isinstance(collected, Authorization):
        raise Ended(State.EXPIRED)
    return collected


async def _hang_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


@contextmanager
def _words_of_v1() -> Iterator[None]:
    """What is wrong with the hash algorithm is said by its name in v1."""
    try:
        yield
    except BadParameter as error:
        raise BadParameter(str(error).replace("hashAlgorithmOID", "hashAlgo")) from None
    except SigningRefused as refusal:
        if refusal.code is ErrorCode.HASH_ALGORITHM_REFUSED:
            raise BadParameter("Invalid parameter hashAlgo") from None
        raise


async def _read(request: Request) -> Body:
    return Body(await read_json(request, MAX_BODY_BYTES))
