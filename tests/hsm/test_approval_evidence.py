"""`approve`, step (4): every way in which a passkey's answer can be wrong, and every field that could be changed after it was given."""

import dataclasses
from typing import Any

import msgspec
import pytest

from demo.passkey import Defects
from hsm.activation import status
from hsm.approval import approve
from hsm.errors import EvidenceRefused, Refused
from hsm.messages import ApproveRequest, Document, SignTransaction, StatusRequest
from tests.harness.sam import NOW, ORIGIN, TestSigner, new_id
from tests.hsm.conftest import SignerOf

VALUES: dict[str, list[Any]] = {
    "top_origin": ["https://evil.example", ORIGIN],
    "wrong_origin": [
        "http://sign.example.jp",
        "https://sign.example.jp:8443",
        "https://www.sign.example.jp",
        "https://evil-sign.example.jp",
        "https://sign.example.jp.evil.example",
        "https://Sign.example.jp",
        "https://sign.example.jp.",
        "https://sign.example.jp/",
        "null",
    ],
    "wrong_rp_id": ["example.jp", "evil.example"],
    "wrong_type": ["webauthn.create", "payment.get", "Webauthn.get"],
    "wrong_challenge": [bytes(32), b"\0"],
    "wrong_credential_id": [bytes(32)],
    "wrong_user_handle": [bytes(32)],
}
HARMLESS = {"no_user_handle"}  # the passkey was asked for by its id (WebAuthn L3 §7.2 step 6)
DEFECTS = [
    pytest.param(Defects(**{field.name: value}), id=f"{field.name}={value!r}")
    for field in dataclasses.fields(Defects)
    if field.name not in HARMLESS
    for value in VALUES.get(field.name, [True])
]

OTHER: dict[str, Any] = {
    "id": new_id(),
    "nonce": "A" * 43,
    "signer": "mallory",
    "credential_id": new_id(),
    "created": int(NOW) - 1,
    "expires": int(NOW) + 181,
    "application_id": new_id(),
    "application_name": "別の会社",
    "certificate_sha256": "0" * 64,
    "hash_algorithm": "2.16.840.1.101.3.4.2.2",
    "description": "別の説明",
}


@pytest.fixture
def signer(signer_of: SignerOf) -> TestSigner:
    """A signer whom these tests share: none of them changes anything but what it makes itself."""
    return signer_of("p-256")


@pytest.mark.parametrize("defects", DEFECTS)
def test_step_4_an_answer_with_a_defect_is_refused(signer: TestSigner, defects: Defects) -> None:
    """Each defect alone is enough, right after an approval without one."""
    signer.approve(signer.transaction())
    transaction = signer.transaction()
    with pytest.raises(EvidenceRefused):
        signer.approve(transaction, defects)
    assert status(signer.sam, StatusRequest(transaction.id)).outcome == "none"


@pytest.mark.parametrize("name", sorted(HARMLESS))
def test_step_4_what_may_be_missing_may_be_missing(signer: TestSigner, name: str) -> None:
    """Some authenticators give no user handle."""
    fields: dict[str, Any] = {name: True}
    signer.approve(signer.transaction(), Defects(**fields))


def test_every_field_of_a_transaction_is_changed_once() -> None:
    """A field that is added must be added to these tests."""
    assert {*OTHER, "version", "documents"} == set(SignTransaction.__struct_fields__)


@pytest.mark.parametrize("field", sorted(OTHER))
def test_step_4_a_field_changed_after_signing_is_refused(signer: TestSigner, field: str) -> None:
    """The proof is over every field."""
    require_unapproved(signer, {field: OTHER[field]})


@pytest.mark.parametrize(
    "indexes",
    [(1, 0), (0,), (0, 1, 1), (0, 0), (0, 2)],
    ids=["order", "one removed", "one added", "one twice", "one exchanged"],
)
def test_step_4_documents_changed_after_signing_are_refused(signer: TestSigner, indexes: tuple[int, ...]) -> None:
    """The proof is over every document, their number and their order."""
    known = [Document("契約書 0", bytes(32)), Document("契約書 1", bytes([1] * 32)), Document("契約書 1", bytes([2] * 32))]
    require_unapproved(signer, {"documents": tuple(known[index] for index in indexes)}, documents=tuple(known[:2]))


def test_step_4_a_label_changed_after_signing_is_refused(signer: TestSigner) -> None:
    """What a document was called is part of what was approved."""
    require_unapproved(signer, {"documents": (Document("別の契約書", bytes(32)),)}, documents=(Document("契約書", bytes(32)),))


def require_unapproved(signer: TestSigner, changes: dict[str, Any], **fields: Any) -> None:
    """The signer's flawless proof over one transaction does not approve it with these changes."""
    signed = signer.transaction(**fields)
    changed = msgspec.structs.replace(signed, **changes)
    with pytest.raises(Refused):
        approve(signer.sam, ApproveRequest(changed.encode(), signer.assertion(signed.encode())))
    assert status(signer.sam, StatusRequest(changed.id)).outcome == "none"
    approve(signer.sam, ApproveRequest(signed.encode(), signer.assertion(signed.encode())))
