"""`activate`, steps (0), (1), (3) and (4): what is asked must be what was approved, and a refusal here spends nothing."""

import base64
import json
from typing import Any

import msgspec
import pytest

from hsm.activation import activate, require_same, usable_key
from hsm.errors import (
    AlgorithmRefused,
    CredentialUnknown,
    HashAlgorithmRefused,
    HashesDiffer,
    ParametersRefused,
    Refused,
    SadInvalid,
)
from hsm.messages import ActivateRequest, Outcome, SignTransaction
from hsm.messages.signed_attributes import MAX_SIGNED_ATTRIBUTES_BYTES
from hsm.policy import EC_PUBLIC_KEY
from hsm.records import Approval
from tests.harness.sam import ECDSA_SHA256, SHA256, TestSigner, new_id
from tests.hsm.conftest import SignerOf

A, B, C = (bytes([number]) * 32 for number in range(3))
SHA384, SHA512 = "2.16.840.1.101.3.4.2.2", "2.16.840.1.101.3.4.2.3"
ECDSA_SHA384 = "1.2.840.10045.4.3.3"


@pytest.fixture
def signer(signer_of: SignerOf) -> TestSigner:
    """A signer whom these tests share: none of them changes anything but what it makes itself."""
    return signer_of("p-256")


def approved(signer: TestSigner, *digests: bytes, **fields: Any) -> tuple[SignTransaction, str]:
    transaction = signer.transaction(*digests, **fields)
    signer.approve(transaction)
    return transaction, signer.collect(transaction).sad


def recorded(signer: TestSigner, *digests: bytes, **fields: Any) -> tuple[SignTransaction, str]:
    """An approval that `approve` would not have made, as an earlier version may have left it."""
    transaction, now = signer.transaction(*digests, **fields), int(signer.clock.now)
    with signer.sam.store.change(now) as change:
        change.decide(Approval(transaction.id, Outcome.APPROVED.value, None, transaction.encode(), now, now + 120, "passkey"))
    return transaction, signer.collect(transaction).sad


def require_refused(signer: TestSigner, digests: tuple[bytes, ...], error: type[Refused], **changes: Any) -> None:
    """What is asked with these changes is refused; asked as it was approved, it is signed still."""
    transaction, sad = approved(signer, *digests)
    with pytest.raises(error):
        activate(signer.sam, signer.activation(transaction, sad, **changes))
    assert len(activate(signer.sam, signer.activation(transaction, sad)).signatures) == len(digests)


GOOD = {
    "sad": "A" * 126,
    "application_id": "A" * 22,
    "credential_id": "A" * 22,
    "hashes": [base64.b64encode(A).decode()],
    "sign_algorithm": ECDSA_SHA256,
}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sad", "A" * 1_001),
        ("sad", None),
        ("application_id", "A" * 21),
        ("credential_id", "../../../../etc/passwd"),
        ("hashes", []),
        ("hashes", [base64.b64encode(A).decode()] * 101),
        ("hashes", [base64.b64encode(A[1:]).decode()]),
        ("hashes", [base64.b64encode(bytes(65)).decode()]),
        ("hashes", ["!" * 44]),
        ("hashes", "A" * 44),
        ("sign_algorithm", "ECDSA"),
        ("sign_algorithm", "1.2" * 50),
        ("hash_algorithm", 1),
        ("hash_algorithm", "SHA-256"),
        ("sign_algorithm_parameters", base64.b64encode(bytes(1_001)).decode()),
        ("idempotency_key", ""),
        ("idempotency_key", "x" * 201),
        ("signed_attributes", [base64.b64encode(A).decode()] * 101),
        ("signed_attributes", [""]),
        ("signed_attributes", [base64.b64encode(bytes(MAX_SIGNED_ATTRIBUTES_BYTES + 1)).decode()]),
        ("signatures", 1),
    ],
)
def test_step_0_a_request_over_its_limits_is_refused(field: str, value: object) -> None:
    """Wrong types, lengths and values, and fields that nobody knows, don't become a request."""
    msgspec.json.decode(json.dumps(GOOD), type=ActivateRequest)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(json.dumps(GOOD | {field: value}), type=ActivateRequest)


@pytest.mark.parametrize("field", sorted(GOOD))
def test_step_0_a_missing_field_is_refused(field: str) -> None:
    """Who asks for what, and how, must be said."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(json.dumps({name: value for name, value in GOOD.items() if name != field}), type=ActivateRequest)


def test_step_1_a_sad_with_one_changed_bit_is_refused(signer: TestSigner) -> None:
    """Each of its 752 bits counts, and none of these attempts spends it."""
    transaction, sad = approved(signer, A)
    raw = base64.urlsafe_b64decode(sad + "==")
    for position in range(len(raw) * 8):
        changed = (int.from_bytes(raw) ^ 1 << position).to_bytes(len(raw))
        with pytest.raises(SadInvalid):
            activate(signer.sam, signer.activation(transaction, base64.urlsafe_b64encode(changed).rstrip(b"=").decode()))
    assert activate(signer.sam, signer.activation(transaction, sad))


@pytest.mark.parametrize("sad", ["", "A", "A" * 126, "A" * 1_000, "捺印", "\0", "=" * 8, "AAAA AAAA"])
def test_step_1_what_is_no_sad_is_refused(signer: TestSigner, sad: str) -> None:
    """Garbage is refused, and is no failure."""
    with pytest.raises(SadInvalid):
        activate(signer.sam, signer.activation(signer.transaction(), sad))


def test_step_1_a_longer_or_shorter_sad_is_refused(signer: TestSigner) -> None:
    """Nothing may stand after a SAD, and nothing may be missing."""
    transaction, sad = approved(signer, A)
    for changed in (sad[:-2], sad + "AA", sad[:84], "AAAA" + sad, sad + "=="):
        with pytest.raises(SadInvalid):
            activate(signer.sam, signer.activation(transaction, changed))


def test_step_3_another_applications_sad_is_refused(signer: TestSigner) -> None:
    """A SAD is of use to the application that asked for the approval, and to no other."""
    require_refused(signer, (A,), SadInvalid, application_id=new_id())


def test_step_3_another_credential_is_refused(signer: TestSigner, signer_of: SignerOf) -> None:
    """The approval was for one key."""
    require_refused(signer, (A,), CredentialUnknown, credential_id=new_id())
    require_refused(signer, (A,), CredentialUnknown, credential_id=signer_of("p-384").credential_id)


@pytest.mark.parametrize(
    "asked",
    [(A,), (A, B, C), (A, A), (A, C), (A, B, B), (B, C), (A, B, A, B)],
    ids=["one missing", "one added", "one twice in place of another", "one other", "one twice", "both other", "all twice"],
)
def test_step_3_other_hashes_are_refused(signer: TestSigner, asked: tuple[bytes, ...]) -> None:
    """Every value, and how often it stands there, must be what was approved."""
    require_refused(signer, (A, B), HashesDiffer, hashes=asked)


def test_step_3_equal_hashes_are_counted(signer: TestSigner) -> None:
    """The hashes are compared as a multiset, not as a set."""
    require_refused(signer, (A, A, B), HashesDiffer, hashes=(A, B, B))


def test_step_3_the_order_of_hashes_is_the_callers(signer: TestSigner) -> None:
    """Hashes may come in another order, and the signatures come in that order; `verify`, step (7), has seen to each."""
    transaction, sad = approved(signer, A, B, C)
    assert len(activate(signer.sam, signer.activation(transaction, sad, hashes=(C, A, B))).signatures) == 3


@pytest.mark.parametrize("oid", [SHA384, SHA512, "1.3.14.3.2.26", "2.16.840.1.101.3.4.2.4"])
def test_step_3_another_hash_algorithm_is_refused(signer: TestSigner, oid: str) -> None:
    """The hash algorithm is part of what was approved."""
    require_refused(signer, (A,), HashAlgorithmRefused, hash_algorithm=oid)


def test_step_3_refuses_another_hash_algorithm_by_itself(signer: TestSigner) -> None:
    """It does not rely on step (4), which would find the same."""
    transaction, sad = approved(signer, A)
    approval, _ = signer.sam.store.approval(transaction.id)
    assert approval is not None
    with pytest.raises(HashAlgorithmRefused):
        require_same(signer.activation(transaction, sad, hash_algorithm=SHA384), approval)


def test_step_3_the_approved_hash_algorithm_may_be_named(signer: TestSigner) -> None:
    """It may be left out, or said again."""
    transaction, sad = approved(signer, A)
    assert activate(signer.sam, signer.activation(transaction, sad, hash_algorithm=SHA256))


@pytest.mark.parametrize(
    ("algorithm", "error"),
    [
        ("1.2.840.113549.1.1.11", AlgorithmRefused),  # RSA
        ("1.2.840.113549.1.1.10", AlgorithmRefused),  # RSA-PSS
        ("1.2.840.10045.4.1", AlgorithmRefused),  # ECDSA with SHA-1
        ("1.3.101.112", AlgorithmRefused),  # Ed25519
        (ECDSA_SHA384, HashAlgorithmRefused),  # not the approved hash
    ],
)
def test_step_4_an_algorithm_that_is_not_for_this_key_and_hash_is_refused(signer: TestSigner, algorithm: str, error: type[Refused]) -> None:
    """A P-256 key signs with ECDSA, and the approved hash."""
    require_refused(signer, (A,), error, sign_algorithm=algorithm)


def test_step_4_parameters_where_there_are_none_are_refused(signer: TestSigner) -> None:
    """ECDSA has no parameters."""
    require_refused(signer, (A,), ParametersRefused, sign_algorithm_parameters=b"\x30\x00")


@pytest.mark.parametrize("oid", [SHA384, SHA512])
def test_step_4_digests_have_their_algorithms_length(signer: TestSigner, oid: str) -> None:
    """A digest of 32 bytes is no SHA-384 or SHA-512 digest, though it was approved as one."""
    transaction, sad = recorded(signer, A, hash_algorithm=oid)
    with pytest.raises(HashesDiffer):
        activate(signer.sam, signer.activation(transaction, sad, sign_algorithm=EC_PUBLIC_KEY))


@pytest.mark.parametrize("oid", ["1.3.14.3.2.26", "2.16.840.1.101.3.4.2.4", "1.2.840.113549.2.5"], ids=["SHA-1", "SHA-224", "MD5"])
def test_step_4_a_weak_hash_is_not_signed(signer: TestSigner, oid: str) -> None:
    """An approval over a hash algorithm that is in no table can't be used."""
    transaction, sad = recorded(signer, A, hash_algorithm=oid)
    with pytest.raises(HashAlgorithmRefused):
        activate(signer.sam, signer.activation(transaction, sad, sign_algorithm=EC_PUBLIC_KEY))
    with pytest.raises(HashAlgorithmRefused):
        activate(signer.sam, signer.activation(transaction, sad, sign_algorithm=ECDSA_SHA256))


def test_step_4_refuses_another_hash_algorithm_by_itself(signer: TestSigner) -> None:
    """It does not rely on step (3), which would find the same."""
    transaction, sad = approved(signer, A)
    request = signer.activation(transaction, sad, sign_algorithm=EC_PUBLIC_KEY, hash_algorithm=SHA384)
    with pytest.raises(HashAlgorithmRefused):
        usable_key(signer.sam, request, transaction, signer.clock.now)
