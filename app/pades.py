"""
PAdES (ETSI EN 319 142-1) by pyHanko around a signature that is made elsewhere: the attributes to sign, the CMS, what makes it last.

No key is here, and nothing is fetched: timestamps come through a callback, and revocation data from the caller. The functions block; they
run in a thread.
"""

import asyncio
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO

from asn1crypto import algos, cms, crl, ocsp, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest
from pyhanko.sign.signers.pdf_cms import ExternalSigner
from pyhanko.sign.signers.pdf_signer import PdfTimeStamper
from pyhanko.sign.timestamps.api import TimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator.registry import SimpleCertificateStore

from app.domain.preparation import Plan
from app.errors import PdfUnusable
from app.pdf_signature import Prepared

LONGEST_SIGNATURE_BYTES = 512  # RSA-4096
TIMESTAMP_BYTES = 12_000  # a token with its certificates
# What pyHanko raises where a file is not what a PDF should be; whatever else it raises is our fault.
BROKEN = (PdfError, SigningError, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, NotImplementedError)
GetTimestamp = Callable[[bytes, str], bytes]
"""Gives a token (DER) for a digest by an algorithm of this name."""


class Stamper(TimeStamper):
    """A pyHanko time stamper that asks a callback."""

    def __init__(self, get: GetTimestamp) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # it says no types
        self._get = get

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        return cms.ContentInfo.load(self._get(message_digest, md_algorithm))


def prepare(pdf: bytes, plan: Plan, certificates: tuple[bytes, ...], hash_name: str, now: float, *, timestamped: bool) -> Prepared:
    """
    Append to a PDF what a signature needs, and say what is to be signed; `now` is written as the time of signing.

    Raises:
        PdfUnusable: it can't be read, is encrypted, or takes no certification signature any more.
    """
    with _parsing():
        return asyncio.run(_prepare(pdf, plan, certificates, hash_name, now, timestamped))


def signed_attributes(digest: bytes, hash_name: str, certificates: tuple[bytes, ...]) -> bytes:
    """Compose the signed attributes (DER) over a digest: the same ones each time."""
    return bytes(asyncio.run(_signer(certificates).signed_attrs(digest, hash_name, use_pades=True)).dump())


def signed_data(
    attributes: bytes,
    hash_name: str,
    certificates: tuple[bytes, ...],
    signature: bytes,
    mechanism: algos.SignedDigestAlgorithm,
    get_timestamp: GetTimestamp | None,
) -> bytes:
    """Make the CMS (DER) of a signature over attributes; with a timestamp over it where `get_timestamp` is given (B-T)."""
    signer = _signer(certificates, signature, mechanism)
    stamper = Stamper(get_timestamp) if get_timestamp is not None else None
    loaded = cms.CMSAttributes.load(attributes)
    return bytes(asyncio.run(signer.async_sign_prescribed_attributes(hash_name, loaded, timestamper=stamper)).dump())


def filled(pdf: bytes, hole_start: int, hole_end: int, cms_der: bytes) -> bytes:
    """Put a CMS into the hole; raises PdfUnusable where it does not fit."""
    output = BytesIO(pdf)
    with _parsing():
        PreparedByteRangeDigest(b"", hole_start, hole_end).fill_with_cms(output, cms.ContentInfo.load(cms_der))
    return output.getvalue()


def with_validation_data(pdf: bytes, certificates: Sequence[bytes], ocsps: Sequence[bytes], crls: Sequence[bytes]) -> bytes:
    """Append what validators need once nobody answers for the certificates any more (B-LT, EN 319 142-1 §5.4); raises PdfUnusable."""
    output = BytesIO(pdf)
    with _parsing():
        contents = PdfFileReader(BytesIO(pdf)).embedded_signatures[-1].pkcs7_content.hex().encode()
        DocumentSecurityStore.add_dss(
            output,
            contents,
            certs=[x509.Certificate.load(one) for one in certificates],
            ocsps=[ocsp.OCSPResponse.load(one) for one in ocsps],
            crls=[crl.CertificateList.load(one) for one in crls],
        )
    return output.getvalue()


def with_document_timestamp(pdf: bytes, hash_name: str, get_timestamp: GetTimestamp) -> bytes:
    """Append a timestamp over the whole file (B-LTA, EN 319 142-1 §5.5); raises PdfUnusable."""
    stamper = PdfTimeStamper(Stamper(get_timestamp))
    with _parsing():
        writer = IncrementalPdfFileWriter(BytesIO(pdf))
        stamping = stamper.async_timestamp_pdf(writer, hash_name, bytes_reserved=2 * TIMESTAMP_BYTES)
        return bytes(asyncio.run(stamping).getvalue())


def certificates_of_timestamps(cms_der: bytes) -> list[tuple[bytes, ...]]:
    """Give for each signature timestamp in a CMS its certificates (DER), the authority's own first."""
    signer_info = cms.ContentInfo.load(cms_der)["content"]["signer_infos"][0]
    tokens = [
        token
        for attribute in signer_info["unsigned_attrs"] or ()
        if attribute["type"].native == "signature_time_stamp_token"
        for token in attribute["values"]
    ]
    return [certificates_of_token(token.dump()) for token in tokens]


def certificates_of_token(token: bytes) -> tuple[bytes, ...]:
    """Give the certificates in a timestamp token (DER), the authority's own first, each issued by the next."""
    content = cms.ContentInfo.load(token)["content"]
    left = [one.chosen for one in content["certificates"] if isinstance(one.chosen, x509.Certificate)]
    sid = content["signer_infos"][0]["sid"].chosen
    chain = [one for one in left if _is_named(one, sid)][:1]
    while chain and (issuer := next((one for one in left if one not in chain and one.subject == chain[-1].issuer), None)) is not None:
        chain.append(issuer)
    return tuple(one.dump() for one in chain)


def _is_named(certificate: x509.Certificate, sid: object) -> bool:
    if isinstance(sid, cms.IssuerAndSerialNumber):
        return bool(certificate.issuer == sid["issuer"] and certificate.serial_number == sid["serial_number"].native)
    return bool(certificate.key_identifier == getattr(sid, "native", None))


@contextmanager
def _parsing() -> Iterator[None]:
    try:
        yield
    except BROKEN as error:
        raise PdfUnusable(type(error).__name__) from None


async def _prepare(pdf: bytes, plan: Plan, certificates: tuple[bytes, ...], hash_name: str, now: float, timestamped: bool) -> Prepared:
    signer = _signer(certificates)
    metadata = PdfSignatureMetadata(
        field_name=f"Signature-{secrets.token_hex(4)}",
        md_algorithm=hash_name,
        subfilter=SigSeedSubFilter.PADES,
        certify=plan.certify,
        name=plan.props.get("Name"),
        reason=plan.props.get("Reason"),
        location=plan.props.get("Location"),
        contact_info=plan.props.get("ContactInfo"),
    )
    session = PdfSigner(metadata, signer=signer).init_signing_session(IncrementalPdfFileWriter(BytesIO(pdf)))
    session.system_time = datetime.fromtimestamp(int(now), UTC)
    reserved = await session.estimate_signature_container_size(validation_info=None, tight=False)
    reserved += 2 * TIMESTAMP_BYTES if timestamped else 0
    output = BytesIO()
    hole, _ = session.prepare_tbs_document(validation_info=None, bytes_reserved=reserved).digest_tbs_document(output=output)
    attributes = await signer.signed_attrs(hole.document_digest, hash_name, use_pades=True)
    return Prepared(output.getvalue(), len(pdf), hole.reserved_region_start, hole.reserved_region_end, attributes.dump())


def _signer(
    certificates: tuple[bytes, ...], signature: bytes = bytes(LONGEST_SIGNATURE_BYTES), mechanism: algos.SignedDigestAlgorithm | None = None
) -> ExternalSigner:
    leaf, *chain = (x509.Certificate.load(one) for one in certificates)
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # its constructor says no types
    store.register_multiple(chain)
    return ExternalSigner(leaf, store, signature_value=signature, signature_mechanism=mechanism)
