"""
The signature: pyHanko's CSC signer with the field names of CSC API v2, and a PDF signed with it as PAdES B-B (ETSI EN 319 142-1).

Only digests go to the service, unless the signer is to see the document. No timestamp and no revocation data are added.
"""

import secrets
from typing import Any

from pyhanko.sign import PdfSignatureMetadata
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.csc_signer import CSCSigner

from demo.csc.approval import PollingAuthorizationManager
from demo.csc.errors import AnswerUnusable, ServiceUnreachable
from demo.csc.hollow_pdf import hollow

MAX_SHOWN_BYTES = 10_000_000  # what the service takes of one file; of a longer one the signer sees the fingerprint


class RemoteSigner(CSCSigner):
    """pyHanko's CSC signer with the field names of v2 (CSC API v2 `signatures/signHash`)."""

    auth_manager: PollingAuthorizationManager

    async def format_csc_signing_req(self, tbs_hashes: list[str], digest_algorithm: str) -> dict[str, Any]:
        body: dict[str, Any] = await super().format_csc_signing_req(tbs_hashes, digest_algorithm)
        body["hashes"] = body.pop("hash")
        body["hashAlgorithmOID"] = body.pop("hashAlgo")
        return body


async def sign_pdf(pdf: bytes, signer: RemoteSigner, *, digest_algorithm: str = "sha256", is_shown: bool = False) -> bytes:
    """
    Sign a PDF as PAdES B-B (ETSI EN 319 142-1), invisibly, with the certificate chain inside; earlier signatures stay valid.

    With `is_shown` the PDF goes to the service for as long as the signer decides, so that the phone can open and compare it.

    Raises:
        CscError: no signature was given.
    """
    metadata = PdfSignatureMetadata(
        field_name=f"Signature-{secrets.token_hex(4)}",
        md_algorithm=digest_algorithm,
        subfilter=SigSeedSubFilter.PADES,
    )
    try:
        prepared = await hollow(pdf, metadata, signer, digest_algorithm)
        if is_shown and len(prepared.pdf) <= MAX_SHOWN_BYTES:
            signer.auth_manager.show(prepared)
        return prepared.filled(await signer.async_sign_prescribed_attributes(digest_algorithm, prepared.attributes))
    except TimeoutError as failure:
        raise ServiceUnreachable("the service took too long to answer") from failure
    except SigningError as failure:
        raise AnswerUnusable(f"no signature could be made of the service's answers: {failure}") from failure
