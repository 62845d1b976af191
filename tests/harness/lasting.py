"""pyHanko's judgement of a signature by what is in the file alone: nothing is fetched, and every certificate must be vouched for."""

import asyncio
from io import BytesIO

from asn1crypto import x509
from msgspec import Struct
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature, async_validate_pdf_timestamp
from pyhanko.sign.validation.dss import DocumentSecurityStore


class Lasting(Struct, frozen=True):
    """Whether the signature holds, whether a trusted timestamp is in it, and whether one is over the whole file."""

    holds: bool
    stamped: bool
    archived: bool


def judge(pdf: bytes, root: bytes) -> Lasting:
    """Validate the one signature with the data of the file's own security store; revocation is required for each certificate."""
    return asyncio.run(_judge(pdf, root))


async def _judge(pdf: bytes, root: bytes) -> Lasting:
    reader = PdfFileReader(BytesIO(pdf))
    how = {"trust_roots": [x509.Certificate.load(root)], "allow_fetching": False, "revocation_mode": "require"}
    context = DocumentSecurityStore.read_dss(reader).as_validation_context(how)
    (signature,) = reader.embedded_regular_signatures
    status = await async_validate_pdf_signature(signature, signer_validation_context=context, ts_validation_context=context)
    stamp = status.timestamp_validity
    over_all = [await async_validate_pdf_timestamp(one, context) for one in reader.embedded_timestamp_signatures]
    return Lasting(
        holds=status.bottom_line,
        stamped=stamp is not None and stamp.valid and stamp.intact and stamp.trusted,
        archived=bool(over_all) and all(one.valid and one.intact and one.trusted for one in over_all),
    )
