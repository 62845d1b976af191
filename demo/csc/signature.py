"""
The signature: pyHanko's CSC signer with the field names of CSC API v2, and a PDF signed with it as PAdES B-B (ETSI EN 319 142-1).

The PDF stays here; only digests go to the service. No timestamp and no revocation data are added.
"""

import secrets
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, async_sign_pdf
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.csc_signer import CSCSigner

from demo.csc.errors import AnswerUnusable, ServiceUnreachable


class RemoteSigner(CSCSigner):
    """pyHanko's CSC signer with the field names of v2 (CSC API v2 `signatures/signHash`)."""

    async def format_csc_signing_req(self, tbs_hashes: list[str], digest_algorithm: str) -> dict[str, Any]:
        body: dict[str, Any] = await super().format_csc_signing_req(tbs_hashes, digest_algorithm)
        body["hashes"] = body.pop("hash")
        body["hashAlgorithmOID"] = body.pop("hashAlgo")
        return body


async def sign_pdf(pdf: bytes, signer: RemoteSigner, *, digest_algorithm: str = "sha256") -> bytes:
    """
    Sign a PDF as PAdES B-B (ETSI EN 319 142-1), invisibly, with the certificate chain inside; earlier signatures stay valid.

    Raises:
        CscError: no signature was given.
    """
    metadata = PdfSignatureMetadata(
        field_name=f"Signature-{secrets.token_hex(4)}",
        md_algorithm=digest_algorithm,
        subfilter=SigSeedSubFilter.PADES,
    )
    try:
        signed = await async_sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf)), metadata, signer=signer, output=BytesIO())
    except TimeoutError as failure:
        raise ServiceUnreachable("the service took too long to answer") from failure
    except SigningError as failure:
        raise AnswerUnusable(f"no signature could be made of the service's answers: {failure}") from failure
    return bytes(signed.getvalue())
