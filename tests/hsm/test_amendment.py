"""`amend`: one test for each step, each failing when that step is taken out; and what each amendment then does."""

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from demo.passkey import Defects, Passkey
from hsm import amendment, approval
from hsm.activation import collect, status
from hsm.amendment import amend
from hsm.approval import approve
from hsm.assertion import Verified, verify_assertion
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
    SamError,
)
from hsm.messages import (
    FOR_EVER,
    AddPasskeyTransaction,
    Amendment,
    AmendRequest,
    ApproveRequest,
    CollectRequest,
    FreezeRequest,
    NewPasskeyTransaction,
    Registration,
    SignTransaction,
    StatusRequest,
    challenge,
)
from tests.harness.records import journal_entries
from tests.harness.sam import APPLICATION, TestCa, TestClock, TestSigner, new_id

Compose = Callable[[TestSigner, Passkey], Amendment]
KINDS: dict[str, Compose] = {
    "remove_passkey": lambda signer, second: signer.removing(second),
    "unfreeze": lambda signer, _: signer.unfreezing(),
    "destroy": lambda signer, _: signer.destroying(),
    "renew": lambda signer, _: signer.renewing(),
}


@pytest.fixture
def second(signer: TestSigner) -> Passkey:
    """The signer's second passkey."""
    return signer.add(Passkey())


@pytest.fixture(params=KINDS)
def composed(request: pytest.FixtureRequest, signer: TestSigner, second: Passkey) -> Amendment:
    return KINDS[request.param](signer, second)


def sent(signer: TestSigner, composed: Amendment, **assertion: Any) -> AmendRequest:
    raw = composed.encode()
    return AmendRequest(raw, signer.assertion(raw, **({"kind": type(composed)} | assertion)))


def require_refused(signer: TestSigner, request: AmendRequest, error: type[Refused], match: str | None = None) -> None:
    """Nothing is changed, and nothing is said to be done."""
    before = records(signer)
    with pytest.raises(error, match=match):
        amend(signer.sam, request)
    assert records(signer) == before


def records(signer: TestSigner) -> list[object]:
    store = signer.sam.store
    return [store.credential(signer.credential_id), store.passkey(signer.passkey.credential_id), len(journal_entries(signer.sam))]


def changed(raw: bytes, **fields: object) -> bytes:
    return json.dumps(json.loads(raw) | fields, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


@pytest.mark.parametrize(
    "fields", [{"type": "sign"}, {"type": "enroll"}, {"type": "new_passkey"}, {"type": "x"}, {"type": 1}, {"version": 2}, {"more": 1}]
)
def test_step_0_what_is_no_amendment_is_refused(signer: TestSigner, composed: Amendment, fields: dict[str, object]) -> None:
    """Other kinds of transaction, and fields that nobody knows."""
    raw = changed(composed.encode(), **fields)
    require_refused(signer, AmendRequest(raw, signer.assertion(raw, kind=type(composed))), Malformed)


@pytest.mark.parametrize("raw", [b"", b"null", b"[]", b"{}", b"\xff", b'{"type":' + b"[" * 100_000])
def test_step_0_bytes_that_are_nothing_are_refused(signer: TestSigner, raw: bytes) -> None:
    require_refused(signer, AmendRequest(raw, signer.assertion(raw)), Malformed)


def test_step_1_an_amendment_is_done_once(signer: TestSigner, composed: Amendment) -> None:
    """The same evidence again, and another proof over the same transaction, are refused."""
    request = sent(signer, composed)
    amend(signer.sam, request)
    assert status(signer.sam, StatusRequest(composed.id)).outcome == "amended"
    for again in (request, sent(signer, composed)):
        with pytest.raises(NotNew):
            amend(signer.sam, again)


@pytest.mark.parametrize(("created", "expires"), [(-700, -100), (-700, 0), (61, 600), (0, 601), (-60, 541)])
def test_step_1_an_amendment_is_made_now_and_is_short(signer: TestSigner, composed: Amendment, created: int, expires: int) -> None:
    """What is over, what is still to come, and what wants to live longer than ten minutes is refused."""
    now = int(signer.clock.now)
    odd = msgspec.structs.replace(composed, created=now + created, expires=now + expires)
    require_refused(signer, sent(signer, odd), Expired)


def test_step_2_a_passkey_of_another_enrolment_is_refused(signer: TestSigner, clock: TestClock, ca: TestCa, composed: Amendment) -> None:
    """Also one that was enrolled under the same name."""
    for mallory in (TestSigner(signer.sam, clock), TestSigner(signer.sam, clock, user_id=signer.user_id)):
        mallory.enroll(ca)
        require_refused(signer, sent(signer, composed, passkey=mallory.passkey), EvidenceRefused, "another enrolment")


def test_step_2_a_removed_passkey_is_refused(signer: TestSigner, second: Passkey) -> None:
    """It changes nothing any more, and does not come back by itself."""
    signer.amend(signer.removing(second))
    for composed in (signer.unfreezing(), signer.destroying(), signer.removing(signer.passkey)):
        require_refused(signer, sent(signer, composed, passkey=second), EvidenceRefused, "removed")


def test_step_2_a_passkey_that_is_not_added_yet_is_refused(signer: TestSigner) -> None:
    """A new passkey can't approve its own coming."""
    new = Passkey()
    made = signer.make_passkey(new)
    with pytest.raises(EvidenceRefused, match="unknown"):
        signer.amend(signer.adding(new, made), passkey=new, made=made)


def test_step_3_the_proof_is_over_these_bytes(signer: TestSigner, composed: Amendment) -> None:
    """A proof over anything else, or of another kind, is none; each kind has a domain of its own."""
    other = msgspec.structs.replace(composed, id=new_id())
    require_refused(signer, AmendRequest(composed.encode(), sent(signer, other).assertion), EvidenceRefused, "assertion")
    require_refused(signer, sent(signer, composed, kind=SignTransaction), EvidenceRefused, "assertion")
    require_refused(signer, sent(signer, composed, kind=NewPasskeyTransaction), EvidenceRefused, "assertion")
    require_refused(signer, sent(signer, composed, kind=AddPasskeyTransaction), EvidenceRefused, "assertion")


@pytest.mark.parametrize(
    "defects",
    [
        Defects(no_user_verified=True),
        Defects(no_user_present=True),
        Defects(bogus_signature=True),
        Defects(cross_origin=True),
        Defects(backup_eligible_flipped=True),
    ],
    ids=["not verified", "not present", "bogus", "cross origin", "backup eligible"],
)
def test_step_3_an_answer_with_a_defect_is_refused(signer: TestSigner, composed: Amendment, defects: Defects) -> None:
    require_refused(signer, sent(signer, composed, defects=defects), EvidenceRefused)


def test_step_5_the_counter_is_compared_and_set(signer: TestSigner, monkeypatch: pytest.MonkeyPatch, composed: Amendment) -> None:
    """Of two proofs that were both verified before either was recorded, the one that comes late is refused."""
    verified = approval.proof_over

    def overtaken(*arguments: Any) -> Verified:
        proof = verified(*arguments)
        monkeypatch.undo()
        signer.approve(signer.transaction())
        return proof

    monkeypatch.setattr(amendment, "proof_over", overtaken)
    with pytest.raises(EvidenceRefused, match="counter"):
        amend(signer.sam, sent(signer, composed))
    assert status(signer.sam, StatusRequest(composed.id)).outcome == "none"


def test_step_6_the_journal_proves_it_to_anyone(signer: TestSigner, composed: Amendment) -> None:
    """The entry alone holds what verifies the signer's proof."""
    amend(signer.sam, sent(signer, composed))
    (entry,) = journal_entries(signer.sam, composed.id)
    fact = {name: base64.b64decode(value) for name, value in entry.items() if name not in ("event", "subject", "at_ms", "factor", "rows")}
    assert (entry["event"], fact["transaction"]) == ("amended", composed.encode())
    client_data = json.loads(fact["client_data"])
    expected = challenge(type(composed), fact["transaction"])
    assert base64.urlsafe_b64decode(client_data["challenge"] + "==") == expected


def test_an_amendment_is_no_approval(signer: TestSigner, composed: Amendment) -> None:
    """Nothing can be collected for it."""
    amend(signer.sam, sent(signer, composed))
    with pytest.raises(NotApproved):
        collect(signer.sam, CollectRequest(composed.id, APPLICATION))


# ------------------------------------------------------------------------------------------------------------ one passkey more


def test_added_passkey_approves_and_amends(signer: TestSigner, second: Passkey) -> None:
    """From then on it is as good as the first; also for taking the first one away."""
    raw = signer.transaction().encode()
    approve(signer.sam, ApproveRequest(raw, signer.assertion(raw, passkey=second)))
    signer.amend(signer.removing(signer.passkey), passkey=second)
    with pytest.raises(EvidenceRefused, match="removed"):
        signer.approve(signer.transaction())
    raw = signer.transaction().encode()
    approve(signer.sam, ApproveRequest(raw, signer.assertion(raw, passkey=second)))


@pytest.mark.parametrize(
    "lie",
    [
        {"passkey_id": b"another passkey"},
        {"public_key": b"another key"},
        {"made_over_sha256": hashlib.sha256(b"another transaction").hexdigest()},
    ],
    ids=lambda lie: next(iter(lie)),
)
def test_step_4_another_passkey_than_the_approved_one_is_refused(signer: TestSigner, lie: dict[str, Any]) -> None:
    """The signer approves one public key, made over one transaction."""
    new = Passkey()
    made = signer.make_passkey(new)
    composed = signer.adding(new, made, **lie)
    require_refused(signer, msgspec.structs.replace(sent(signer, composed), registration=made), EvidenceRefused)


def test_step_4_a_passkey_swapped_after_the_approval_is_refused(signer: TestSigner) -> None:
    """The hostile side sends its own passkey with the signer's proof over the right one."""
    new, evil = Passkey(), Passkey()
    made, swapped = signer.make_passkey(new), signer.make_passkey(evil)
    request = sent(signer, signer.adding(new, made))
    for registration in (swapped, Registration(made.transaction, swapped.response), Registration(swapped.transaction, made.response)):
        require_refused(signer, msgspec.structs.replace(request, registration=registration), EvidenceRefused)
    amend(signer.sam, msgspec.structs.replace(request, registration=made))


def test_step_4_a_passkey_made_for_another_enrolment_is_refused(signer: TestSigner) -> None:
    """What the new passkey answered names the enrolment that it is for."""
    others: list[dict[str, Any]] = [{"enrollment_id": new_id()}, {"signer": "somebody-else"}]
    for changes in others:
        new = Passkey()
        made = signer.make_passkey(new, **changes)
        request = msgspec.structs.replace(sent(signer, signer.adding(new, made)), registration=made)
        require_refused(signer, request, EvidenceRefused, "another enrolment")


def test_step_4_a_passkey_made_long_ago_is_refused(signer: TestSigner, clock: TestClock) -> None:
    """It was made for a link that is over."""
    new = Passkey()
    made = signer.make_passkey(new)
    clock.now += 600
    require_refused(signer, msgspec.structs.replace(sent(signer, signer.adding(new, made)), registration=made), Expired)


@pytest.mark.parametrize("defects", [Defects(no_user_verified=True), Defects(cross_origin=True)], ids=["not verified", "cross origin"])
def test_step_4_a_passkey_made_without_its_user_is_refused(signer: TestSigner, defects: Defects) -> None:
    """The registration is checked as one at enrolment is."""
    new = Passkey()
    made = signer.make_passkey(new, defects)
    require_refused(signer, msgspec.structs.replace(sent(signer, signer.adding(new, made)), registration=made), EvidenceRefused)


def test_step_4_a_passkey_needs_its_registration(signer: TestSigner) -> None:
    """A public key that nobody has shown to hold is not added."""
    new = Passkey()
    made = signer.make_passkey(new)
    request = sent(signer, signer.adding(new, made))
    require_refused(signer, request, Malformed)
    require_refused(signer, msgspec.structs.replace(request, registration=Registration(b"{}", made.response)), Malformed)


def test_a_passkey_is_added_once(signer: TestSigner, clock: TestClock, ca: TestCa) -> None:
    """Its id is nobody else's, whoever asks."""
    new = Passkey()
    made = signer.make_passkey(new)
    signer.amend(signer.adding(new, made), made=made)
    with pytest.raises(NotNew):
        signer.amend(signer.adding(new, made), made=made)
    mallory = TestSigner(signer.sam, clock).enroll(ca)
    evil = Passkey()
    stolen = mallory.make_passkey(evil, Defects(wrong_credential_id=new.credential_id))
    with pytest.raises(SamError):
        mallory.amend(mallory.adding(evil, stolen, passkey_id=new.credential_id), made=stolen)
    raw = signer.transaction().encode()
    approve(signer.sam, ApproveRequest(raw, signer.assertion(raw, passkey=new)))


def test_the_added_passkey_is_what_was_verified(signer: TestSigner) -> None:
    """The reply and the record say the same; the user handle is the enrolment's."""
    new = Passkey()
    made = signer.make_passkey(new)
    reply = signer.amend(signer.adding(new, made), made=made)
    kept = signer.sam.store.passkey(new.credential_id)
    assert reply.passkey == kept.record()
    assert (kept.enrollment_id, kept.signer, kept.user_handle) == (signer.enrollment_id, signer.user_id, signer.user_handle)


# ------------------------------------------------------------------------------------------------------------ one passkey less


def test_step_4_the_last_passkey_stays(signer: TestSigner) -> None:
    """A passkey can't remove itself, so that nobody locks himself out."""
    require_refused(signer, sent(signer, signer.removing(signer.passkey)), EvidenceRefused, "itself")


def test_step_4_a_passkey_of_another_enrolment_is_not_removed(signer: TestSigner, clock: TestClock, ca: TestCa) -> None:
    """The same answer for one that there is not."""
    bob = TestSigner(signer.sam, clock).enroll(ca)
    for target in (bob.passkey.credential_id, b"no such passkey"):
        require_refused(signer, sent(signer, signer.removing(signer.passkey, passkey_id=target)), EvidenceRefused)
    bob.approve(bob.transaction())


def test_step_4_a_passkey_is_removed_once(signer: TestSigner, second: Passkey) -> None:
    signer.amend(signer.removing(second))
    require_refused(signer, sent(signer, signer.removing(second)), EvidenceRefused, "no such")


# -------------------------------------------------------------------------------------------------------- frozen and destroyed


def test_a_frozen_key_is_used_again(signer: TestSigner) -> None:
    freeze(signer.sam, FreezeRequest(signer.credential_id, FOR_EVER, "signer"))
    with pytest.raises(CredentialUnusable):
        signer.approve(signer.transaction())
    signer.amend(signer.unfreezing())
    assert signer.sign(signer.transaction()).signatures


def test_an_older_unfreeze_does_not_undo_a_later_freeze(signer: TestSigner) -> None:
    """Its evidence is used up."""
    freeze(signer.sam, FreezeRequest(signer.credential_id, FOR_EVER, "signer"))
    request = sent(signer, signer.unfreezing())
    amend(signer.sam, request)
    freeze(signer.sam, FreezeRequest(signer.credential_id, FOR_EVER, "signer"))
    require_refused(signer, request, NotNew)


@pytest.mark.parametrize("kind", ["unfreeze", "destroy"])
def test_step_4_a_key_of_another_enrolment_is_left_alone(signer: TestSigner, clock: TestClock, ca: TestCa, kind: str) -> None:
    bob = TestSigner(signer.sam, clock).enroll(ca)
    freeze(signer.sam, FreezeRequest(bob.credential_id, FOR_EVER, "signer"))
    for target in (bob.credential_id, new_id()):
        composed = (signer.unfreezing if kind == "unfreeze" else signer.destroying)(credential_id=target)
        require_refused(signer, sent(signer, composed), CredentialUnknown)
    assert signer.sam.store.credential(bob.credential_id).frozen_until == FOR_EVER
    assert signer.sam.token.has_key(bob.credential_id.encode())


def test_step_7_a_destroyed_key_is_gone_from_the_token(signer: TestSigner) -> None:
    """Proven by a search; its record stays, and says so."""
    assert signer.sam.token.has_key(signer.credential_id.encode())
    signer.amend(signer.destroying())
    assert not signer.sam.token.has_key(signer.credential_id.encode())
    assert signer.credential_id.encode() not in signer.sam.token.signing_keys
    assert signer.sam.store.credential(signer.credential_id).state == "destroyed"
    assert journal_entries(signer.sam, signer.credential_id)[-1]["event"] == "destroyed"


@pytest.mark.parametrize("kind", ["unfreeze", "destroy"])
def test_step_4_nothing_brings_a_destroyed_key_back(signer: TestSigner, kind: str) -> None:
    signer.amend(signer.destroying())
    composed = signer.unfreezing() if kind == "unfreeze" else signer.destroying()
    require_refused(signer, sent(signer, composed), CredentialUnusable, "destroyed")
    with pytest.raises(CredentialUnusable):
        freeze(signer.sam, FreezeRequest(signer.credential_id, FOR_EVER, "signer"))


def test_the_library_alone_would_take_each_proof(signer: TestSigner, composed: Amendment) -> None:
    """What these tests refuse is refused for the reason they name: the proof itself is flawless."""
    raw = composed.encode()
    passkey = signer.sam.store.passkey(signer.passkey.credential_id)
    proof = signer.assertion(raw, kind=type(composed))
    assert verify_assertion(signer.sam.party, proof, challenge(type(composed), raw), passkey.record(), passkey.user_handle)
