"""
Second step: the service asks its signer for the receipt, as any application would; the signer opens it, and approves with the passkey.

The document goes with the request as any other does, so the phone compares it by itself.
"""

import hashlib
from functools import partial

from sqlalchemy import Connection

from app.account.own_credential import own_credential
from app.authorization.request import Ask
from app.authorization.request import request_for as ask_signer
from app.domain.authorization import Authorization, State
from app.domain.document import Upload
from app.domain.receipt import Receipt, service_application
from app.errors import ChangeOver, Ended
from app.pdf_signature import DIGEST
from app.receipt.draft import current
from app.receipt.finish import finish
from app.services import Services
from app.store import receipts
from hsm.messages import Content

LIFE_S = 600  # to be read in peace
LABEL = "受領書 / Receipt"
DESCRIPTION = "電子証明書の受領書に署名します / Sign the receipt for your certificate"
OIDS = {"sha256": "2.16.840.1.101.3.4.2.1"}


async def ask(services: Services, user_id: str, credential_id: str) -> str:
    """
    Ask for the receipt of a key, and give the authorization; where it was asked for already, that one.

    Raises:
        SubjectUnknown: there is no such key, or it is another signer's.
        Ended: it is signed already.
        CredentialDisabled, TooManyOpen: as for any request.
    """
    credential = await own_credential(services, user_id, credential_id)
    receipt = await finish(services, await current(services, credential))
    if receipt.state == "signed":
        raise Ended(State.SIGNED)
    if receipt.authorization_id is not None:
        return receipt.authorization_id
    pdf = await services.database.read(receipts.pdf, credential_id)
    asked = Ask(
        credential_id=credential_id,
        user_id=user_id,
        hash_algorithm=OIDS[DIGEST],
        hashes=(receipt.digest,),
        labels=(LABEL,),
        description=DESCRIPTION,
        life_s=LIFE_S,
        uploads=(upload_of(receipt, pdf),),
    )
    try:
        authorization = await ask_signer(services, service_application(services.config.service_name), asked, partial(_tie, receipt))
    except ChangeOver:  # another tap was first, or the draft was composed anew: nothing was asked
        return await ask(services, user_id, credential_id)
    return authorization.id


def upload_of(receipt: Receipt, pdf: bytes) -> Upload:
    """Give the receipt as the signer opens it: with the hole, whose surroundings its signed attributes are about."""
    start, end = receipt.hole_start, receipt.hole_end
    covered = hashlib.new(DIGEST, pdf[:start] + pdf[end:]).digest()
    return Upload(Content("application/pdf", covered, (0, start, end, len(pdf) - end), receipt.signed_attributes), pdf)


def _tie(draft: Receipt, connection: Connection, authorization: Authorization) -> None:
    """In the transaction that records the authorization: afterwards both are there, or neither."""
    if not receipts.ask(connection, draft, authorization.id):
        raise ChangeOver
