"""
Third step: once the signer has approved, the service collects the SAD, activates the key and keeps the signed PDF; or begins anew.

Each part is recorded before the next, and may be done by whoever looks at the page, or by any worker's sweep: after a crash the same
activation is asked for again, under the same idempotency key, and gets the same signature.
"""

import asyncio
import logging

from app.authorization.collect import collect
from app.authorization.settle import settle
from app.authorization.sign import sign
from app.domain.authorization import Authorization, State
from app.domain.parties import Credential
from app.domain.receipt import SERVICE_ID, Receipt
from app.errors import Ended, SigningRefused, Unavailable
from app.pdf_signature import Prepared, complete
from app.services import Services
from app.store import authorizations, credentials, receipts
from hsm.messages import ActivateRequest, CollectReply, ErrorCode

SWEEP_S = 5
SWEEP_MOST = 20
RSA_SHA256, ECDSA_SHA256 = "1.2.840.113549.1.1.11", "1.2.840.10045.4.3.2"
log = logging.getLogger("natsuin.receipt")


async def finish(services: Services, receipt: Receipt) -> Receipt:
    """
    Bring a receipt on as far as its authorization has come, and give it as it is now.

    Raises:
        Unavailable: it is not known how it stands; the same again will tell.
    """
    if receipt.state != "asked" or receipt.authorization_id is None:
        return receipt
    authorization = await services.database.read(authorizations.get, receipt.authorization_id)
    assert authorization is not None
    if authorization.is_over(services.now()):
        authorization = await settle(services, authorization)
    if authorization.state is State.PENDING:
        return receipt
    if receipt.sad is None:
        return await finish(services, await _collected(services, receipt, authorization))
    try:
        await _sign(services, receipt, authorization, receipt.sad)
    except SigningRefused as refusal:
        if refusal.code is not ErrorCode.IN_PROGRESS:  # by another worker at this moment
            log.info("receipt of %s not signed: %s", receipt.credential_id, refusal.code)
            if (await settle(services, authorization)).state not in (State.APPROVED, State.SIGNED):
                await services.database.write(receipts.reopen, receipt)
    return await _reread(services, receipt)


async def finish_where_possible(services: Services, receipt: Receipt) -> Receipt:
    """The same for a page, which shows it as it is where it can't be finished now; a worker's sweep tries again."""
    try:
        return await finish(services, receipt)
    except Unavailable as doubt:
        log.warning("not finished: %s: %s", type(doubt).__name__, doubt)
        return receipt


async def sweep(services: Services) -> None:
    """Finish, for as long as the worker lives, the receipts whose signers have closed the page."""
    while True:
        await asyncio.sleep(SWEEP_S)
        try:
            decided = await services.database.read(receipts.decided, SWEEP_MOST)
        except Unavailable as doubt:
            log.warning("not finished: %s: %s", type(doubt).__name__, doubt)
            continue
        for receipt in decided:
            await finish_where_possible(services, receipt)


async def _collected(services: Services, receipt: Receipt, authorization: Authorization) -> Receipt:
    """
    Keep the SAD, or begin anew where there is none, and give the receipt as it is then.

    The SAD is kept before it is used, because the SAM makes none for an approval that is spent. Where another worker was faster, the SAM
    may have none any more; then nothing is changed here, because the receipt is another than the one that was read.
    """
    try:
        collected = await collect(services, SERVICE_ID, authorization.id, 0)
    except Ended:
        await services.database.write(receipts.reopen, receipt)
    else:
        assert isinstance(collected, CollectReply)  # it was decided, and stays so
        await services.database.write(receipts.keep_sad, receipt, collected.sad)
    return await _reread(services, receipt)


async def _sign(services: Services, receipt: Receipt, authorization: Authorization, sad: str) -> None:
    credential = await services.database.read(credentials.get, receipt.credential_id)
    assert credential is not None
    (signature,) = await sign(services, _activation(receipt, authorization, credential, sad))
    hollow = await services.database.read(receipts.pdf, receipt.credential_id)
    prepared = Prepared(hollow, receipt.original_bytes, receipt.hole_start, receipt.hole_end, receipt.signed_attributes)
    pdf = await asyncio.to_thread(complete, prepared, credential.certificates, signature)
    await services.database.write(receipts.sign, receipt, pdf, services.now())


def _activation(receipt: Receipt, authorization: Authorization, credential: Credential, sad: str) -> ActivateRequest:
    return ActivateRequest(
        sad=sad,
        application_id=SERVICE_ID,
        credential_id=receipt.credential_id,
        hashes=(receipt.digest,),
        sign_algorithm=RSA_SHA256 if credential.key_algorithm.startswith("rsa-") else ECDSA_SHA256,
        idempotency_key=f"receipt-{authorization.id}",
    )


async def _reread(services: Services, receipt: Receipt) -> Receipt:
    current = await services.database.read(receipts.of_key, receipt.credential_id)
    assert current is not None
    return current
