"""Files that a signer can open, as applications prepare them: a PDF with a hole for its signature, its signed attributes, and text."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

from asn1crypto import cms

from hsm.messages import Content, Document

HOLE_DIGITS = 64
FIRST_PAGE = "BT /F1 24 Tf 72 700 Td (Building contract AK-2026-118) Tj ET"


def attributes(digest: bytes, content_type: str = "data") -> bytes:
    """Compose signed attributes (DER) over a content of this digest."""
    made = [{"type": "content_type", "values": [content_type]}, {"type": "message_digest", "values": [digest]}]
    return bytes(cms.CMSAttributes([cms.CMSAttribute(one) for one in made]).dump())


@dataclass(frozen=True)
class Prepared:
    """A file with what an application sends beside it."""

    file: bytes
    media_type: str
    byte_range: tuple[int, int, int, int] | None = None
    signed_attributes: bytes | None = None

    @property
    def covered(self) -> bytes:
        if self.byte_range is None:
            return self.file
        start, before, after, rest = self.byte_range
        return self.file[start : start + before] + self.file[after : after + rest]

    @property
    def digest(self) -> bytes:
        """What is to be signed, SHA-256."""
        return hashlib.sha256(self.covered if self.signed_attributes is None else self.signed_attributes).digest()

    @property
    def field(self) -> dict[str, Any]:
        """The element of `documents` in a request."""
        given: dict[str, Any] = {"content": base64.b64encode(self.file).decode(), "mediaType": self.media_type}
        if self.byte_range is not None:
            given["byteRange"] = list(self.byte_range)
        if self.signed_attributes is not None:
            given["signedAttributes"] = base64.b64encode(self.signed_attributes).decode()
        return given

    def document(self, label: str = "契約書") -> Document:
        """What a transaction says of it."""
        content = Content(self.media_type, hashlib.sha256(self.covered).digest(), self.byte_range, self.signed_attributes)  # type: ignore[arg-type]  # a test may say what is not allowed
        return Document(label, self.digest, content)


def text(words: str = "工事請負契約書\nContract AK-2026-118\n") -> Prepared:
    """A plain text whose own digest is signed."""
    return Prepared(words.encode(), "text/plain")


def pdf(first_page: str = FIRST_PAGE, extra: str = "", catalog: str = "", page: str = "", pages: int = 1) -> Prepared:
    """A small PDF with a hole for its signature; `extra` are objects from number 50 on, `catalog` and `page` entries of these."""
    kids = " ".join(f"{10 + number} 0 R" for number in range(pages))
    objects = {
        1: f"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [5 0 R] /SigFlags 3 >> {catalog} >>",
        2: f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>",
        3: f"<< /Length {len(first_page)} >>\nstream\n{first_page}\nendstream",
        4: "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        5: "<< /Type /Annot /Subtype /Widget /FT /Sig /T (Signature) /V 6 0 R /Rect [0 0 0 0] /P 10 0 R /F 132 >>",
        **{
            10 + number: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 3 0 R "
            f"/Resources << /Font << /F1 4 0 R >> >> {page} >>"
            for number in range(pages)
        },
    }
    head = "%PDF-1.7\n" + "".join(f"{number} 0 obj\n{body}\nendobj\n" for number, body in objects.items()) + extra
    marks = "6 0 obj\n<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /ByteRange [0 {:010} {:010} {:010}] /Contents "
    before = len((head + marks.format(0, 0, 0)).encode())
    after = before + HOLE_DIGITS + 2
    tail = " >>\nendobj\ntrailer\n<< /Root 1 0 R /Size 60 >>\nstartxref\n0\n%%EOF\n"
    filled = head + marks.format(before, after, len(tail)) + "<" + "0" * HOLE_DIGITS + ">" + tail
    byte_range = (0, before, after, len(tail))
    covered = filled[:before] + filled[after:]
    return Prepared(filled.encode(), "application/pdf", byte_range, attributes(hashlib.sha256(covered.encode()).digest()))
