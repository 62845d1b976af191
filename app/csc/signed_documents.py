"""
What `signDoc` does (CSC 2.0 §11.11): approved digests and documents become PAdES signatures (ETSI EN 319 142-1), up to B-LTA.

What the key signs are attributes that name an approved digest, which the SAM checks; or, of a document that was sent to `authorize`, the
approved hash itself. What makes a signature last (timestamps, validation data) needs no approval.
"""

import asyncio
import base64
import hashlib

from msgspec import UNSET, Struct

from app import pades
from app.authorization.prepared import preparations_of
from app.authorization.sign import sign
from app.csc.algorithms import OID_OF, mechanism_for
from app.csc.answers import SignedDocuments, ValidationInfo
from app.csc.documents import DIGESTS
from app.csc.sign_doc_body import NOT_AUTHORIZED, Item, SignDoc
from app.csc.signature_plan import B_LT, B_LTA, B_T
from app.domain.authorization import Authorization
from app.domain.parties import Credential
from app.errors import BadParameter, CredentialUnknown, DocumentDiffers, PdfUnusable, SigningRefused, TimestampUnavailable
from app.services import Services
from app.store import authorizations, credentials
from app.validation_data import ValidationData, validation_data
from hsm.messages import ActivateRequest, ErrorCode, SignTransaction, named_authorization, read_transaction

TIMESTAMP_WITHIN_S = 30


class ToSign(Struct, frozen=True):
    """One signature that is to be made: the approved hash, the attributes that are signed, and for a document the file with its hole."""

    item: Item
    hash: bytes
    attributes: bytes
    pdf: bytes | None = None
    hole: tuple[int, int] = (0, 0)


async def signed_documents(services: Services, client_id: str, asked: SignDoc, idempotency_key: str | None) -> SignedDocuments:
    """Let the SAM sign what was approved, and give the answer of `signDoc`; raises as `sign` does."""
    authorization, credential = await _approved(services, client_id, asked)
    transaction = read_transaction(authorization.transaction, SignTransaction)
    if asked.hash_algorithm not in (None, transaction.hash_algorithm):
        raise BadParameter("Invalid parameter hashAlgorithmOID")
    name = DIGESTS[transaction.hash_algorithm]
    if asked.of_documents:
        to_sign = await _prepared(services, authorization, transaction, asked, name)
    else:
        to_sign = await asyncio.to_thread(_digested, asked, name, credential.certificates)
    wants_data = asked.return_validation_info or any(one.item.level >= B_LT for one in to_sign)
    data = await validation_data(services.statuses, credential.certificates) if wants_data else ValidationData()  # before anything is spent
    activation = ActivateRequest(
        sad=asked.sad,
        application_id=client_id,
        credential_id=asked.credential_id,
        hashes=tuple(one.hash for one in to_sign),
        sign_algorithm=asked.sign_algorithm,
        hash_algorithm=transaction.hash_algorithm,
        sign_algorithm_parameters=asked.parameters,
        idempotency_key=idempotency_key or f"signDoc-{hashlib.sha256(asked.sad.encode()).hexdigest()}",
        signed_attributes=() if asked.of_documents else tuple(one.attributes for one in to_sign),
    )
    try:
        signatures = await sign(services, activation)
    except SigningRefused as refusal:
        if refusal.code is ErrorCode.HASHES_DIFFER:
            raise BadParameter(NOT_AUTHORIZED) from None
        raise
    outputs = []
    for one, signature in zip(to_sign, signatures, strict=True):
        output, more = await _finished(services, asked, one, signature, credential, name, data)
        outputs.append(base64.b64encode(output).decode())
        data += more
    return SignedDocuments(
        DocumentWithSignature=outputs if asked.of_documents else UNSET,
        SignatureObject=UNSET if asked.of_documents else outputs,
        validationInfo=_info(data) if asked.return_validation_info else UNSET,
    )


async def _approved(services: Services, client_id: str, asked: SignDoc) -> tuple[Authorization, Credential]:
    """Find the record of what the SAD says it is for; whether it is genuine, the SAM tells when it is used."""
    named = named_authorization(asked.sad)
    found = await services.database.read(authorizations.of_application, named, client_id) if named is not None else None
    if found is None:
        raise SigningRefused(ErrorCode.SAD_INVALID)
    credential = await services.database.read(credentials.get, found.credential_id)
    if credential is None or credential.credential_id != asked.credential_id:
        raise CredentialUnknown
    return found, credential


def _digested(asked: SignDoc, name: str, certificates: tuple[bytes, ...]) -> list[ToSign]:
    return [ToSign(item, digest, pades.signed_attributes(digest, name, certificates)) for item in asked.items for digest in item.digests]


async def _prepared(
    services: Services, authorization: Authorization, transaction: SignTransaction, asked: SignDoc, name: str
) -> list[ToSign]:
    """Find for each document the place in the approval where it was prepared, each place once."""
    left = await preparations_of(services, authorization.id)
    if not left:
        raise BadParameter(NOT_AUTHORIZED)
    found = []
    for item in asked.items:
        digest = await asyncio.to_thread(lambda document: hashlib.new(name, document).digest(), item.document)
        position = next((place for place, one in left.items() if one.original == digest), None)
        if position is None:
            raise DocumentDiffers
        prepared, approved = left.pop(position), transaction.documents[position]
        item.require_plan(prepared.plan)
        content = approved.content
        assert content is not None
        assert content.signed_attributes is not None
        hole = (prepared.hole_start, prepared.hole_end)
        found.append(ToSign(item, approved.hash, content.signed_attributes, item.document + prepared.tail, hole))
    return found


async def _finished(
    services: Services, asked: SignDoc, one: ToSign, signature: bytes, credential: Credential, name: str, data: ValidationData
) -> tuple[bytes, ValidationData]:
    """Make of a signature what was asked for, and give with it what more is known of the certificates that are in it."""
    loop = asyncio.get_running_loop()

    def stamp(digest: bytes, by: str) -> bytes:
        asked = asyncio.run_coroutine_threadsafe(services.timestamps.token(digest, OID_OF[by]), loop)
        try:
            return asked.result(TIMESTAMP_WITHIN_S)
        except TimeoutError:
            raise TimestampUnavailable("no answer in time") from None

    mechanism = mechanism_for(credential.key_algorithm, asked.sign_algorithm, name, asked.parameters)
    stamping = stamp if one.item.level >= B_T else None
    cms = await asyncio.to_thread(pades.signed_data, one.attributes, name, credential.certificates, signature, mechanism, stamping)
    more = ValidationData()
    if one.item.level >= B_LT:
        for chain in pades.certificates_of_timestamps(cms):
            more += await validation_data(services.statuses, chain)
    if one.pdf is None:
        return cms, more
    try:
        pdf = await asyncio.to_thread(pades.filled, one.pdf, *one.hole, cms)
    except PdfUnusable:
        raise TimestampUnavailable("a token that does not fit into the document") from None
    if one.item.level >= B_LT:
        all_data = data + more
        pdf = await asyncio.to_thread(pades.with_validation_data, pdf, all_data.certificates, all_data.ocsps, all_data.crls)
    if one.item.level >= B_LTA:
        pdf = await asyncio.to_thread(pades.with_document_timestamp, pdf, name, stamp)
    return pdf, more


def _info(data: ValidationData) -> ValidationInfo:
    parts = (data.ocsps, data.crls, data.certificates)
    return ValidationInfo(*([base64.b64encode(one).decode() for one in part] for part in parts))
