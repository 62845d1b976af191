"""`approve` with PIN and one-time password: one test for each step, each failing when that step is taken out."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from hsm import otp_approval, otp_secrets
from hsm.activation import activate, status
from hsm.credential import freeze
from hsm.errors import (
    CertificateInvalid,
    CodeRefused,
    CredentialUnknown,
    CredentialUnusable,
    EvidenceRefused,
    Expired,
    Malformed,
    NotNew,
    Refused,
)
from hsm.factors import approve
from hsm.messages import FOR_EVER, ApproveRequest, FreezeRequest, NewOtp, Otp, StatusRequest
from hsm.messages.ocra import SCANNED, TYPED, challenge_digits, challenge_hex
from hsm.otp import Kind, OtpToken, accept
from hsm.otp_approval import allowed_token
from hsm.otp_secrets import right_both
from hsm.pin import check_pin
from hsm.records import TOKENS, PinRecord, TokenRecord
from hsm.sam import Sam
from tests.harness.oathtool import totp
from tests.harness.otp import OTHER_PIN, Authenticator, delivered, offered
from tests.harness.records import database, journal_entries, reseal
from tests.harness.sam import TestCa, TestClock, TestSigner, new_id


def wrong_tries(held: Authenticator) -> list[str]:
    return held.signer.sam.store.pin(held.signer.enrollment_id).wrong.split()


def require_refused(held: Authenticator, request: ApproveRequest, error: type[Refused], match: str | None = None) -> None:
    """Nothing is approved, and no try is counted: the evidence was not even looked at."""
    with pytest.raises(error, match=match):
        approve(held.signer.sam, request)
    assert wrong_tries(held) == []


@pytest.mark.parametrize("kind", Kind)
def test_pin_and_code_approve_and_the_key_signs(lenient: Sam, clock: TestClock, ca: TestCa, kind: Kind) -> None:
    """Once for each code, with every kind of token."""
    signer = TestSigner(lenient, clock).enroll(ca)
    held = delivered(signer, kind).set()
    for _ in range(2):
        transaction = signer.transaction()
        assert held.approve(transaction).usable_until == int(clock.now) + 120
        assert activate(lenient, signer.activation(transaction, signer.collect(transaction).sad)).signatures
        clock.now += 30


def test_codes_of_a_foreign_app_approve(held: Authenticator, clock: TestClock) -> None:
    """OATH Toolkit, given what the QR code says."""
    held.approve(held.signer.transaction(), code=totp(held.seed, int(clock.now)))


def test_step_0_evidence_is_of_one_kind(held: Authenticator) -> None:
    """Neither none nor two."""
    raw = held.signer.transaction().encode()
    require_refused(held, ApproveRequest(raw), Malformed)
    require_refused(held, ApproveRequest(raw, held.signer.assertion(raw), otp=held.otp(raw)), Malformed)
    require_refused(held, ApproveRequest(raw + b" ", otp=held.otp(raw)), Malformed)


def test_step_1_what_is_decided_or_over_is_not_looked_at(held: Authenticator, clock: TestClock) -> None:
    signer = held.signer
    decided, late = signer.transaction(), signer.transaction()
    signer.approve(decided)
    require_refused(held, held.approval(decided), NotNew)
    clock.now += 180
    require_refused(held, held.approval(late), Expired)


def test_step_2_the_credential_is_this_signers_and_usable(held: Authenticator, clock: TestClock, ca: TestCa) -> None:
    signer = held.signer
    bob = TestSigner(signer.sam, clock).enroll(ca)
    require_refused(held, held.approval(signer.transaction(credential_id=bob.credential_id)), CredentialUnknown)
    require_refused(held, held.approval(signer.transaction(certificate_sha256="0" * 64)), CertificateInvalid)
    freeze(signer.sam, FreezeRequest(signer.credential_id, FOR_EVER, "signer"))
    require_refused(held, held.approval(signer.transaction()), CredentialUnusable, "frozen")


def test_step_3_a_credential_for_passkeys_only_takes_no_code(sam: Sam, clock: TestClock, ca: TestCa) -> None:
    """Though its signer has a token and a PIN."""
    held = delivered(TestSigner(sam, clock).enroll(ca), Kind.TOTP).set()
    require_refused(held, held.approval(held.signer.transaction()), EvidenceRefused, "passkey only")


def test_step_3_the_token_is_an_active_one_of_this_enrolment(held: Authenticator, clock: TestClock, ca: TestCa) -> None:
    """Not another signer's, nobody's, one that is only offered, one that was removed, or none."""
    signer = held.signer
    bobs = offered(TestSigner(signer.sam, clock).enroll(ca)).set()
    bobs.pin = held.pin
    for other in (bobs, delivered(signer, Kind.TOTP), offered(signer), Authenticator(signer, new_id(), held.seed)):
        require_refused(held, held.approval(signer.transaction(), token_id=other.token_id, code=other.code()), EvidenceRefused, "token")
    held.amend(held.removing())
    require_refused(held, held.approval(signer.transaction()), EvidenceRefused, "no active token")


@pytest.mark.parametrize(("usable_from", "usable_until"), [(1, None), (None, 0), (-9, -1)])
def test_step_3_the_token_is_within_its_dates(
    held: Authenticator, clock: TestClock, usable_from: int | None, usable_until: int | None
) -> None:
    now = int(clock.now)
    dates = {name: None if value is None else now + value for name, value in (("usable_from", usable_from), ("usable_until", usable_until))}
    reseal(held.signer.sam, TOKENS, held.token_id, **dates)
    require_refused(held, held.approval(held.signer.transaction()), EvidenceRefused, "dates")


@pytest.mark.parametrize("table", ["tokens", "pins"])
def test_step_3_the_records_hold(held: Authenticator, table: str) -> None:
    with database(held.signer.sam) as connection:
        connection.execute(f"UPDATE {table} SET version = version + 1")
    with pytest.raises(EvidenceRefused, match=f"a row of {table}"):
        held.approve(held.signer.transaction())


WRONG: dict[str, dict[str, str]] = {
    "PIN": {"pin": OTHER_PIN},
    "no PIN at all": {"pin": ""},
    "letters": {"pin": "hunter2"},
    "code": {"code": "wrong"},
    "short code": {"code": "12345"},
    "long code": {"code": "0" * 16},
    "both": {"pin": OTHER_PIN, "code": "wrong"},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_step_4_a_wrong_pin_or_code_is_refused_and_counted(held: Authenticator, wrong: dict[str, str]) -> None:
    """One answer for all, of one kind."""
    transaction = held.signer.transaction()
    with pytest.raises(EvidenceRefused) as refused:
        held.approve(transaction, **{name: held.wrong_code() if value == "wrong" else value for name, value in wrong.items()})
    assert type(refused.value) is EvidenceRefused
    assert wrong_tries(held) == [transaction.id]
    assert status(held.signer.sam, StatusRequest(transaction.id)).outcome == "none"


def test_step_4_a_try_is_counted_before_anything_is_compared(held: Authenticator, monkeypatch: pytest.MonkeyPatch) -> None:
    """When PIN and code are looked at, the count is in the database and in the journal."""
    seen: list[Any] = []

    def looking(sam: Sam, *_: Any) -> tuple[OtpToken, bytes]:
        with database(sam) as connection:
            seen.append(connection.execute("SELECT wrong FROM pins WHERE wrong != ''").fetchall())
        seen.append([entry["subject"] for entry in journal_entries(sam) if entry["event"] == "tried"])
        raise CodeRefused("a test")

    monkeypatch.setattr(otp_approval, "right_both", looking)
    transaction = held.signer.transaction()
    with pytest.raises(CodeRefused):
        held.approve(transaction)
    assert seen == [[(transaction.id,)], [transaction.id]]


def test_step_4_a_try_for_what_was_decided_meanwhile_is_not_counted(held: Authenticator, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the signer presses twice: the second is not new, and no wrong try."""
    allowed, transaction = allowed_token, held.signer.transaction()

    def overtaken(*arguments: Any) -> TokenRecord:
        held.signer.approve(transaction)
        return allowed(*arguments)

    monkeypatch.setattr(otp_approval, "allowed_token", overtaken)
    require_refused(held, held.approval(transaction), NotNew)


@pytest.mark.parametrize("wrong", [{"pin": OTHER_PIN}, {"code": "12345678"}, {}], ids=["PIN", "code", "nothing"])
def test_step_4_pin_and_code_are_both_looked_at(held: Authenticator, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, str]) -> None:
    """Whatever the first one is, so that the time tells nothing of which was wrong."""
    looked: list[str] = []
    for name, original in (("PIN", check_pin), ("code", accept)):

        def look(*arguments: Any, name: str = name, original: Callable[..., Any] = original) -> Any:
            looked.append(name)
            return original(*arguments)

        monkeypatch.setattr(otp_secrets, original.__name__, look)
    try:
        held.approve(held.signer.transaction(), **wrong)
    except EvidenceRefused:
        assert wrong
    assert sorted(looked) == ["PIN", "code"]


@pytest.mark.parametrize(("suite", "challenge"), [(SCANNED, challenge_hex), (TYPED, challenge_digits)])
def test_step_4_an_answer_is_for_its_transaction_only(lenient: Sam, clock: TestClock, ca: TestCa, suite: str, challenge: Any) -> None:
    """The token was asked the challenge of these bytes; the journal says which."""
    held = delivered(TestSigner(lenient, clock).enroll(ca), Kind.OCRA, suite).set()
    one, other = held.signer.transaction(), held.signer.transaction()
    with pytest.raises(EvidenceRefused, match="for this transaction"):
        held.approve(one, code=held.code(other.encode()))
    held.approve(one)
    (entry,) = [entry for entry in journal_entries(lenient, one.id) if entry["event"] == "approved"]
    assert (entry["suite"], entry["challenge"]) == (suite, challenge(hashlib.sha256(one.encode()).digest()))


def test_step_5_a_code_is_good_once(held: Authenticator) -> None:
    """Not for another transaction either, nor an older code after it."""
    code, older = held.code(), held.code(ahead=-1)
    held.approve(held.signer.transaction(), code=code)
    for again in (code, older):
        with pytest.raises(EvidenceRefused, match="totp step"):
            held.approve(held.signer.transaction(), code=again)


@pytest.mark.parametrize("kind", Kind)
def test_step_5_the_token_is_compared_and_set(
    lenient: Sam, clock: TestClock, ca: TestCa, monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    """Of two codes that were both found right before either was recorded, the late one is refused; so is one of a removed token."""
    held = delivered(TestSigner(lenient, clock).enroll(ca), kind).set()
    checked = right_both

    def overtaken(*arguments: Any) -> Any:
        right = checked(*arguments)
        monkeypatch.undo()
        if kind is Kind.OCRA:
            held.amend(held.removing())
        else:
            held.approve(held.signer.transaction())
        return right

    monkeypatch.setattr(otp_approval, "right_both", overtaken)
    transaction = held.signer.transaction()
    with pytest.raises(EvidenceRefused, match="changed by another"):
        held.approve(transaction)
    assert status(lenient, StatusRequest(transaction.id)).outcome == "none"


def test_step_5_a_pin_that_was_replaced_meanwhile_is_not_good(held: Authenticator, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was right when it was looked at."""
    checked = right_both
    second = offered(held.signer)

    def overtaken(sam: Sam, token: TokenRecord, pin: PinRecord, otp: Otp, *arguments: Any) -> Any:
        right = checked(sam, token, pin, otp, *arguments)
        composed = second.setting()
        second.amend(composed, NewOtp(OTHER_PIN, second.code()))
        return right

    monkeypatch.setattr(otp_approval, "right_both", overtaken)
    with pytest.raises(EvidenceRefused, match="replaced"):
        held.approve(held.signer.transaction())


def test_step_6_the_journal_tells_what_approved(held: Authenticator) -> None:
    """That it was the weaker factor, and which token; all in the entry of the approval, with the rows that were written."""
    transaction = held.signer.transaction()
    held.approve(transaction)
    tried, approved = journal_entries(held.signer.sam, transaction.id)
    assert (tried["event"], approved["event"]) == ("tried", "approved")
    assert {name: approved[name] for name in ("factor", "token", "kind")} == {"factor": "otp", "token": held.token_id, "kind": "totp"}
    assert "challenge" not in approved
    assert [row[0] for row in approved["rows"]] == ["tokens", "pins"]
