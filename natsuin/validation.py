"""
What pyHanko says of the newest signature in a PDF: whether it is whole, covers the file, and leads to a certificate that one trusts.

It fetches nothing, so it says nothing of revocation: the service asks the CA right before it signs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext


@dataclass(frozen=True, slots=True)
class Validation:
    """The verdict; `trusted` is None where no certificates to trust were given."""

    signer: str
    intact: bool
    """The signature is the certificate's over this content."""
    covers_all: bool
    trusted: bool | None

    @property
    def is_good(self) -> bool:
        return self.intact and self.covers_all and self.trusted is not False


def validate(pdf: bytes, trusted: Sequence[bytes] = ()) -> Validation:
    """Look at the newest signature; `trusted` are root certificates (DER)."""
    signature = PdfFileReader(BytesIO(pdf)).embedded_regular_signatures[-1]
    context = ValidationContext(trust_roots=[x509.Certificate.load(der) for der in trusted], revocation_mode="soft-fail")
    status = validate_pdf_signature(signature, signer_validation_context=context)
    return Validation(
        signer=str(status.signing_cert.subject.native.get("common_name", "?")),
        intact=status.intact and status.valid,
        covers_all=status.coverage is SignatureCoverageLevel.ENTIRE_FILE,
        trusted=status.trusted if trusted else None,
    )
