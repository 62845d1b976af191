"""First step: the receipt is composed, and kept as it would be signed; an older draft gives way to a new one."""

import asyncio

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from app.domain.parties import Credential
from app.domain.receipt import Receipt
from app.pdf_signature import Prepared, prepare
from app.receipt.document import REASON, Matter, compose
from app.services import Services
from app.store import parties, receipts

GOOD_FOR_S = 900


async def current(services: Services, credential: Credential) -> Receipt:
    """Give the receipt of a key as it is, or a draft that is not old; raises FontsMissing."""
    receipt = await services.database.read(receipts.of_key, credential.credential_id)
    if receipt is not None and (receipt.state != "draft" or services.now() < receipt.composed + GOOD_FOR_S):
        return receipt
    now = int(services.now())
    matter = await services.database.read(_matter, credential)
    prepared = await asyncio.to_thread(_make, matter, services.config.service_name, services.config.origin, now)
    draft = Receipt(
        credential_id=credential.credential_id,
        user_id=credential.user_id,
        original_bytes=prepared.original_bytes,
        hole_start=prepared.hole_start,
        hole_end=prepared.hole_end,
        signed_attributes=prepared.signed_attributes,
        composed=now,
    )
    try:
        kept = await services.database.write(receipts.keep_draft, draft, prepared.pdf, receipt)
    except IntegrityError:
        kept = False
    return draft if kept else await current(services, credential)  # another call was first


def _make(matter: Matter, service_name: str, origin: str, now: int) -> Prepared:
    pdf = compose(matter, service_name=service_name, origin=origin, now=now)
    return prepare(pdf, matter.credential.certificates, name=matter.signer.name, reason=REASON, now=now)


def _matter(connection: Connection, credential: Credential) -> Matter:
    signer = parties.signer(connection, credential.user_id)
    assert signer is not None
    return Matter(signer, credential, parties.passkeys_for(connection, credential.enrollment_id))
