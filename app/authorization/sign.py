"""Steps 7 and 8: the application presents the SAD and the hashes; the SAM signs, once."""

import logging

import msgspec

from app.domain.authorization import State
from app.errors import SamRefused, SigningRefused, StatusUnavailable, StoreUnavailable
from app.services import Services
from app.store import authorizations, credentials
from hsm.messages import ActivateRequest, ErrorCode

log = logging.getLogger("natsuin.sign")


async def sign(services: Services, request: ActivateRequest) -> tuple[bytes, ...]:
    """
    Let the SAM activate the key, and record that it did.

    Raises:
        SigningRefused: with the SAM's reason.
        StatusUnavailable: nobody says whether the certificate still stands; nothing is spent.
        SamUnavailable: whether a signature was made is not known here; the same request with the same Idempotency-Key will tell.
    """
    credential = await services.database.read(credentials.get, request.credential_id)
    if credential is not None:
        request = msgspec.structs.replace(request, status=await services.statuses.of(credential))
    try:
        reply = await services.sam.activate(request)
    except SamRefused as refusal:
        if refusal.code is ErrorCode.STATUS_UNKNOWN:
            raise StatusUnavailable("the CA's word on the certificate is not to be had") from None
        if refusal.authorization_id is not None:
            await _record(services, refusal.authorization_id, State.UNKNOWN)
        raise SigningRefused(refusal.code, credential.subject if credential is not None else "") from None
    await _record(services, reply.authorization_id, State.SIGNED)
    return reply.signatures


async def _record(services: Services, authorization_id: str, state: State) -> None:
    """
    Write down what the SAM has recorded already; where that can't be done now, the answer is not held back: settling will find it.

    Nobody holds a poll for this: a held poll has its answer once the signer has decided.
    """
    try:
        await services.database.write(authorizations.finish, authorization_id, state)
    except StoreUnavailable as doubt:
        log.warning("%s ended as %s, which is not recorded yet: %s", authorization_id, state, doubt)
