"""The same request under the same idempotency key gets the same answer; everything else about a spent approval is refused."""

from typing import Any

import pytest

from hsm.activation import activate, status
from hsm.errors import HsmUnavailable, InProgress, OutcomeUnknown, Refused, SadInvalid, SadSpent
from hsm.messages import ActivateRequest, Outcome, StatusRequest
from hsm.policy import Scheme
from hsm.records import Activation
from tests.harness.records import database
from tests.harness.sam import SHA256, TestClock, TestSigner, new_id, signing_with


def asked(signer: TestSigner, **changes: Any) -> ActivateRequest:
    """Approve a transaction, and give the request that signs it under a key."""
    transaction = signer.transaction(bytes(32), bytes([1]) * 32)
    signer.approve(transaction)
    return signer.activation(transaction, signer.collect(transaction).sad, **{"idempotency_key": "attempt 1"} | changes)


def id_of(signer: TestSigner) -> str:
    with database(signer.sam) as connection:
        (authorization_id,) = connection.execute("SELECT authorization_id FROM approvals").fetchone()
    return str(authorization_id)


def failing(key_id: bytes, scheme: Scheme, digest: bytes) -> bytes:
    raise HsmUnavailable("DeviceError")


def test_a_repeat_gets_the_same_answer(signer: TestSigner) -> None:
    """ECDSA never makes the same signature twice, so this is the first one, given again; the HSM is not asked."""
    request = asked(signer)
    first = activate(signer.sam, request)
    assert activate(signing_with(signer.sam, failing), request) == first


def test_a_repeat_gets_the_same_answer_after_the_approvals_end(signer: TestSigner, clock: TestClock) -> None:
    """A lost reply can be asked for when the SAD is of no use for anything else any more."""
    request = asked(signer)
    first = activate(signer.sam, request)
    clock.now += 86_400
    assert activate(signer.sam, request) == first


@pytest.mark.parametrize(
    "change",
    [
        {"idempotency_key": "attempt 2"},
        {"idempotency_key": None},
        {"hashes": (bytes([1]) * 32, bytes(32))},
        {"hashes": (bytes(32),)},
        {"hash_algorithm": SHA256},
        {"sign_algorithm": "1.2.840.10045.2.1", "hash_algorithm": SHA256},
        {"application_id": new_id()},
        {"credential_id": new_id()},
    ],
    ids=lambda change: ", ".join(change),
)
def test_another_request_under_the_same_sad_is_refused(signer: TestSigner, change: dict[str, Any]) -> None:
    """A repeat is the same in every field."""
    request = asked(signer)
    activate(signer.sam, request)
    with pytest.raises(SadSpent):
        activate(signer.sam, ActivateRequest(**{name: getattr(request, name) for name in request.__struct_fields__} | change))


def test_without_a_key_there_is_no_repeat(signer: TestSigner) -> None:
    """Who gave no key gets one answer, once."""
    request = asked(signer, idempotency_key=None)
    activate(signer.sam, request)
    with pytest.raises(SadSpent):
        activate(signer.sam, request)


def test_the_key_of_a_refused_request_is_free(signer: TestSigner) -> None:
    """What was refused before it was spent may be put right under the same key."""
    with pytest.raises(Refused):
        activate(signer.sam, asked(signer, hashes=(bytes(32),)))
    assert activate(signer.sam, asked(signer))


def test_two_approvals_may_use_the_same_key(signer: TestSigner) -> None:
    """A key counts within one approval only."""
    assert activate(signer.sam, asked(signer)) != activate(signer.sam, asked(signer))


def test_an_unknown_outcome_stays_unknown(signer: TestSigner) -> None:
    """However often it is repeated, the HSM being well again."""
    request = asked(signer)
    with pytest.raises(OutcomeUnknown):
        activate(signing_with(signer.sam, failing), request)
    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            activate(signer.sam, request)
    assert status(signer.sam, StatusRequest(id_of(signer))).outcome == Outcome.UNKNOWN


def test_a_repeat_beside_the_first_waits(signer: TestSigner) -> None:
    """While the first is being signed, the repeat learns that, and takes nothing from it."""
    request = asked(signer)
    during: list[object] = []

    def sign(key_id: bytes, scheme: Scheme, digest: bytes) -> bytes:
        with pytest.raises(InProgress):
            activate(signer.sam, request)
        during.append(status(signer.sam, StatusRequest(id_of(signer))).outcome)
        return signer.sam.token.sign(key_id, scheme, digest)

    first = activate(signing_with(signer.sam, sign), request)
    assert during == [Outcome.INTENDED] * 2
    assert activate(signer.sam, request) == first


def test_an_abandoned_activation_is_ended_as_unknown(signer: TestSigner) -> None:
    """An intent without outcome that nobody works on is found by whoever asks next."""
    request = asked(signer)
    with signer.sam.store.change(signer.clock.now) as change:
        change.spend(Activation(id_of(signer), bytes(32), None, Outcome.INTENDED.value))
    assert status(signer.sam, StatusRequest(id_of(signer))).outcome == Outcome.UNKNOWN
    with pytest.raises(SadSpent):
        activate(signer.sam, request)


def test_a_kept_answer_that_was_tampered_with_is_not_given(signer: TestSigner) -> None:
    """Signatures put into the database by someone else don't come out of the SAM."""
    request = asked(signer)
    activate(signer.sam, request)
    with database(signer.sam) as connection:
        connection.execute("UPDATE activations SET signatures = ?", (b'["AAAA","AAAA"]',))
    with pytest.raises(SadInvalid):
        activate(signer.sam, request)
