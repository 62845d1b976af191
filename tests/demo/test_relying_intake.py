"""What may be signed: every kind of file that is refused, with its own sentence, and the cleaning of names."""

from contextlib import suppress
from io import BytesIO

import pypdf
import pytest
from asn1crypto.keys import PrivateKeyInfo
from asn1crypto.x509 import Certificate
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, sign_pdf
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.signers import SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from demo.relying.intake import (
    BROKEN,
    CLOSED,
    ENCRYPTED,
    MAX_LABEL_CHARACTERS,
    MAX_PDF_BYTES,
    NO_FILE,
    NOT_A_PDF,
    TOO_LARGE,
    UploadRefused,
    clean_label,
    inspect,
)
from tests.demo.relying_pki import Pki
from tests.demo.relying_service import CONTRACT


def encrypted() -> bytes:
    writer = pypdf.PdfWriter(clone_from=BytesIO(CONTRACT))
    writer.encrypt("secret", algorithm="AES-256")
    return written(writer)


def without_pages() -> bytes:
    return written(pypdf.PdfWriter())


def certified() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    private = PrivateKeyInfo.load(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    signer = SimpleSigner(Certificate.load(Pki().issue(key).public_bytes(Encoding.DER)), private, SimpleCertificateStore())  # type: ignore[no-untyped-call]
    metadata = PdfSignatureMetadata(field_name="Author", certify=True, docmdp_permissions=MDPPerm.NO_CHANGES)
    signed: BytesIO = sign_pdf(IncrementalPdfFileWriter(BytesIO(CONTRACT)), metadata, signer=signer)
    return signed.getvalue()


def written(writer: pypdf.PdfWriter) -> bytes:
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


def test_the_sample_is_accepted() -> None:
    document = inspect(CONTRACT, "contract.pdf")
    assert (document.pdf, document.name, document.pages) == (CONTRACT, "contract.pdf", 1)


@pytest.mark.parametrize(
    ("pdf", "refusal"),
    [
        (b"", NO_FILE),
        (b"hello", NOT_A_PDF),
        (b"PK\x03\x04" + bytes(5000) + b"%PDF-", NOT_A_PDF),
        (CONTRACT + bytes(MAX_PDF_BYTES), TOO_LARGE),
        (CONTRACT[:-3000], BROKEN),
        (b"%PDF-1.7\nnothing else", BROKEN),
        (CONTRACT.replace(b"/Kids [", b"/Lids ["), BROKEN),
        (encrypted(), ENCRYPTED),
        (without_pages(), BROKEN),
        (certified(), CLOSED),
    ],
)
def test_what_can_not_be_signed_is_refused_with_its_own_sentence(pdf: bytes, refusal: UploadRefused) -> None:
    with pytest.raises(UploadRefused) as raised:
        inspect(pdf, "file.pdf")
    assert raised.value.words == refusal.words


@given(st.integers(0, len(CONTRACT) - 1), st.binary(min_size=1, max_size=64))
def test_damage_anywhere_is_accepted_or_refused_but_never_a_surprise(at: int, garbage: bytes) -> None:
    damaged = CONTRACT[:at] + garbage + CONTRACT[at + len(garbage) :]
    with suppress(UploadRefused):  # anything else fails the test
        inspect(damaged, "damaged.pdf")


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("契約書.pdf", "契約書.pdf"),
        ("a\u202egnp.pdf", "agnp.pdf"),
        ("two\nlines\tof  text ", "two lines of text"),
        ("zero\u200bwidth\x00", "zerowidth"),
        ("が", "が"),
    ],
)
def test_a_label_is_one_plain_line(text: str, label: str) -> None:
    assert clean_label(text) == label


@given(st.text(max_size=300))
def test_a_label_is_always_plain_and_short(text: str) -> None:
    label = clean_label(text)
    assert len(label) <= MAX_LABEL_CHARACTERS
    assert label.isprintable() or all(character.isprintable() or character.isspace() for character in label)
    assert clean_label(label) == label
