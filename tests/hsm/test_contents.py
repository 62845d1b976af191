"""`approve`, step (0): what a transaction says of a file that the signer could open leads to the hash that is signed."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from hsm.approval import approve, refuse
from hsm.errors import Malformed
from hsm.messages import ApproveRequest, Document, RefuseRequest
from hsm.messages.signed_attributes import NotSignedAttributes, message_digest
from tests.harness.contents import attributes, pdf, text
from tests.harness.sam import TestSigner
from tests.hsm.conftest import SignerOf

DIGEST = hashlib.sha256(pdf().covered).digest()  # so that the browser's test can have these attributes beside that file
GOOD = attributes(DIGEST)
OTHER = hashlib.sha256(b"other").digest()
TYPE, VALUE = GOOD[2 : 4 + GOOD[3]], GOOD[4 + GOOD[3] :]


@pytest.fixture
def signer(signer_of: SignerOf) -> TestSigner:
    """A signer whom these tests share."""
    return signer_of("p-256")


def der_set(*members: bytes) -> bytes:
    content = b"".join(members)
    return b"\x31" + (bytes([len(content)]) if len(content) < 128 else b"\x81" + bytes([len(content)])) + content


def changed(document: Document, **fields: Any) -> Document:
    assert document.content is not None
    return replace(document, content=replace(document.content, **fields))


def of_hash(signed_attributes: bytes) -> Callable[[Document], Document]:
    """Have other signed attributes, and sign their hash: all fits but what they say."""
    return lambda one: replace(changed(one, signed_attributes=signed_attributes), hash=hashlib.sha256(signed_attributes).digest())


@pytest.mark.parametrize("prepared", [pdf(), text()], ids=["pdf", "text"])
def test_a_file_that_leads_to_the_hash_is_approved(signer: TestSigner, prepared: Any) -> None:
    """A PDF over its signed attributes, and a text whose own digest is signed, beside a document that nobody can open."""
    documents = (prepared.document(), Document("見えない書類", OTHER))
    signer.approve(signer.transaction(documents=documents))


WRONG: dict[str, tuple[str, Callable[[Document], Document]]] = {
    "another hash": ("not the digest of signedAttributes", lambda one: replace(one, hash=OTHER)),
    "the file's own digest in place of the hash": ("not the digest of signedAttributes", lambda one: replace(one, hash=one.content.digest)),  # type: ignore[union-attr]
    "another file's digest": ("messageDigest is not", lambda one: changed(one, digest=OTHER)),
    "another file's attributes": ("messageDigest is not", of_hash(attributes(OTHER))),
    "attributes of another type": ("contentType", of_hash(attributes(pdf().document().content.digest, "encrypted_data"))),  # type: ignore[union-attr]
    "no attributes": ("byteRange is for a PDF", lambda one: changed(one, signed_attributes=None)),
    "a text with a byte range": ("byteRange is for a PDF", lambda one: changed(one, media_type="text/plain")),
    "no beginning": ("around one hole", lambda one: changed(one, byte_range=(1, 400, 500, 10))),
    "no hole": ("around one hole", lambda one: changed(one, byte_range=(0, 400, 400, 10))),
    "nothing before the hole": ("around one hole", lambda one: changed(one, byte_range=(0, 0, 400, 10))),
    "nothing after the hole": ("around one hole", lambda one: changed(one, byte_range=(0, 400, 500, 0))),
    "too long a file": ("around one hole", lambda one: changed(one, byte_range=(0, 400, 9_999_999, 10))),
    "a negative offset": ("Expected `int` >= 0", lambda one: changed(one, byte_range=(0, 400, 500, -1))),
    "another type of file": ("Invalid enum value", lambda one: changed(one, media_type="text/html")),
    "long attributes": ("length <= 4000", of_hash(GOOD + bytes(4_000))),
    "a short digest": ("length >= 32", lambda one: changed(one, digest=b"short")),
}


@pytest.mark.parametrize("case", WRONG)
def test_step_0_a_file_that_does_not_lead_to_the_hash_is_refused(signer: TestSigner, case: str) -> None:
    """By `approve` with a flawless proof, and by `refuse`: no journal says that a file was seen which is not the one that is signed."""
    why, change = WRONG[case]
    raw = signer.transaction(documents=(text().document(), change(pdf().document()))).encode()
    with pytest.raises(Malformed, match=why):
        approve(signer.sam, ApproveRequest(raw, signer.assertion(raw)))
    with pytest.raises(Malformed, match=why):
        refuse(signer.sam, RefuseRequest(raw, "declined"))


def test_step_0_a_text_that_is_not_what_is_signed_is_refused(signer: TestSigner) -> None:
    """Without signed attributes the hash is the file's own."""
    with pytest.raises(Malformed, match="not the digest of the content"):
        signer.approve(signer.transaction(documents=(replace(text().document(), hash=OTHER),)))


def test_the_hash_algorithm_of_the_transaction_counts(signer: TestSigner) -> None:
    """SHA-384 of the attributes, over SHA-384 of the file."""
    digest = hashlib.sha384(b"content").digest()
    der = attributes(digest)
    document = changed(replace(pdf().document(), hash=hashlib.sha384(der).digest()), digest=digest, signed_attributes=der)
    signer.approve(signer.transaction(documents=(document,), hash_algorithm="2.16.840.1.101.3.4.2.2"))


def test_nothing_is_said_of_a_file_that_is_not_there(signer: TestSigner) -> None:
    """The bytes of a transaction without files are those of before; `null` is another encoding, and refused."""
    raw = signer.transaction().encode()
    assert b"content" not in raw
    with pytest.raises(Malformed, match="canonical"):
        refuse(signer.sam, RefuseRequest(raw.replace(b'"documents":[{', b'"documents":[{"content":null,'), "declined"))


def test_signed_attributes_are_read() -> None:
    """Those that other software composes, with more attributes than the two that are needed."""
    further = bytes.fromhex("301c06092a864886f70d010905310f170d") + b"261126063000Z"
    assert message_digest(GOOD) == message_digest(der_set(TYPE, further, VALUE)) == DIGEST


STRANGE: dict[str, bytes] = {
    "nothing": b"",
    "one byte": b"\x31",
    "an empty set": b"\x31\x00",
    "a sequence": b"\x30" + GOOD[1:],
    "the tag in the signature": b"\xa0" + GOOD[1:],
    "something after it": GOOD + b"\x05\x00",
    "cut off": GOOD[:-1],
    "a length over the end": GOOD[:1] + bytes([GOOD[1] + 1]) + GOOD[2:],
    "an indefinite length": b"\x31\x80" + GOOD[2:] + b"\x00\x00",
    "a long form of a short length": b"\x31\x81" + GOOD[1:],
    "a length of four bytes": b"\x31\x84\x00\x00\x00" + GOOD[1:],
    "a length with a leading zero": b"\x31\x82\x00" + GOOD[1:],
    "a length that is not there": b"\x31\x82\x01",
    "another order": der_set(VALUE, TYPE),
    "a digest twice": der_set(TYPE, VALUE, VALUE),
    "two values in an attribute": der_set(TYPE, VALUE[:1] + bytes([VALUE[1] + 34]) + VALUE[2:13] + der_set(VALUE[15:], VALUE[15:])),
    "no digest": der_set(TYPE),
    "no content type": der_set(VALUE),
    "another content type": attributes(DIGEST, "signed_data"),
    "a digest that is an integer": GOOD.replace(b"\x04\x20" + DIGEST, b"\x02\x20" + DIGEST),
    "a digest in parts": GOOD.replace(b"\x04\x20" + DIGEST, b"\x24\x20" + DIGEST),
    "a tag of two bytes": der_set(b"\x1f\x81\x00\x00", TYPE, VALUE),
    "an attribute of three parts": der_set(TYPE[:1] + bytes([TYPE[1] + 2]) + TYPE[2:] + b"\x05\x00", VALUE),
    "a further type that is no identifier": der_set(b"\x30\x05\x04\x01\x00\x31\x00", TYPE, VALUE),
    "values in a sequence": GOOD.replace(b"\x31\x0b\x06", b"\x30\x0b\x06"),
    "a type that is no identifier": GOOD.replace(
        b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04", b"\x04\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04"
    ),
}


@pytest.mark.parametrize("case", STRANGE)
def test_signed_attributes_have_one_form(case: str) -> None:
    """What another reader might read differently is not read."""
    with pytest.raises(NotSignedAttributes):
        message_digest(STRANGE[case])


@pytest.mark.parametrize("position", range(len(GOOD)))
def test_signed_attributes_cut_anywhere_are_no_failure(position: int) -> None:
    """Each beginning of good ones is refused."""
    with pytest.raises(NotSignedAttributes):
        message_digest(GOOD[:position])
