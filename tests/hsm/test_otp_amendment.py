"""The amendments about PIN and one-time password: what each needs, what it then does, and that a passkey approves it."""

from collections.abc import Callable

import msgspec
import pytest

from hsm.amendment import amend
from hsm.errors import CodeRefused, EvidenceRefused, Malformed, NotNew, PinUnacceptable, Refused, StepUsed
from hsm.messages import Amendment, AmendRequest, NewOtp, NewPin, SignTransaction, SuccessiveCodes
from hsm.messages.ocra import SCANNED, TYPED
from hsm.otp import Kind
from hsm.records import TOKENS
from hsm.sam import Sam
from tests.harness.otp import GOOD_PIN, OTHER_PIN, Authenticator, delivered, offered
from tests.harness.records import journal_entries, reseal
from tests.harness.sam import TestCa, TestClock, TestSigner, new_id
from tests.hsm.test_versions import put_back, row_of

Compose = Callable[[Authenticator], Amendment]
KINDS: dict[str, Compose] = {
    "set_otp": lambda held: held.setting(),
    "remove_otp": lambda held: held.removing(),
    "unlock_otp": lambda held: held.unlocking(),
    "change_pin": lambda held: held.changing_pin(),
    "resynchronise_otp": lambda held: held.resynchronising(),
}


@pytest.fixture
def app(lenient: Sam, clock: TestClock, ca: TestCa) -> Authenticator:
    """A token that was offered, and not set."""
    return offered(TestSigner(lenient, clock).enroll(ca))


def first(held: Authenticator, composed: Amendment, **changes: str) -> AmendRequest:
    return held.amendment(composed, NewOtp(**{"pin": held.pin, "code": held.code(composed.encode())} | changes))


def records(held: Authenticator) -> list[object]:
    store = held.signer.sam.store
    return [store.token(held.token_id), store.pin(held.signer.enrollment_id), len(journal_entries(held.signer.sam))]


def require_refused(held: Authenticator, request: AmendRequest, error: type[Refused], match: str | None = None) -> None:
    """Nothing is changed, and nothing is said to be done."""
    before = records(held)
    with pytest.raises(error, match=match):
        amend(held.signer.sam, request)
    assert records(held) == before


def lock(held: Authenticator) -> None:
    for _ in range(10):
        with pytest.raises(EvidenceRefused):
            held.approve(held.signer.transaction(), pin=OTHER_PIN)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_approved_with_a_passkey_of_the_enrolment(held: Authenticator, clock: TestClock, ca: TestCa, kind: str) -> None:
    """Not with another's, and not with a proof over something else."""
    mallory = TestSigner(held.signer.sam, clock).enroll(ca)
    composed = KINDS[kind](held)
    raw = composed.encode()
    now = held.code()
    beside = {"otp": NewOtp(held.pin, now), "codes": SuccessiveCodes(now, held.code(ahead=1)), "pin": NewPin(OTHER_PIN)}
    for proof in (
        mallory.assertion(raw, kind=type(composed)),
        held.signer.assertion(raw, kind=SignTransaction),
        *(held.signer.assertion(raw, kind=type(other(held))) for name, other in KINDS.items() if name != kind),
    ):
        require_refused(held, msgspec.structs.replace(AmendRequest(raw, proof), **beside), EvidenceRefused)


@pytest.mark.parametrize("kind", KINDS)
def test_what_an_amendment_needed_beside_it_is_not_journalled(held: Authenticator, kind: str) -> None:
    """Neither PIN nor codes; the entry has the evidence, and the rows that were written."""
    if kind == "set_otp":
        held = delivered(held.signer, Kind.TOTP)
    composed = KINDS[kind](held)
    codes = held.code(), held.code(ahead=1)
    held.amend(composed, NewOtp(GOOD_PIN, codes[0]), SuccessiveCodes(*codes), NewPin(OTHER_PIN))
    (entry,) = journal_entries(held.signer.sam, composed.id)
    assert (entry["event"], entry["factor"]) == ("amended", "passkey")
    assert {row[0] for row in entry["rows"]} >= {"pins" if kind in ("unlock_otp", "change_pin") else "tokens"}
    assert set(entry) & {"otp", "codes", "pin", "code"} == set()


# ------------------------------------------------------------------------------------------------------------------ set_otp


@pytest.mark.parametrize(("kind", "suite"), [(Kind.TOTP, ""), (Kind.HOTP, ""), (Kind.OCRA, TYPED), (Kind.OCRA, SCANNED)])
def test_a_free_token_becomes_the_signers(lenient: Sam, clock: TestClock, ca: TestCa, kind: Kind, suite: str) -> None:
    """With its first code, which is then used up; an OCRA token answers for the amendment."""
    signer = TestSigner(lenient, clock).enroll(ca)
    held = delivered(signer, kind, suite)
    composed = held.setting()
    code = held.code(composed.encode())
    held.amend(composed, NewOtp(held.pin, code))
    kept = lenient.store.token(held.token_id)
    assert (kept.state, kept.enrollment_id) == ("active", signer.enrollment_id)
    with pytest.raises(EvidenceRefused):
        held.approve(signer.transaction(), code=code)


def test_the_pin_is_set_and_replaced(held: Authenticator) -> None:
    """From then on the new one is right, with whichever token; wrong tries of the old one are forgotten."""
    lock(held)
    second = offered(held.signer)
    second.pin = OTHER_PIN
    second.set()
    with pytest.raises(EvidenceRefused, match="not this PIN"):
        held.approve(held.signer.transaction())
    held.approve(held.signer.transaction(), pin=OTHER_PIN)
    second.approve(held.signer.transaction())


def test_the_first_code_must_be_right(app: Authenticator) -> None:
    """And once used here, it approves nothing."""
    require_refused(app, first(app, app.setting(), code=app.wrong_code()), CodeRefused)
    code = app.code()
    app.amend(app.setting(), NewOtp(app.pin, code))
    with pytest.raises(EvidenceRefused, match="totp step"):
        app.approve(app.signer.transaction(), code=code)


@pytest.mark.parametrize("pin", ["", "12345", "123456", "111111", "hunter2", "1234567890123", "７３９１５４"])
def test_a_pin_that_anyone_would_guess_is_refused(app: Authenticator, pin: str) -> None:
    """With an answer of its own, for the signer to choose another; the same token and code are good afterwards."""
    require_refused(app, first(app, app.setting(), pin=pin), PinUnacceptable)
    amend(app.signer.sam, first(app, app.setting()))


def test_setting_needs_pin_and_code(app: Authenticator) -> None:
    require_refused(app, app.amendment(app.setting()), Malformed)


def test_only_a_token_that_is_to_be_had_is_set(held: Authenticator, clock: TestClock, ca: TestCa) -> None:
    """Not one that was offered to somebody else, is somebody's, was removed, or is the signer's already."""
    bobs = offered(TestSigner(held.signer.sam, clock).enroll(ca))
    gone = delivered(held.signer, Kind.TOTP).set()
    gone.amend(gone.removing())
    for token in (bobs, bobs.set(), gone, held):
        token.signer = held.signer
        require_refused(token, first(token, token.setting()), EvidenceRefused, "not to be had")
    none = held.setting(token_id=new_id())
    require_refused(held, first(held, none), EvidenceRefused, "unknown token")


def test_a_token_out_of_its_dates_is_not_set(app: Authenticator, clock: TestClock) -> None:
    reseal(app.signer.sam, TOKENS, app.token_id, usable_until=int(clock.now))
    require_refused(app, first(app, app.setting()), EvidenceRefused, "dates")


def test_a_token_goes_to_one_of_two_who_want_it(lenient: Sam, clock: TestClock, ca: TestCa) -> None:
    held = delivered(TestSigner(lenient, clock).enroll(ca), Kind.TOTP)
    other = Authenticator(TestSigner(lenient, clock).enroll(ca), held.token_id, held.seed)
    held.set()
    with pytest.raises(EvidenceRefused, match="not to be had"):
        other.set()
    held.approve(held.signer.transaction())


# ------------------------------------------------------------------------------------------------------- remove, unlock, find


def test_a_removed_token_is_nobodys_for_good(held: Authenticator) -> None:
    """Its seed is erased, and it can't be set again; so with one that was only offered."""
    waiting = offered(held.signer)
    for token in (held, waiting):
        token.amend(token.removing())
        assert (token_record := held.signer.sam.store.token(token.token_id)).state == "removed"
        assert token_record.seed == b""
        require_refused(token, token.amendment(token.removing()), EvidenceRefused, "no such token")
        require_refused(token, first(token, token.setting()), EvidenceRefused, "not to be had")


@pytest.mark.parametrize("kind", ["remove_otp", "resynchronise_otp"])
def test_anothers_token_is_left_alone(held: Authenticator, clock: TestClock, ca: TestCa, kind: str) -> None:
    """The same answer for one that there is not; and a free one is the signer's only once it is set."""
    bobs = offered(TestSigner(held.signer.sam, clock).enroll(ca)).set()
    for token in (bobs, delivered(held.signer, Kind.TOTP), Authenticator(held.signer, new_id(), held.seed)):
        composed = KINDS[kind](Authenticator(held.signer, token.token_id, token.seed))
        codes = SuccessiveCodes(token.code(), token.code(ahead=1))
        require_refused(held, held.amendment(composed, codes=codes), EvidenceRefused, "token")
    bobs.approve(bobs.signer.transaction())


def test_a_locked_factor_is_unlocked(held: Authenticator, clock: TestClock) -> None:
    """Until then not even the right PIN and code help; the passkey does."""
    lock(held)
    with pytest.raises(EvidenceRefused, match="locked"):
        held.approve(held.signer.transaction())
    held.signer.approve(held.signer.transaction())
    request = held.amendment(held.unlocking())
    amend(held.signer.sam, request)
    held.approve(held.signer.transaction())
    lock(held)
    require_refused(held, request, NotNew)


def test_a_token_that_went_astray_is_found_again(held: Authenticator, clock: TestClock) -> None:
    """Nine minutes ahead: its codes are none until it is found by two of them, which are used up then."""
    astray = 18
    with pytest.raises(EvidenceRefused):
        held.approve(held.signer.transaction(), code=held.code(ahead=astray))
    codes = SuccessiveCodes(held.code(ahead=astray), held.code(ahead=astray + 1))
    held.amend(held.resynchronising(), codes=codes)
    clock.now += 30
    with pytest.raises(EvidenceRefused, match="totp step"):
        held.approve(held.signer.transaction(), code=codes.second)
    clock.now += 30
    held.approve(held.signer.transaction(), code=held.code(ahead=astray))


def test_two_codes_that_do_not_follow_each_other_find_nothing(held: Authenticator) -> None:
    for codes in (SuccessiveCodes(held.code(), held.code(ahead=2)), SuccessiveCodes(held.code(ahead=1), held.code())):
        require_refused(held, held.amendment(held.resynchronising(), codes=codes), CodeRefused)
    used = SuccessiveCodes(held.code(ahead=-1), held.code())
    require_refused(held, held.amendment(held.resynchronising(), codes=used), StepUsed)
    require_refused(held, held.amendment(held.resynchronising()), Malformed)


# --------------------------------------------------------------------------------------------------------------- change_pin


def test_the_pin_is_changed_without_the_old_one(held: Authenticator) -> None:
    """From then on the new one is right, for every token, and the old one is not; wrong tries of it are forgotten."""
    second = delivered(held.signer, Kind.TOTP).set()
    lock(held)
    held.amend(held.changing_pin(), pin=NewPin(OTHER_PIN))
    with pytest.raises(EvidenceRefused, match="not this PIN"):
        held.approve(held.signer.transaction())
    held.approve(held.signer.transaction(), pin=OTHER_PIN)
    second.approve(held.signer.transaction(), pin=OTHER_PIN)


def test_a_changed_pin_is_a_good_one(held: Authenticator) -> None:
    """None that anyone would guess, and not none; the old one stays until another is taken."""
    for pin in ("", "12345", "123456", "111111", "７３９１５４"):
        require_refused(held, held.amendment(held.changing_pin(), pin=NewPin(pin)), PinUnacceptable)
    require_refused(held, held.amendment(held.changing_pin()), Malformed, "no PIN")
    require_refused(held, held.amendment(held.changing_pin(), NewOtp(OTHER_PIN, held.code())), Malformed, "no PIN")
    held.approve(held.signer.transaction())


def test_where_no_pin_was_set_none_is_changed(app: Authenticator) -> None:
    """A PIN comes with a token: without one it would be knowledge alone."""
    require_refused(app, app.amendment(app.changing_pin(), pin=NewPin(OTHER_PIN)), EvidenceRefused, "no PIN")


def test_a_change_of_the_pin_is_made_once(held: Authenticator) -> None:
    """The same again, even with another PIN, is not new, and changes nothing."""
    request = held.amendment(held.changing_pin(), pin=NewPin(OTHER_PIN))
    amend(held.signer.sam, request)
    require_refused(held, msgspec.structs.replace(request, pin=NewPin(GOOD_PIN)), NotNew)
    held.approve(held.signer.transaction(), pin=OTHER_PIN)


def test_an_old_pin_put_back_into_the_database_is_noticed(held: Authenticator) -> None:
    """Its row is sealed and counts in its newest version only."""
    sam = held.signer.sam
    old = row_of(sam, "pins")
    held.amend(held.changing_pin(), pin=NewPin(OTHER_PIN))
    put_back(sam, "pins", old)
    with pytest.raises(EvidenceRefused, match="newest"):
        held.approve(held.signer.transaction())
