"""Preparations of PDFs, kept encrypted beside their authorization: what `signDoc` will need again, and the signer has seen."""

import asyncio

import msgspec

from app.document_key import DocumentKey
from app.domain.preparation import Preparation
from app.services import Services
from app.store import preparations

PLACE = 1_000  # so that no preparation can stand for a document of the same authorization


def seal(key: DocumentKey, authorization_id: str, given: tuple[Preparation | None, ...]) -> dict[int, bytes]:
    """Encrypt what there is, by the position of its document."""
    return {
        position: key.seal(authorization_id, PLACE + position, msgspec.msgpack.encode(one))
        for position, one in enumerate(given)
        if one is not None
    }


async def preparations_of(services: Services, authorization_id: str) -> dict[int, Preparation]:
    """Give what was prepared, by the position of its document; raises StoreUnavailable where it can't be decrypted."""
    sealed = await services.database.read(preparations.of, authorization_id)
    return await asyncio.to_thread(_open, services.document_key, authorization_id, sealed)


def _open(key: DocumentKey, authorization_id: str, sealed: dict[int, bytes]) -> dict[int, Preparation]:
    return {
        position: msgspec.msgpack.decode(key.open(authorization_id, PLACE + position, one), type=Preparation)
        for position, one in sealed.items()
    }
