"""`signatures/signDoc` (CSC 2.0 §11.11): PAdES signatures on documents and on their digests, up to B-LTA; no other format."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from app.answering import answer
from app.csc.asynchronous import Work, accept
from app.csc.authorize import MAX_BODY_BYTES
from app.csc.body import read_body
from app.csc.mode import read_mode
from app.csc.own_sad import with_own_sad
from app.csc.sign_doc_body import read_sign_doc
from app.csc.sign_hash_body import LONGEST_IDEMPOTENCY_KEY
from app.csc.signed_documents import signed_documents
from app.errors import BadParameter
from app.oauth.bearer import caller_of
from app.oauth.credential_token import require_sad_of
from app.services import Services


async def sign_doc(services: Services, request: Request) -> Response:
    """Sign; the same request again gets the same signature, with what makes it last gathered anew."""
    caller = await caller_of(services, request)
    body = with_own_sad(caller, await read_body(request, MAX_BODY_BYTES))
    asked = await asyncio.to_thread(read_sign_doc, body, timestamped=services.config.tsa_url is not None)
    key = request.headers.get("idempotency-key")
    if key is not None and not 0 < len(key) <= LONGEST_IDEMPOTENCY_KEY:
        raise BadParameter("Invalid header Idempotency-Key")
    await require_sad_of(services, caller, asked.sad)
    if (later := read_mode(body)) is not None:
        work = Work(documents=asked, idempotency_key=key)
        return await accept(services, caller, asked.sad, asked.credential_id, work, later)
    return answer(await signed_documents(services, caller.client_id, asked, key))
