"""
PDFs signed as PAdES B-B (ETSI EN 319 142-1) through the client: pyHanko prepares and fills them, the service gets digests.

    prepared = prepare(pdf, credential, name="contract.pdf")
    (signature,) = client.sign(ask_for([prepared], description="Building contract"), on_asked=show)
    signed = prepared.finish(signature)

Many PDFs are one request and one approval. With an `Appearance` the signature shows on a page, where the signer sees it before.
`RemoteSigner` is for programs that use pyHanko themselves; it shows the signer no file. Neither adds a timestamp or revocation data.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from asn1crypto import algos, cms, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest
from pyhanko.sign.signers.pdf_cms import ExternalSigner, Signer
from pyhanko.stamp import BaseStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from natsuin.client import Ask, AsyncClient, Client, Credential, Document
from natsuin.client.calls import OnAsked, OnProgress

MAX_SHOWN_BYTES, MAX_SHOWN_TOGETHER_BYTES = 10_000_000, 20_000_000  # docs/api.md; of longer files the signer sees the fingerprint
ROOM_BYTES = 1024  # for any signature value: RSA-4096 has 512
MAX_LABEL_CHARACTERS = 100


@dataclass(frozen=True, slots=True)
class Appearance:
    """
    What the signature looks like on a page (ISO 32000-1 §12.7.4.5).

    Args:
        page: counted from 0, or from the end, from -1.
        box: left, bottom, right, top, in the page's own units.
        style: pyHanko's, which draws it.
    """

    page: int
    box: tuple[int, int, int, int]
    style: BaseStampStyle


@dataclass(frozen=True, slots=True)
class PreparedPdf:
    """A PDF with a hole for its signature, and the signed attributes over the rest of it (RFC 5652 §5.4)."""

    name: str
    pdf: bytes
    credential: Credential
    digest_algorithm: str
    prefer_pss: bool
    hole: PreparedByteRangeDigest
    attributes: cms.CMSAttributes

    @property
    def digest(self) -> bytes:
        """What the key signs."""
        return hashlib.new(self.digest_algorithm, self.attributes.dump()).digest()

    @property
    def document(self) -> Document:
        """What the signer's phone opens and compares."""
        before, after = self.hole.reserved_region_start, self.hole.reserved_region_end
        return Document(self.pdf, "application/pdf", (0, before, after, len(self.pdf) - after), self.attributes.dump())

    def finish(self, signature: bytes) -> bytes:
        """Give the signed PDF."""
        signer = _embedding(self.credential, prefer_pss=self.prefer_pss, signature=signature)
        output = BytesIO(self.pdf)
        self.hole.fill_with_cms(output, asyncio.run(signer.async_sign_prescribed_attributes(self.digest_algorithm, self.attributes)))
        return output.getvalue()


def prepare(
    pdf: bytes,
    credential: Credential,
    *,
    name: str,
    digest_algorithm: str = "sha256",
    prefer_pss: bool = False,
    appearance: Appearance | None = None,
) -> PreparedPdf:
    """
    Prepare a PDF; earlier signatures in it stay valid, and without an appearance this one can't be seen on a page.

    Inside an event loop, call it (and `finish`) with `asyncio.to_thread`.

    Raises:
        pyhanko.pdf_utils.misc.PdfError, pyhanko.sign.general.SigningError: it can't be read, or must not be signed any more.
    """
    return asyncio.run(_prepare(pdf, credential, name, digest_algorithm, prefer_pss, appearance))


async def _prepare(
    pdf: bytes, credential: Credential, name: str, digest_algorithm: str, prefer_pss: bool, appearance: Appearance | None
) -> PreparedPdf:
    signer = _embedding(credential, prefer_pss=prefer_pss, signature=bytes(ROOM_BYTES))
    field = f"Signature-{secrets.token_hex(4)}"
    metadata = PdfSignatureMetadata(field_name=field, md_algorithm=digest_algorithm, subfilter=SigSeedSubFilter.PADES)
    place = SigFieldSpec(field, on_page=appearance.page, box=appearance.box) if appearance is not None else None
    style = appearance.style if appearance is not None else None
    session = PdfSigner(metadata, signer=signer, stamp_style=style, new_field_spec=place).init_signing_session(
        IncrementalPdfFileWriter(BytesIO(pdf))
    )
    room = await session.estimate_signature_container_size(validation_info=None, tight=False)
    output = BytesIO()
    hole, _ = session.prepare_tbs_document(validation_info=None, bytes_reserved=room).digest_tbs_document(output=output)
    attributes = await signer.signed_attrs(hole.document_digest, digest_algorithm, use_pades=True)
    return PreparedPdf(name, output.getvalue(), credential, digest_algorithm, prefer_pss, hole, attributes)


def ask_for(prepared: Sequence[PreparedPdf], *, description: str = "", are_shown: bool = True, life_s: int | None = None) -> Ask:
    """Compose one request for PDFs that were prepared alike; with `are_shown` the service gets the files, until the signer has decided."""
    first = prepared[0]
    together = sum(len(one.pdf) for one in prepared)
    fits = [are_shown and len(one.pdf) <= MAX_SHOWN_BYTES and together <= MAX_SHOWN_TOGETHER_BYTES for one in prepared]
    algorithm, parameters = _algorithm(_embedding(first.credential, prefer_pss=first.prefer_pss, signature=b""), first.digest_algorithm)
    return Ask(
        first.credential,
        [one.digest for one in prepared],
        labels=[one.name[:MAX_LABEL_CHARACTERS] for one in prepared],
        description=description,
        documents=[one.document if is_shown else None for one, is_shown in zip(prepared, fits, strict=True)] if any(fits) else (),
        life_s=life_s,
        hash_algorithm=algos.DigestAlgorithmId(first.digest_algorithm).dotted,
        sign_algorithm=algorithm,
        sign_parameters=parameters,
    )


class RemoteSigner(Signer):
    """
    A signer for pyHanko (PDF, CMS) whose key is at the service: each signature asks the person, and waits.

    Args:
        client: either kind.
        on_asked: shows where the signer can approve.
        label: the document's name.
    """

    def __init__(
        self,
        client: Client | AsyncClient,
        credential: Credential,
        *,
        on_asked: OnAsked,
        on_progress: OnProgress = lambda _: None,
        label: str = "",
        description: str = "",
        prefer_pss: bool = False,
    ) -> None:
        leaf, registry = _certificates(credential)
        super().__init__(prefer_pss=prefer_pss, embed_roots=True, signing_cert=leaf, cert_registry=registry)
        self._client, self._credential = client, credential
        self._on_asked, self._on_progress = on_asked, on_progress
        self._label, self._description = label, description

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        """Have bytes signed; raises ClientError."""
        if dry_run:
            return bytes(ROOM_BYTES)
        algorithm, parameters = _algorithm(self, digest_algorithm)
        ask = Ask(
            self._credential,
            [hashlib.new(digest_algorithm, data).digest()],
            labels=[self._label] if self._label else (),
            description=self._description,
            hash_algorithm=algos.DigestAlgorithmId(digest_algorithm).dotted,
            sign_algorithm=algorithm,
            sign_parameters=parameters,
        )
        if isinstance(self._client, AsyncClient):
            (signature,) = await self._client.sign(ask, on_asked=self._on_asked, on_progress=self._on_progress)
        else:
            (signature,) = await asyncio.to_thread(self._client.sign, ask, on_asked=self._on_asked, on_progress=self._on_progress)
        return signature


def _embedding(credential: Credential, *, prefer_pss: bool, signature: bytes) -> ExternalSigner:
    leaf, registry = _certificates(credential)
    return ExternalSigner(leaf, registry, signature_value=signature, prefer_pss=prefer_pss)


def _certificates(credential: Credential) -> tuple[x509.Certificate, SimpleCertificateStore]:
    leaf, *chain = (x509.Certificate.load(der) for der in credential.certificates)
    registry = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # pyHanko has left the annotation out
    registry.register_multiple(chain)
    return leaf, registry


def _algorithm(signer: Signer, digest_algorithm: str) -> tuple[str, bytes | None]:
    """Give OID and parameters of the signature as pyHanko will say it in the CMS."""
    mechanism = signer.get_signature_mechanism_for_digest(digest_algorithm)
    has_parameters = mechanism["parameters"].native is not None
    return mechanism["algorithm"].dotted, mechanism["parameters"].dump() if has_parameters else None
