"""The receipt for a certificate, as a library: asked for, read and checked like any request, approved, and saved when it is signed."""

import asyncio
import time

import msgspec

from demo.phone.errors import ReceiptMissing, TransactionRefused
from demo.phone.phone import Phone

LOOK_EVERY_S = 0.5
PATIENCE_S = 60


class Receipt(msgspec.Struct, frozen=True):
    """How a key's receipt stands: open, asked or signed; `document` is its path on the server."""

    credential_id: str
    state: str
    document: str


class _Receipts(msgspec.Struct):
    receipts: list[Receipt]


class _Asked(msgspec.Struct):
    id: str


async def receipts(phone: Phone) -> list[Receipt]:
    """List the receipts of the signer's keys, signed or not."""
    return (await phone.server.get("/receipt", _Receipts)).receipts


async def sign_receipt(phone: Phone, credential_id: str) -> bytes:
    """
    Have the receipt of a key signed where it is not yet, and give the PDF.

    Raises:
        ReceiptMissing: there is no such key, or the service does not sign what was approved.
        TransactionRefused: another key's signature would be approved.
    """
    receipt = await _receipt(phone, credential_id)
    if receipt.state != "signed":
        asked = await phone.server.post("/receipt", {"credential_id": credential_id}, _Asked)
        seen = await phone.look(asked.id)
        if seen.transaction.credential_id != credential_id:
            raise TransactionRefused("the server would have another key sign")
        if seen.public_key is not None:  # else it was approved before, and is being signed
            await phone.approve(seen)
    ends = time.monotonic() + PATIENCE_S
    while (receipt := await _receipt(phone, credential_id)).state != "signed":
        if time.monotonic() > ends:
            raise ReceiptMissing("the receipt was approved, and is not signed yet")
        await asyncio.sleep(LOOK_EVERY_S)
    return await phone.server.get_file(receipt.document)


async def _receipt(phone: Phone, credential_id: str) -> Receipt:
    for one in await receipts(phone):
        if one.credential_id == credential_id:
            return one
    raise ReceiptMissing(f"there is no key {credential_id}")
