"""
A PDF with a hole for its signature (ISO 32000-1 §12.8.1) and the signed attributes over the rest of it (RFC 5652 §5.4), made by pyHanko.

It is what the signer can be shown: but for the hole, the file that will be signed. Nothing is signed here, and nobody is asked.
"""

import base64
import hashlib
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from asn1crypto import cms
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.signers.csc_signer import CSCSigner
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest


@dataclass(frozen=True)
class HollowPdf:
    """The file, where its hole is, and what is to be signed."""

    pdf: bytes
    hole: PreparedByteRangeDigest
    attributes: cms.CMSAttributes
    digest_algorithm: str

    @property
    def hash_b64(self) -> str:
        """What the key is to sign, as `credentials/authorize` names it."""
        return base64.b64encode(hashlib.new(self.digest_algorithm, self.attributes.dump()).digest()).decode()

    @property
    def field(self) -> dict[str, Any]:
        """The element of `documents` in `credentials/authorize`: a field of the service's own, which others ignore."""
        before, after = self.hole.reserved_region_start, self.hole.reserved_region_end
        return {
            "content": base64.b64encode(self.pdf).decode(),
            "mediaType": "application/pdf",
            "byteRange": [0, before, after, len(self.pdf) - after],
            "signedAttributes": base64.b64encode(self.attributes.dump()).decode(),
        }

    def filled(self, signature: cms.ContentInfo) -> bytes:
        """Give the file with the signature in its hole."""
        output = BytesIO(self.pdf)
        self.hole.fill_with_cms(output, signature)
        return output.getvalue()


async def hollow(pdf: bytes, metadata: PdfSignatureMetadata, signer: CSCSigner, digest_algorithm: str) -> HollowPdf:
    """Prepare a PDF for a PAdES signature of this signer's; raises pyHanko's `SigningError`."""
    session = PdfSigner(metadata, signer=signer).init_signing_session(IncrementalPdfFileWriter(BytesIO(pdf)))
    room = await session.estimate_signature_container_size(validation_info=None, tight=False)
    output = BytesIO()
    hole, _ = session.prepare_tbs_document(validation_info=None, bytes_reserved=room).digest_tbs_document(output=output)
    attributes = await signer.signed_attrs(hole.document_digest, digest_algorithm, use_pades=True)
    return HollowPdf(output.getvalue(), hole, attributes, digest_algorithm)
