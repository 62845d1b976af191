"""
`credentials/extendTransaction` (CSC 2.0 §11.10): a SAD for hashes that the signer has approved already, and for no others.

One `signHash` uses an approval up, so that there is nothing to extend it by: the answer is the SAD of the same approval, with the time it
has left. It neither adds a hash nor a second.
"""

import hmac
from collections import Counter

from starlette.requests import Request
from starlette.responses import Response

from app.answering import answer
from app.authorization.collect import collect
from app.csc.algorithms import require_digests
from app.csc.answers import Activation
from app.csc.authorize import ID
from app.csc.body import Body, read_body
from app.csc.own_sad import with_own_sad
from app.domain.authorization import Authorization, State
from app.errors import BadParameter, CredentialUnknown, Ended, HandleUnknown, SigningRefused
from app.oauth.bearer import Caller, caller_of
from app.oauth.credential_token import require_sad_of
from app.services import Services
from app.store import authorizations
from hsm.messages import CollectReply, ErrorCode, SignTransaction, named_authorization, read_transaction


async def extend_transaction(services: Services, request: Request) -> Response:
    """Give the SAD again while it is unused and its time is not over, where it stands for all of these hashes."""
    caller = await caller_of(services, request)
    return answer(await extend(services, caller, await read_body(request)))


async def extend(services: Services, caller: Caller, body: Body) -> Activation:
    """Do the same for a body of v2 or v1."""
    body = with_own_sad(caller, body)
    credential_id, sad = body.text("credentialID"), body.text("SAD")
    if not ID.match(credential_id):
        raise CredentialUnknown
    hashes = body.hashes()
    hash_algorithm = body.text("hashAlgorithmOID")
    require_digests(hash_algorithm, hashes)
    body.optional_text("clientData")
    await require_sad_of(services, caller, sad)
    authorization = await _authorization(services, caller.client_id, sad)
    collected = await _collected(services, authorization, sad)
    if authorization.credential_id != credential_id:
        raise CredentialUnknown
    transaction = read_transaction(authorization.transaction, SignTransaction)
    if transaction.hash_algorithm != hash_algorithm:
        raise BadParameter("Invalid parameter hashAlgorithmOID")
    if Counter(hashes) - Counter(document.hash for document in transaction.documents):
        raise SigningRefused(ErrorCode.HASHES_DIFFER)
    return Activation(collected.sad, max(0, int(collected.usable_until - services.now())))


async def _authorization(services: Services, client_id: str, sad: str) -> Authorization:
    named = named_authorization(sad)
    found = await services.database.read(authorizations.of_application, named, client_id) if named is not None else None
    if found is None:
        raise SigningRefused(ErrorCode.SAD_INVALID)
    return found


async def _collected(services: Services, authorization: Authorization, sad: str) -> CollectReply:
    """Collect the SAD again, and see that it is the one that was presented: the SAM gives each approval the same one."""
    try:
        collected = await collect(services, authorization.application_id, authorization.id, 0)
    except HandleUnknown:
        raise SigningRefused(ErrorCode.SAD_INVALID) from None
    except Ended as end:
        raise SigningRefused(ErrorCode.SAD_EXPIRED if end.state is State.LAPSED else ErrorCode.SAD_INVALID) from None
    if isinstance(collected, Authorization) or not hmac.compare_digest(collected.sad.encode(), sad.encode()):
        raise SigningRefused(ErrorCode.SAD_INVALID)
    return collected
