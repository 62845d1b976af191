"""`signatures/signHash` (CSC 2.0 §11.10): the SAD and the approved hashes, for the signatures."""

import base64

from starlette.requests import Request
from starlette.responses import Response

from app.answering import answer
from app.authorization.sign import sign
from app.csc.answers import Signatures
from app.csc.asynchronous import Work, accept
from app.csc.body import read_body
from app.csc.mode import read_mode
from app.csc.own_sad import with_own_sad
from app.csc.sign_hash_body import read_activation
from app.oauth.bearer import caller_of
from app.oauth.credential_token import require_sad_of
from app.services import Services


async def sign_hash(services: Services, request: Request) -> Response:
    """Sign; the same request with the same `Idempotency-Key` gets the same answer."""
    caller = await caller_of(services, request)
    body = with_own_sad(caller, await read_body(request))
    activation = read_activation(body, caller.client_id, request.headers.get("idempotency-key"))
    await require_sad_of(services, caller, activation.sad)
    if (later := read_mode(body)) is not None:
        work = Work(hashes=activation, idempotency_key=activation.idempotency_key)
        return await accept(services, caller, activation.sad, activation.credential_id, work, later)
    signatures = await sign(services, activation)
    return answer(Signatures([base64.b64encode(one).decode() for one in signatures]))
