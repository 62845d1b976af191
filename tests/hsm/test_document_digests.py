"""`activate` where digests of documents were approved: the key signs attributes that name them, and nothing that nobody was shown."""

import base64
import hashlib

import pytest
from asn1crypto import cms, core, tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from hsm.activation import activate, status
from hsm.errors import HashesDiffer, SadSpent
from hsm.messages import Outcome, SignTransaction, StatusRequest, named_authorization
from hsm.sam import Sam
from tests.harness.contents import attributes, pdf
from tests.harness.records import journal_entries
from tests.harness.sam import TestSigner

ONE, OTHER = hashlib.sha256(b"1").digest(), hashlib.sha256(b"2").digest()


def tlv(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return bytes([tag, len(content)]) + content if len(content) < 128 else bytes([tag, 0x81, len(content)]) + content


def with_more(digest: bytes, kind: str, value: bytes) -> bytes:
    """Compose attributes that say one thing more."""
    more = tlv(0x30, core.ObjectIdentifier(kind).dump(), tlv(0x31, value))
    members = [one.dump() for one in cms.CMSAttributes.load(attributes(digest))]
    return tlv(0x31, *sorted([*members, more]))


def approved(signer: TestSigner, *digests: bytes) -> tuple[SignTransaction, str]:
    transaction = signer.transaction(*digests)
    signer.approve(transaction)
    return transaction, signer.collect(transaction).sad


def test_the_key_signs_the_attributes_that_name_each_document(sam: Sam, signer: TestSigner) -> None:
    """In the order of the request; the certificate they name is no matter; the journal keeps them, so that anyone can follow."""
    transaction, sad = approved(signer, ONE, OTHER)
    whose = tsp.SigningCertificateV2({"certs": [{"cert_hash": bytes(32)}]}).dump()
    given = (attributes(OTHER), with_more(ONE, "1.2.840.113549.1.9.16.2.47", whose))
    request = signer.activation(transaction, sad, hashes=(OTHER, ONE), signed_attributes=given)
    signatures = activate(sam, request).signatures
    key = x509.load_der_x509_certificate(signer.certificate).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    for der, signature in zip(given, signatures, strict=True):
        key.verify(signature, der, ec.ECDSA(hashes.SHA256()))
    intent = next(one for one in journal_entries(sam) if one["event"] == "sign_intended")
    assert intent["signed_attributes"] == [base64.b64encode(one).decode() for one in given]
    with pytest.raises(SadSpent):
        activate(sam, request)


@pytest.mark.parametrize(
    "given",
    [
        (attributes(ONE),),
        (attributes(ONE), attributes(OTHER), attributes(OTHER)),
        (attributes(OTHER), attributes(ONE)),
        (attributes(ONE), attributes(ONE)),
        (attributes(ONE), attributes(OTHER, "encrypted_data")),
        (attributes(ONE), b"nonsense"),
        (attributes(ONE), OTHER),
        (attributes(ONE), with_more(OTHER, "1.2.840.113549.1.9.5", core.UTCTime("261126090000Z").dump())),
        (attributes(ONE), with_more(OTHER, "1.2.840.113549.1.9.16.2.15", core.Null().dump())),
        (attributes(ONE), with_more(OTHER, "1.2.840.113549.1.9.16.2.16", core.Null().dump())),
    ],
    ids=[
        "fewer",
        "more",
        "swapped",
        "one twice",
        "another type",
        "no attributes",
        "the digest itself",
        "a time",
        "a policy",
        "a commitment",
    ],
)
def test_attributes_of_anything_else_are_refused_and_nothing_is_spent(sam: Sam, signer: TestSigner, given: tuple[bytes, ...]) -> None:
    transaction, sad = approved(signer, ONE, OTHER)
    with pytest.raises(HashesDiffer):
        activate(sam, signer.activation(transaction, sad, hashes=(ONE, OTHER), signed_attributes=given))
    assert status(sam, StatusRequest(transaction.id)).outcome is Outcome.APPROVED


def test_digests_that_were_not_approved_are_refused(sam: Sam, signer: TestSigner) -> None:
    transaction, sad = approved(signer, ONE)
    with pytest.raises(HashesDiffer):
        activate(sam, signer.activation(transaction, sad, hashes=(OTHER,), signed_attributes=(attributes(OTHER),)))


def test_signed_attributes_are_no_document(sam: Sam, signer: TestSigner) -> None:
    """Where the signer saw a file whose attributes' hash is approved, no attributes over these attributes are signed."""
    document = pdf().document()
    transaction = signer.transaction(documents=(document,))
    signer.approve(transaction)
    sad = signer.collect(transaction).sad
    with pytest.raises(HashesDiffer):
        activate(sam, signer.activation(transaction, sad, signed_attributes=(attributes(document.hash),)))
    assert len(activate(sam, signer.activation(transaction, sad)).signatures) == 1


def test_a_sad_names_its_authorization_to_everyone(signer: TestSigner) -> None:
    """Nothing more: whether it is genuine is not said. What names none is none."""
    transaction, sad = approved(signer, ONE)
    assert named_authorization(sad) == transaction.id
    assert [named_authorization(one) for one in ("", "A", "捺印", "*" * 40, sad[:29])] == [None] * 5
