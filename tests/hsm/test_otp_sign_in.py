"""`sign_in` with PIN and one-time password: one test for each step, each failing when that step is taken out; and nothing comes of it."""

import hashlib
from typing import Any

import pytest

from hsm.activation import collect, status
from hsm.credential import freeze
from hsm.errors import (
    CredentialUnknown,
    CredentialUnusable,
    EvidenceRefused,
    Expired,
    Malformed,
    NotApproved,
    NotNew,
    Refused,
    TriesUsedUp,
)
from hsm.factors import approve
from hsm.messages import FOR_EVER, ApproveRequest, CollectRequest, FreezeRequest, SignInRequest, StatusRequest
from hsm.messages.ocra import challenge_hex
from hsm.otp import Kind
from hsm.otp_sign_in import sign_in
from hsm.records import PINS
from hsm.sam import Sam
from tests.harness.otp import OTHER_PIN, Authenticator, delivered, offered
from tests.harness.records import journal_entries, reseal
from tests.harness.sam import APPLICATION, TestCa, TestClock, TestSigner


def wrong_tries(held: Authenticator) -> list[str]:
    return held.signer.sam.store.pin(held.signer.enrollment_id).wrong.split()


def require_refused(held: Authenticator, request: SignInRequest, error: type[Refused], match: str | None = None) -> None:
    """Nobody is signed in, and no try is counted: the evidence was not even looked at."""
    with pytest.raises(error, match=match):
        sign_in(held.signer.sam, request)
    assert wrong_tries(held) == []


@pytest.mark.parametrize("kind", Kind)
def test_pin_and_code_sign_in_with_every_kind_of_token(lenient: Sam, clock: TestClock, ca: TestCa, kind: Kind) -> None:
    held = delivered(TestSigner(lenient, clock).enroll(ca), kind).set()
    for _ in range(2):
        signing_in = held.signing_in()
        sign_in(lenient, held.sign_in_request(signing_in))
        assert status(lenient, StatusRequest(signing_in.id)).outcome == "signed_in"
        clock.now += 30


def test_nothing_at_the_sam_comes_of_it(held: Authenticator) -> None:
    """No SAD, and no approval of anything; the code that signed in approves nothing afterwards."""
    signing_in = held.signing_in()
    request = held.sign_in_request(signing_in)
    sign_in(held.signer.sam, request)
    with pytest.raises(NotApproved):
        collect(held.signer.sam, CollectRequest(signing_in.id, APPLICATION))
    for transaction in (held.signer.transaction(), held.signer.transaction(id=signing_in.id)):
        with pytest.raises((EvidenceRefused, NotNew)):
            approve(held.signer.sam, ApproveRequest(transaction.encode(), otp=request.otp))
        with pytest.raises(Refused):
            held.signer.collect(transaction)


def test_step_0_only_its_own_kind_of_transaction_is_read(held: Authenticator) -> None:
    """Neither a signature's nor an amendment's, nor another encoding; and a sign-in is no approval."""
    signing_in = held.signing_in()
    for raw in (held.signer.transaction().encode(), held.unlocking().encode(), signing_in.encode() + b" ", b"{}", b""):
        require_refused(held, SignInRequest(raw, held.otp(signing_in.encode())), Malformed)
    with pytest.raises(Malformed):
        approve(held.signer.sam, ApproveRequest(signing_in.encode(), otp=held.otp(signing_in.encode())))
    assert wrong_tries(held) == []


def test_step_1_each_is_good_once_and_for_ten_minutes(held: Authenticator, clock: TestClock) -> None:
    done, late = held.signing_in(), held.signing_in()
    sign_in(held.signer.sam, held.sign_in_request(done))
    require_refused(held, held.sign_in_request(late, expires=int(clock.now) + 601), Expired)
    clock.now += 30
    require_refused(held, held.sign_in_request(done), NotNew)
    clock.now += 600
    require_refused(held, held.sign_in_request(late), Expired)


def test_step_2_the_key_is_of_this_enrolment_and_signer(held: Authenticator, clock: TestClock, ca: TestCa) -> None:
    """Not another's, by any of the three names; not a destroyed one."""
    signer = held.signer
    bob = TestSigner(signer.sam, clock).enroll(ca)
    for changes in ({"credential_id": bob.credential_id}, {"enrollment_id": bob.enrollment_id}, {"signer": bob.user_id}):
        require_refused(held, held.sign_in_request(held.signing_in(**changes)), CredentialUnknown)
    signer.amend(signer.destroying())
    require_refused(held, held.sign_in_request(held.signing_in()), CredentialUnusable, "destroyed")


def test_step_2_a_frozen_key_keeps_nobody_from_looking(held: Authenticator) -> None:
    freeze(held.signer.sam, FreezeRequest(held.signer.credential_id, FOR_EVER, "signer"))
    sign_in(held.signer.sam, held.sign_in_request(held.signing_in()))


def test_step_3_the_policy_and_the_token_are_this_keys(held: Authenticator, sam: Sam, clock: TestClock, ca: TestCa) -> None:
    """Not for a key that is used with a passkey only; not with another's token, one that is offered only, or one that was removed."""
    strict = delivered(TestSigner(sam, clock).enroll(ca), Kind.TOTP).set()
    require_refused(strict, strict.sign_in_request(strict.signing_in()), EvidenceRefused, "passkey only")
    bobs = offered(TestSigner(held.signer.sam, clock).enroll(ca)).set()
    for other in (bobs, offered(held.signer)):
        request = held.sign_in_request(held.signing_in(), token_id=other.token_id, code=other.code())
        require_refused(held, request, EvidenceRefused, "token")
    held.amend(held.removing())
    require_refused(held, held.sign_in_request(held.signing_in()), EvidenceRefused, "no active token")


@pytest.mark.parametrize("wrong", [{"pin": OTHER_PIN}, {"code": "wrong"}, {"pin": OTHER_PIN, "code": "wrong"}], ids=["PIN", "code", "both"])
def test_step_4_five_wrong_tries_end_it(held: Authenticator, wrong: dict[str, str]) -> None:
    """One answer for PIN and code, with the tries that are left; then it is refused, and not even the right ones are looked at."""
    signing_in = held.signing_in()
    changes: dict[str, Any] = {name: held.wrong_code() if value == "wrong" else value for name, value in wrong.items()}
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(EvidenceRefused) as refused:
            sign_in(held.signer.sam, held.sign_in_request(signing_in, **changes))
        assert (type(refused.value), refused.value.tries_left) == (EvidenceRefused, left)
    told = status(held.signer.sam, StatusRequest(signing_in.id))
    assert (told.outcome, told.reason) == ("refused", "wrong_code")
    with pytest.raises(NotNew):
        sign_in(held.signer.sam, held.sign_in_request(signing_in))


def test_step_4_wrong_tries_to_sign_in_and_to_approve_lock_together(held: Authenticator) -> None:
    """Ten in a row, whatever they were for; then neither is looked at."""
    for _ in range(5):
        with pytest.raises(EvidenceRefused):
            sign_in(held.signer.sam, held.sign_in_request(held.signing_in(), pin=OTHER_PIN))
        with pytest.raises(EvidenceRefused) as refused:
            held.approve(held.signer.transaction(), pin=OTHER_PIN)
    assert refused.value.tries_left == 0
    with pytest.raises(TriesUsedUp):
        sign_in(held.signer.sam, held.sign_in_request(held.signing_in()))
    with pytest.raises(TriesUsedUp):
        held.approve(held.signer.transaction())


def test_step_4_an_ocra_answer_is_for_this_sign_in_only(lenient: Sam, clock: TestClock, ca: TestCa) -> None:
    """Neither for another one, nor for a signature; the journal says what was asked."""
    held = delivered(TestSigner(lenient, clock).enroll(ca), Kind.OCRA).set()
    one, other = held.signing_in(), held.signing_in()
    transaction = held.signer.transaction()
    for raw in (other.encode(), transaction.encode()):
        with pytest.raises(EvidenceRefused, match="for this transaction"):
            sign_in(lenient, held.sign_in_request(one, code=held.code(raw)))
    with pytest.raises(EvidenceRefused, match="for this transaction"):
        held.approve(transaction, code=held.code(one.encode()))
    sign_in(lenient, held.sign_in_request(one))
    (entry,) = [entry for entry in journal_entries(lenient, one.id) if entry["event"] == "signed_in"]
    assert entry["challenge"] == challenge_hex(hashlib.sha256(one.encode()).digest())


def test_step_5_a_code_is_good_once(held: Authenticator) -> None:
    """Neither for another sign-in, nor for an approval, nor after one."""
    code = held.code()
    sign_in(held.signer.sam, held.sign_in_request(held.signing_in(), code=code))
    with pytest.raises(EvidenceRefused, match="totp step"):
        sign_in(held.signer.sam, held.sign_in_request(held.signing_in(), code=code))
    with pytest.raises(EvidenceRefused, match="totp step"):
        held.approve(held.signer.transaction(), code=code)
    held.signer.clock.now += 30
    approved = held.code()
    held.approve(held.signer.transaction(), code=approved)
    with pytest.raises(EvidenceRefused, match="totp step"):
        sign_in(held.signer.sam, held.sign_in_request(held.signing_in(), code=approved))


def test_step_6_the_journal_tells_what_signed_in(held: Authenticator) -> None:
    """Try and sign-in, with the token and the rows that were written; wrong tries before are forgotten with it."""
    reseal(held.signer.sam, PINS, held.signer.enrollment_id, wrong=held.signing_in().id)
    signing_in = held.signing_in()
    sign_in(held.signer.sam, held.sign_in_request(signing_in))
    tried, done = journal_entries(held.signer.sam, signing_in.id)
    assert (tried["event"], done["event"]) == ("tried", "signed_in")
    told: dict[str, Any] = {name: done[name] for name in ("factor", "token", "kind")}
    assert told == {"factor": "otp", "token": held.token_id, "kind": "totp"}
    assert [row[0] for row in done["rows"]] == ["tokens", "pins"]
    assert wrong_tries(held) == []
