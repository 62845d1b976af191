"""
A PDF signature in two steps, as PAdES B-B (ETSI EN 319 142-1) by pyHanko: what is to be signed, and the whole once it was signed elsewhere.

No key is here. No timestamp and no revocation data are added; the signature has no appearance of its own.
"""

import asyncio
import hashlib
from datetime import UTC, datetime
from io import BytesIO

from asn1crypto import cms, x509
from msgspec import Struct
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest
from pyhanko.sign.signers.pdf_cms import ExternalSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

DIGEST = "sha256"
LONGEST_SIGNATURE_BYTES = 512  # RSA-4096


class Prepared(Struct, frozen=True):
    """
    A PDF with a hole for its signature, from `hole_start` to `hole_end`; the document as it was is its first `original_bytes` bytes.

    `signed_attributes` (DER, RFC 5652 §5.3) hold the digest of everything else in the file; they are what is signed.
    """

    pdf: bytes
    original_bytes: int
    hole_start: int
    hole_end: int
    signed_attributes: bytes

    @property
    def digest(self) -> bytes:
        """What the key is to sign: SHA-256."""
        return hashlib.sha256(self.signed_attributes).digest()


def prepare(pdf: bytes, certificates: tuple[bytes, ...], *, name: str, reason: str, now: float) -> Prepared:
    """Make the hole, and say what is to be signed; `certificates` are DER, leaf first, `now` is written as the time of signing."""
    return asyncio.run(_prepare(pdf, certificates, name, reason, now))


def complete(prepared: Prepared, certificates: tuple[bytes, ...], signature: bytes) -> bytes:
    """Fill the hole with the signature over `prepared.digest`; the same signature makes the same bytes."""
    return asyncio.run(_complete(prepared, certificates, signature))


async def _prepare(pdf: bytes, certificates: tuple[bytes, ...], name: str, reason: str, now: float) -> Prepared:
    signer = _signer(certificates, bytes(LONGEST_SIGNATURE_BYTES))
    metadata = PdfSignatureMetadata(field_name="Signature", md_algorithm=DIGEST, subfilter=SigSeedSubFilter.PADES, name=name, reason=reason)
    session = PdfSigner(metadata, signer=signer).init_signing_session(IncrementalPdfFileWriter(BytesIO(pdf)))
    session.system_time = datetime.fromtimestamp(int(now), UTC)
    reserved = await session.estimate_signature_container_size(validation_info=None, tight=False)
    output = BytesIO()
    hole, _ = session.prepare_tbs_document(validation_info=None, bytes_reserved=reserved).digest_tbs_document(output=output)
    attributes = await signer.signed_attrs(hole.document_digest, DIGEST, use_pades=True)
    return Prepared(output.getvalue(), len(pdf), hole.reserved_region_start, hole.reserved_region_end, attributes.dump())


async def _complete(prepared: Prepared, certificates: tuple[bytes, ...], signature: bytes) -> bytes:
    attributes = cms.CMSAttributes.load(prepared.signed_attributes)
    signed = await _signer(certificates, signature).async_sign_prescribed_attributes(DIGEST, attributes)
    output = BytesIO(prepared.pdf)
    # The digest stands in the signed attributes; here only the place matters.
    PreparedByteRangeDigest(b"", prepared.hole_start, prepared.hole_end).fill_with_cms(output, signed)
    return output.getvalue()


def _signer(certificates: tuple[bytes, ...], signature: bytes) -> ExternalSigner:
    leaf, *chain = (x509.Certificate.load(one) for one in certificates)
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # its constructor says no types
    store.register_multiple(chain)
    return ExternalSigner(leaf, store, signature_value=signature)
