"""Recovery with a printed code: one test for each step, each failing when that step is taken out; the waiting time, stopping, the end."""

import base64
import json
from typing import Any

import msgspec
import pytest

from demo.passkey import Defects, Passkey
from hsm.approval import approve
from hsm.credential import freeze
from hsm.errors import (
    CredentialUnusable,
    EvidenceRefused,
    Expired,
    Malformed,
    NotNew,
    RecoveryOver,
    RecoveryUnknown,
    RecoveryWaits,
    Refused,
    TriesUsedUp,
)
from hsm.messages import (
    FOR_EVER,
    RECOVERY_OPEN_S,
    ApproveRequest,
    BeginRecoveryRequest,
    FreezeRequest,
    ListRecoveriesRequest,
    RecoveryReply,
    RecoveryRequest,
    Registration,
    StopRecoveryRequest,
    recovery_code_sha256,
)
from hsm.recovery import TRIES, TRIES_WITHIN_S, begin_recovery, complete_recovery, list_recoveries, recovery, stop_recovery
from hsm.recovery_records import RECOVERY_SETS
from tests.harness.records import journal_entries
from tests.harness.recovery import new_codes, set_codes, setting, with_code
from tests.harness.sam import TestCa, TestClock, TestSigner, new_id

DAY_S = 86_400


@pytest.fixture
def codes(signer: TestSigner) -> list[str]:
    """The signer's recovery codes."""
    return set_codes(signer)


def begin(signer: TestSigner, code: str, passkey: Passkey | None = None) -> RecoveryReply:
    return begin_recovery(signer.sam, with_code(signer, code, passkey))


def complete(signer: TestSigner, begun: RecoveryReply) -> RecoveryReply:
    return complete_recovery(signer.sam, RecoveryRequest(begun.recovery_id))


def left(signer: TestSigner) -> int:
    """Count the codes that are still good."""
    with signer.sam.store.change(signer.clock.now) as change:
        found = change.row_now(RECOVERY_SETS, signer.enrollment_id)
    return len(found.hashes())


def can_approve(signer: TestSigner, passkey: Passkey) -> bool:
    raw = signer.transaction().encode()
    try:
        approve(signer.sam, ApproveRequest(raw, signer.assertion(raw, passkey=passkey)))
    except EvidenceRefused:
        return False
    return True


def require_refused(signer: TestSigner, request: BeginRecoveryRequest, error: type[Refused], match: str | None = None) -> None:
    """Nothing waits, and no code is used up."""
    before = left(signer)
    with pytest.raises(error, match=match):
        begin_recovery(signer.sam, request)
    assert left(signer) == before
    assert not list_recoveries(signer.sam, ListRecoveriesRequest()).recoveries


# ------------------------------------------------------------------------------------------------------------ the codes are set


def test_new_set_takes_the_place_of_the_old_one(signer: TestSigner, codes: list[str]) -> None:
    """A code of the old paper is as good as one that never was."""
    newer = set_codes(signer, 3)
    require_refused(signer, with_code(signer, codes[0]), EvidenceRefused, "not a recovery code")
    assert left(signer) == 3
    assert begin(signer, newer[2]).state == "waiting"


def test_codes_may_be_taken_away(signer: TestSigner, codes: list[str]) -> None:
    """A set without any."""
    signer.amend(setting(signer, []))
    require_refused(signer, with_code(signer, codes[0]), EvidenceRefused, "not a recovery code")


def test_a_set_has_no_code_twice_and_not_too_many(signer: TestSigner) -> None:
    (code,) = new_codes(1)
    with pytest.raises(Malformed, match="twice"):
        signer.amend(setting(signer, [code, code]))
    with pytest.raises(Malformed):
        signer.amend(setting(signer, new_codes(11)))
    with pytest.raises(Malformed):
        signer.amend(msgspec.structs.replace(setting(signer, []), codes=(recovery_code_sha256(code).upper(),)))
    signer.amend(setting(signer, new_codes(10)))


def test_a_destroyed_key_gets_no_codes(signer: TestSigner) -> None:
    signer.amend(signer.destroying())
    with pytest.raises(CredentialUnusable):
        set_codes(signer)


def test_no_code_is_in_the_records_or_the_journal(signer: TestSigner, codes: list[str]) -> None:
    """Only its hash; also after it was used."""
    begin(signer, codes[0])
    told = json.dumps(journal_entries(signer.sam))
    assert "recovery_begun" in told
    assert not any(code in told for code in codes)
    assert not any(code in repr(with_code(signer, code)) for code in codes)


# ---------------------------------------------------------------------------------------------------------------- the beginning


def test_step_0_the_passkey_is_made_for_this_code(signer: TestSigner, codes: list[str]) -> None:
    """Another code, though as good a one, does not go with it."""
    request = with_code(signer, codes[0])
    require_refused(signer, msgspec.structs.replace(request, code=codes[1]), EvidenceRefused, "another code")
    begin_recovery(signer.sam, request)


@pytest.mark.parametrize("fields", [{"type": "new_passkey"}, {"type": "add_passkey"}, {"version": 2}, {"more": 1}])
def test_step_0_other_transactions_are_refused(signer: TestSigner, codes: list[str], fields: dict[str, object]) -> None:
    good = with_code(signer, codes[0])
    raw = json.dumps(json.loads(good.registration.transaction) | fields, separators=(",", ":"), sort_keys=True).encode()
    require_refused(signer, BeginRecoveryRequest(codes[0], Registration(raw, good.registration.response)), Malformed)


@pytest.mark.parametrize(("created", "expires"), [(-700, -100), (61, 600), (0, 601)])
def test_step_1_the_passkey_is_made_now(signer: TestSigner, codes: list[str], created: int, expires: int) -> None:
    now = int(signer.clock.now)
    require_refused(signer, with_code(signer, codes[0], created=now + created, expires=now + expires), Expired)


def test_step_2_without_a_key_there_is_nothing_to_recover(signer: TestSigner, codes: list[str]) -> None:
    """The enrolment's key was destroyed since the codes were printed; or there never was one."""
    signer.amend(signer.destroying())
    require_refused(signer, with_code(signer, codes[0]), CredentialUnusable)
    require_refused(signer, with_code(signer, codes[0], enrollment_id=new_id()), CredentialUnusable)


@pytest.mark.parametrize(
    "defects",
    [Defects(no_user_verified=True), Defects(cross_origin=True), Defects(wrong_challenge=bytes(32))],
    ids=["not verified", "cross origin", "another challenge"],
)
def test_step_3_the_new_passkey_is_checked(signer: TestSigner, codes: list[str], defects: Defects) -> None:
    """As at enrolment; the code may be used again."""
    require_refused(signer, with_code(signer, codes[0], defects=defects), EvidenceRefused, "registration|another site")


def test_step_3_a_passkey_made_for_a_link_is_refused(signer: TestSigner, codes: list[str]) -> None:
    """One that answered a NewPasskeyTransaction, or somebody else's code, was not made for this."""
    new = Passkey()
    linked, good = signer.make_passkey(Passkey()), with_code(signer, codes[0], new)
    require_refused(signer, BeginRecoveryRequest(codes[0], linked), Malformed)
    mixed = Registration(good.registration.transaction, linked.response)
    require_refused(signer, BeginRecoveryRequest(codes[0], mixed), EvidenceRefused, "registration")
    with pytest.raises(Malformed):  # nor the other way
        signer.amend(signer.adding(new, good.registration), made=good.registration)


def test_step_4_tries_are_counted_before_the_code_is_compared(signer: TestSigner, clock: TestClock, codes: list[str]) -> None:
    """Ten wrong ones in an hour, and not even the right one is looked at; an hour later it is. So nobody can lock it for good."""
    for code in new_codes(TRIES):
        with pytest.raises(EvidenceRefused, match="not a recovery code"):
            begin(signer, code)
    with pytest.raises(TriesUsedUp):
        begin(signer, codes[0])
    assert left(signer) == 4
    clock.now += TRIES_WITHIN_S
    assert begin(signer, codes[0]).state == "waiting"


def test_step_4_a_right_code_forgets_the_wrong_ones(signer: TestSigner, codes: list[str]) -> None:
    for number in range(2):
        for code in new_codes(TRIES - 1):
            with pytest.raises(EvidenceRefused, match="not a recovery code"):
                begin(signer, code)
        assert begin(signer, codes[number]).state == "waiting"


def test_step_5_a_code_belongs_to_its_enrolment(signer: TestSigner, clock: TestClock, ca: TestCa, codes: list[str]) -> None:
    """Mallory's own code opens nothing of the signer's, and the signer's nothing of Mallory's; also under one name."""
    for mallory in (TestSigner(signer.sam, clock).enroll(ca), TestSigner(signer.sam, clock, user_id=signer.user_id).enroll(ca)):
        (own,) = set_codes(mallory, 1)
        forged: list[dict[str, Any]] = [
            {"enrollment_id": signer.enrollment_id},
            {"enrollment_id": signer.enrollment_id, "signer": signer.user_id},
        ]
        for changes in forged:
            require_refused(signer, with_code(mallory, own, **changes), EvidenceRefused)
        require_refused(signer, with_code(mallory, codes[0]), EvidenceRefused, "not a recovery code")
    require_refused(signer, with_code(signer, codes[0], signer="somebody-else"), EvidenceRefused, "no recovery codes")


def test_step_5_without_a_set_no_code_is_good(signer: TestSigner) -> None:
    (code,) = new_codes(1)
    with pytest.raises(EvidenceRefused, match="has no recovery codes"):
        begin(signer, code)


def test_step_6_a_code_is_used_once(signer: TestSigner, clock: TestClock, codes: list[str]) -> None:
    """For one passkey; stopping it, or the end of its time, brings the code not back."""
    begun = begin(signer, codes[0])
    for _ in range(2):
        with pytest.raises(EvidenceRefused, match="not a recovery code"):
            begin(signer, codes[0])
        stop_recovery(signer.sam, StopRecoveryRequest(begun.recovery_id, "signer"))
        clock.now += DAY_S
    assert left(signer) == 3


def test_step_6_the_same_request_again_gets_the_same_answer(signer: TestSigner, clock: TestClock, codes: list[str]) -> None:
    """Where the answer was lost; another request under its id is refused."""
    request = with_code(signer, codes[0])
    begun = begin_recovery(signer.sam, request)
    clock.now += 3 * DAY_S
    assert begin_recovery(signer.sam, request) == msgspec.structs.replace(begun, state="ready")
    other = with_code(signer, codes[1], id=begun.recovery_id)
    with pytest.raises(NotNew):
        begin_recovery(signer.sam, other)
    assert left(signer) == 3


def test_step_6_the_journal_has_it(signer: TestSigner, codes: list[str]) -> None:
    """Which code, which passkey, until when it waits; then how it ended."""
    begun = begin(signer, codes[0])
    stop_recovery(signer.sam, StopRecoveryRequest(begun.recovery_id, "operator"))
    _, told, stopped = journal_entries(signer.sam, begun.recovery_id)
    assert (told["event"], told["ready_at"]) == ("recovery_begun", begun.ready_at)
    assert base64.b64decode(told["passkey_public_key"]) == begun.passkey.public_key
    assert json.loads(base64.b64decode(told["transaction"]))["code_sha256"] == recovery_code_sha256(codes[0])
    assert (stopped["event"], stopped["by"]) == ("recovery_stopped", "operator")


# ------------------------------------------------------------------------------------------------------------ the waiting time


def test_passkey_that_waits_may_do_nothing(signer: TestSigner, codes: list[str]) -> None:
    """It approves nothing, changes nothing, and does not end its own waiting; nor does anyone for it."""
    new = Passkey()
    begun = begin(signer, codes[0], new)
    assert begun.ready_at == int(signer.clock.now) + DAY_S
    assert not can_approve(signer, new)
    for amendment in (signer.unfreezing(), signer.destroying(), signer.removing(signer.passkey), setting(signer, new_codes())):
        with pytest.raises(EvidenceRefused):
            signer.amend(amendment, passkey=new)
    with pytest.raises(RecoveryWaits):
        complete(signer, begun)


def test_after_the_waiting_time_it_approves(signer: TestSigner, clock: TestClock, codes: list[str]) -> None:
    """Not a second before; then it is as good as the first, also for taking the lost one away."""
    new = Passkey()
    begun = begin(signer, codes[0], new)
    clock.now = begun.ready_at - 1
    with pytest.raises(RecoveryWaits):
        complete(signer, begun)
    clock.now = begun.ready_at
    assert recovery(signer.sam, RecoveryRequest(begun.recovery_id)).state == "ready"
    assert not can_approve(signer, new)
    done = complete(signer, begun)
    assert (done.state, done.passkey.passkey_id) == ("active", new.credential_id)
    assert complete(signer, begun) == done
    assert can_approve(signer, new)
    signer.amend(signer.removing(signer.passkey), passkey=new)
    assert not can_approve(signer, signer.passkey)


def test_operator_chooses_the_waiting_time(signer: TestSigner, codes: list[str]) -> None:
    """For those that begin from then on; what has begun keeps its time."""
    before = begin(signer, codes[0])
    object.__setattr__(signer.sam, "recovery_wait_s", 0)
    assert complete(signer, begin(signer, codes[1])).state == "active"
    with pytest.raises(RecoveryWaits):
        complete(signer, before)


def test_nobody_comes_for_it(signer: TestSigner, clock: TestClock, codes: list[str]) -> None:
    """Thirty days after its time it is no use to anyone."""
    begun = begin(signer, codes[0])
    clock.now = begun.ready_at + RECOVERY_OPEN_S
    with pytest.raises(RecoveryOver, match="lapsed"):
        complete(signer, begun)
    assert recovery(signer.sam, RecoveryRequest(begun.recovery_id)).state == "lapsed"
    assert not list_recoveries(signer.sam, ListRecoveriesRequest()).recoveries


def test_stopped_is_stopped(signer: TestSigner, clock: TestClock, codes: list[str]) -> None:
    """Whatever time it is; stopping it again changes nothing, and the other codes are still good."""
    new = Passkey()
    begun = begin(signer, codes[0], new)
    for _ in range(2):
        assert stop_recovery(signer.sam, StopRecoveryRequest(begun.recovery_id, "signer")).state == "stopped"
    clock.now += 2 * DAY_S
    with pytest.raises(RecoveryOver, match="stopped"):
        complete(signer, begun)
    assert not can_approve(signer, new)
    assert begin(signer, codes[1]).state == "waiting"


def test_what_is_through_is_not_stopped(signer: TestSigner, clock: TestClock, codes: list[str]) -> None:
    """It can be removed, as any passkey."""
    new = Passkey()
    begun = begin(signer, codes[0], new)
    clock.now += DAY_S
    complete(signer, begun)
    with pytest.raises(RecoveryOver, match="through"):
        stop_recovery(signer.sam, StopRecoveryRequest(begun.recovery_id, "signer"))
    signer.amend(signer.removing(new))
    assert complete(signer, begun).state == "active"
    assert not can_approve(signer, new)


def test_key_destroyed_meanwhile_is_not_recovered(signer: TestSigner, clock: TestClock, codes: list[str]) -> None:
    """It says so."""
    begun = begin(signer, codes[0])
    signer.amend(signer.destroying())
    clock.now += DAY_S
    with pytest.raises(CredentialUnusable):
        complete(signer, begun)


def test_frozen_key_stays_frozen(signer: TestSigner, clock: TestClock, codes: list[str]) -> None:
    """Whoever has the paper may add a passkey; that one then ends the freeze, as its holder could before."""
    freeze(signer.sam, FreezeRequest(signer.credential_id, FOR_EVER, "signer"))
    new = Passkey()
    begun = begin(signer, codes[0], new)
    clock.now += DAY_S
    complete(signer, begun)
    assert signer.sam.store.credential(signer.credential_id).frozen_until == FOR_EVER
    signer.amend(signer.unfreezing(), passkey=new)


def test_operator_sees_what_waits(signer: TestSigner, codes: list[str]) -> None:
    """Whatever the web server says; what is stopped or through waits no more."""
    first, second = begin(signer, codes[0]), begin(signer, codes[1])
    assert list_recoveries(signer.sam, ListRecoveriesRequest()).recoveries == (first, second)
    stop_recovery(signer.sam, StopRecoveryRequest(first.recovery_id, "operator"))
    assert list_recoveries(signer.sam, ListRecoveriesRequest()).recoveries == (second,)


def test_unknown_is_unknown(signer: TestSigner) -> None:
    for ask in (complete_recovery, recovery):
        with pytest.raises(RecoveryUnknown):
            ask(signer.sam, RecoveryRequest(new_id()))
    with pytest.raises(RecoveryUnknown):
        stop_recovery(signer.sam, StopRecoveryRequest(new_id(), "signer"))
