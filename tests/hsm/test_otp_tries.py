"""Wrong tries of PIN and one-time password: never more than 5 for one authorization and 10 in a row, however they come."""

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from argon2 import PasswordHasher
from hypothesis import given, settings
from hypothesis import strategies as st

from hsm import otp_approval, otp_secrets, pin
from hsm.activation import status
from hsm.amendment import amend
from hsm.cryptoki import Token
from hsm.errors import EvidenceRefused, HsmUnavailable, NotNew, Refused, TriesUsedUp
from hsm.factors import approve
from hsm.messages import ApproveRequest, NewOtp, OfferTokenReply, OfferTokenRequest, Otp, Outcome, SignTransaction, StatusRequest
from hsm.otp_secrets import right_both
from hsm.sam import PINS_AT_ONCE, Sam
from hsm.tries import MAX_FOR_ONE, MAX_IN_A_ROW, counted, is_locked, is_used_up
from tests.harness.faults import COMMIT, KillAt
from tests.harness.hostile import open_sam
from tests.harness.otp import OTHER_PIN, Authenticator, offered
from tests.harness.process import Died, SamProcess
from tests.harness.records import database, journal_entries
from tests.harness.remote import asked, enrolled
from tests.harness.remote import status as status_of
from tests.harness.sam import TestCa, TestClock, TestSigner, make_sam, new_id

THREADS = 64
TRIES = 1_000
WHEN = ("before", "after")


def try_with(held: Authenticator, transaction: SignTransaction, **changes: str) -> type[Refused] | None:
    try:
        held.approve(transaction, **changes)
    except Refused as refused:
        return type(refused)
    return None


@contextmanager
def counting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """Count how often PIN and code are looked at, for each authorization and each enrolment."""
    looks: Counter[str] = Counter()
    lock = threading.Lock()

    def look(sam: Sam, token: Any, record: Any, otp: Otp, raw: bytes, now: float) -> Any:
        with lock:
            looks.update([msgspec.json.decode(raw)["id"], str(token.enrollment_id)])
        return right_both(sam, token, record, otp, raw, now)

    with monkeypatch.context() as patched:
        patched.setattr(otp_approval, "right_both", look)
        yield looks


def at_once(calls: list[Callable[[], Any]], threads: int = THREADS) -> list[Any]:
    """Make all calls, so many at a time, in no order."""
    with ThreadPoolExecutor(threads) as pool:
        return [done.result(60) for done in [pool.submit(call) for call in calls]]


@settings(derandomize=True, deadline=None, database=None)
@given(st.lists(st.integers(0, 4), max_size=60))
def test_no_row_of_tries_is_longer_than_allowed(asked_for: list[int]) -> None:
    """Whatever they are for, and in whichever order; and the text fits into its column."""
    ids = [new_id() for _ in range(5)]
    wrong, taken = "", list[str]()
    for number in asked_for:
        allowed = len(taken) < 10 and taken.count(ids[number]) < 5
        assert is_used_up(wrong, ids[number]) is (taken.count(ids[number]) >= 5)
        if allowed:
            wrong = counted(wrong, ids[number])
            taken.append(ids[number])
        else:
            with pytest.raises(TriesUsedUp):
                counted(wrong, ids[number])
        assert is_locked(wrong) is (len(taken) == 10)
        assert len(wrong) <= 300


def test_the_fifth_wrong_try_ends_an_authorization(held: Authenticator) -> None:
    """The SAM says itself that it was refused; from then on not even the right PIN and code, nor the passkey, approve it."""
    signer = held.signer
    transaction, other = signer.transaction(), signer.transaction()
    for left in range(4, -1, -1):
        assert status(signer.sam, StatusRequest(transaction.id)).outcome == "none"
        assert try_with(held, transaction, code=held.wrong_code()) is EvidenceRefused, left
    told = status(signer.sam, StatusRequest(transaction.id))
    assert (told.outcome, told.reason) == ("refused", "wrong_code")
    assert try_with(held, transaction) is NotNew
    with pytest.raises(NotNew):
        signer.approve(transaction)
    assert try_with(held, other) is None


def test_ten_wrong_tries_in_a_row_lock_the_factor(held: Authenticator) -> None:
    """Over several authorizations, none of which they end; a right one in between begins the row anew."""
    signer = held.signer
    for _ in range(9):
        assert try_with(held, signer.transaction(), pin=OTHER_PIN) is EvidenceRefused
    assert try_with(held, signer.transaction()) is None
    signer.clock.now += 30
    for _ in range(10):
        assert try_with(held, signer.transaction(), pin=OTHER_PIN) is EvidenceRefused
    transaction = signer.transaction()
    assert try_with(held, transaction) is TriesUsedUp
    assert status(signer.sam, StatusRequest(transaction.id)).outcome == "none"
    signer.approve(transaction)


def test_one_locked_factor_is_nobody_elses(held: Authenticator, clock: TestClock, ca: TestCa) -> None:
    bobs = offered(TestSigner(held.signer.sam, clock).enroll(ca)).set()
    for _ in range(10):
        assert try_with(held, held.signer.transaction(), pin=OTHER_PIN) is EvidenceRefused
    assert try_with(bobs, bobs.signer.transaction()) is None


def test_wrong_tries_at_once_are_no_more_than_allowed(lenient: Sam, clock: TestClock, ca: TestCa, monkeypatch: pytest.MonkeyPatch) -> None:
    """1,000 of them for nine authorizations of three signers, 64 at a time: each PIN is looked at ten times, and locked."""
    helds = [offered(TestSigner(lenient, clock).enroll(ca)).set() for _ in range(3)]
    transactions = {held.token_id: [held.signer.transaction() for _ in range(3)] for held in helds}
    wrong = {held.token_id: held.wrong_code() for held in helds}
    chance = random.Random(1)
    requests = []
    for _ in range(TRIES):
        held = chance.choice(helds)
        changes = chance.choice(({"pin": OTHER_PIN}, {"code": wrong[held.token_id]}))
        requests.append((held, chance.choice(transactions[held.token_id]), changes))
    with counting(monkeypatch) as looks:
        answers = at_once([partial(try_with, held, transaction, **changes) for held, transaction, changes in requests])

    assert None not in answers
    assert set(answers) <= {EvidenceRefused, TriesUsedUp, NotNew}
    for held in helds:
        assert looks[held.signer.enrollment_id] == MAX_IN_A_ROW
        ids = [transaction.id for transaction in transactions[held.token_id]]
        assert sum(looks[authorization_id] for authorization_id in ids) == MAX_IN_A_ROW
        for authorization_id in ids:
            assert looks[authorization_id] <= MAX_FOR_ONE
            ended = status(lenient, StatusRequest(authorization_id)).reason == "wrong_code"
            assert ended is (looks[authorization_id] == MAX_FOR_ONE)
        assert try_with(held, held.signer.transaction()) is TriesUsedUp


def test_the_same_evidence_at_once_approves_once(held: Authenticator, monkeypatch: pytest.MonkeyPatch) -> None:
    """64 threads with the right PIN and code for one transaction: it is approved, once, and no wrong try is left."""
    transaction = held.signer.transaction()
    request = held.approval(transaction)
    with counting(monkeypatch) as looks:
        answers = Counter(at_once([partial(outcome, held.signer.sam, request)] * THREADS))
    assert answers["approved"] == 1
    assert looks[transaction.id] <= MAX_FOR_ONE
    assert status(held.signer.sam, StatusRequest(transaction.id)).outcome == "approved"
    assert [entry["event"] for entry in journal_entries(held.signer.sam, transaction.id)].count("approved") == 1
    assert held.signer.sam.store.pin(held.signer.enrollment_id).wrong == ""


def test_the_same_code_at_once_approves_one_of_many(held: Authenticator, monkeypatch: pytest.MonkeyPatch) -> None:
    """64 threads with one code for 64 transactions: one is approved."""
    code = held.code()
    requests = [held.approval(held.signer.transaction(), code=code) for _ in range(THREADS)]
    answers = Counter(at_once([partial(outcome, held.signer.sam, request) for request in requests]))
    assert answers["approved"] == 1


def outcome(sam: Sam, request: ApproveRequest) -> str:
    try:
        approve(sam, request)
    except Refused as refused:
        return type(refused).__name__
    return "approved"


def test_few_pins_are_looked_at_at_once(held: Authenticator, clock: TestClock, ca: TestCa, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes 64 MiB; also where they are of several signers, and where a new one is set."""
    helds = [held, *(offered(TestSigner(held.signer.sam, clock).enroll(ca)).set() for _ in range(3))]
    setting_up = [one.amendment(one.setting(), NewOtp(one.pin, one.code())) for one in (offered(one.signer) for one in helds)]
    running, most, lock, full = 0, 0, threading.Lock(), threading.Event()

    def watched(original: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any) -> Any:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
                if running == PINS_AT_ONCE:
                    full.set()
            full.wait(30)
            time.sleep(0.02)  # long enough for one more
            try:
                return original(*arguments)
            finally:
                with lock:
                    running -= 1

        return run

    for name in ("check_pin", "make_verifier"):
        monkeypatch.setattr(otp_secrets, name, watched(getattr(pin, name)))
    tries = [partial(try_with, one, one.signer.transaction()) for one in helds * 2]
    at_once([*tries, *(partial(amend, held.signer.sam, request) for request in setting_up)])
    assert most == PINS_AT_ONCE


@pytest.mark.parametrize("seed", range(3))
def test_tries_in_any_order_are_counted_as_they_should_be(held: Authenticator, clock: TestClock, seed: int) -> None:
    """Right and wrong ones, for several authorizations, with unlocking in between, beside a plain model of the rules."""
    chance = random.Random(seed)
    signer, row, ended = held.signer, list[str](), set[str]()
    known = [signer.transaction(expires=int(clock.now) + 86_400) for _ in range(4)]
    seen: set[str] = set()
    for _ in range(80):
        transaction = chance.choice(known[-4:])
        (move,) = chance.choices(("wrong", "right", "unlock"), (12, 2, 1))
        clock.now += 30
        if move == "unlock":
            held.amend(held.unlocking())
            row = []
            continue
        if transaction.id in ended:
            expected = "NotNew"
        elif len(row) >= 10 or row.count(transaction.id) >= 5:
            expected = "TriesUsedUp"
        else:
            expected = "approved" if move == "right" else "EvidenceRefused"
            row = [] if move == "right" else [*row, transaction.id]
        if expected == "approved" or row.count(transaction.id) >= 5:
            ended.add(transaction.id)
            known.append(signer.transaction(expires=int(clock.now) + 86_400))
        seen.add(expected)
        assert outcome(signer.sam, held.approval(transaction, **({} if move == "right" else {"pin": OTHER_PIN}))) == expected
    assert seen >= {"approved", "EvidenceRefused", "NotNew"}


def test_a_pin_is_kept_with_todays_parameters(held: Authenticator, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was made with others is right, and made anew when it was."""
    before = held.signer.sam.store.pin(held.signer.enrollment_id).verifier
    assert try_with(held, held.signer.transaction()) is None
    assert held.signer.sam.store.pin(held.signer.enrollment_id).verifier == before
    monkeypatch.setattr(pin, "_ARGON2ID", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    held.signer.clock.now += 30
    assert try_with(held, held.signer.transaction()) is None
    assert held.signer.sam.store.pin(held.signer.enrollment_id).verifier != before
    held.signer.clock.now += 30
    assert try_with(held, held.signer.transaction(), pin=OTHER_PIN) is EvidenceRefused
    assert try_with(held, held.signer.transaction()) is None


def test_an_hsm_that_is_away_leaves_the_try_counted(held: Authenticator, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was not compared can't be told from what was wrong."""

    def away(*_: Any) -> bytes:
        raise HsmUnavailable("DeviceError")

    transaction = held.signer.transaction()
    with monkeypatch.context() as patched:
        patched.setattr(otp_secrets, "reveal", away)
        with pytest.raises(HsmUnavailable):
            held.approve(transaction)
    assert held.signer.sam.store.pin(held.signer.enrollment_id).wrong == transaction.id
    assert try_with(held, transaction) is None


def test_counts_and_locks_outlast_a_restart(token: Token, tmp_path: Path, clock: TestClock) -> None:
    """A lock is a lock, and an authorization whose last try was cut off is ended by the next one."""
    sam = make_sam(token, tmp_path, clock, factors="passkey_or_otp")
    held = offered(TestSigner(sam, clock).enroll()).set()
    cut_off = held.signer.transaction()
    for _ in range(4):
        assert try_with(held, cut_off, pin=OTHER_PIN) is EvidenceRefused
    otp_approval.count_try(sam, cut_off.id, sam.store.token(held.token_id), held.signer.enrollment_id, clock.now)
    sam.store.close()
    held.signer.sam = sam = open_sam(token, tmp_path / "sam.db", clock)
    assert status(sam, StatusRequest(cut_off.id)).outcome == "none"
    assert try_with(held, cut_off) is TriesUsedUp
    assert status(sam, StatusRequest(cut_off.id)).reason == "wrong_code"
    for _ in range(5):
        assert try_with(held, held.signer.transaction(), pin=OTHER_PIN) is EvidenceRefused
    sam.store.close()
    held.signer.sam = sam = open_sam(token, tmp_path / "sam.db", clock)
    assert try_with(held, held.signer.transaction()) is TriesUsedUp
    sam.store.close()


@pytest.mark.parametrize("table", ["pins", "tokens"])
def test_a_row_that_was_put_back_does_not_count(held: Authenticator, table: str) -> None:
    """Neither the count before the wrong tries, nor the token before its last code; put forward again, they count."""
    sam, code = held.signer.sam, held.code()
    older = rows_of(sam, table)
    held.approve(held.signer.transaction(), code=code)
    assert try_with(held, held.signer.transaction(), pin=OTHER_PIN) is EvidenceRefused
    newer = rows_of(sam, table)
    held.signer.clock.now += 30
    for rows, refused in ((older, EvidenceRefused), (newer, None)):
        with database(sam) as connection:
            for row in rows:
                connection.execute(f"REPLACE INTO {table} VALUES ({', '.join('?' * len(row))})", row)
        assert try_with(held, held.signer.transaction()) is refused


def rows_of(sam: Sam, table: str) -> list[tuple[object, ...]]:
    with database(sam) as connection:
        return connection.execute(f"SELECT * FROM {table}").fetchall()


KILLS = [
    (KillAt("hsm.otp_approval:count_try", "before"), 0),
    (KillAt(COMMIT, "before"), 0),
    (KillAt(COMMIT, "after"), 1),
    (KillAt("hsm.otp_approval:right_both", "before"), 1),
    (KillAt("hsm.otp_approval:right_both", "after"), 1),
    (KillAt("hsm.change:Change.change_token", "before"), 1),
    (KillAt(COMMIT, "before", 2), 1),
]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[SamProcess, TestSigner, OfferTokenReply]:
    """A stopped SAM whose signer has a token."""
    process = SamProcess(tmp_path_factory.mktemp("template")).make_token()
    with process.running(leniently):
        signer = enrolled(process)
        token = process.call("offer_token", OfferTokenRequest(signer.credential_id)).read(OfferTokenReply)
        held = Authenticator(signer, token.token_id, token.seed)
        signer.clock.now = time.time()
        request = held.amendment(held.setting(), NewOtp(held.pin, held.code(ahead=-1)))
        assert process.call("amend", request).status == 200
    return process, signer, token


def leniently() -> None:
    os.environ["NATSUIN_FACTORS"] = "passkey_or_otp"


@pytest.mark.parametrize(("at", "count"), KILLS, ids=[str(at) for at, _ in KILLS])
def test_a_sam_that_is_killed_forgets_no_try(
    template: tuple[SamProcess, TestSigner, OfferTokenReply], tmp_path: Path, at: KillAt, count: int
) -> None:
    """Killed around the count and the look, it has counted the try if it has looked; nothing was approved, and the code is still good."""
    stopped, signer, token = template
    sam = stopped.copy(tmp_path)
    held = Authenticator(signer, token.token_id, token.seed)
    transaction = asked(signer)

    def request(**changes: str) -> ApproveRequest:
        signer.clock.now = time.time()
        return held.approval(transaction, **changes)

    with sam.running(at), pytest.raises(Died):
        sam.call("approve", request())
    with sam.running():
        assert status_of(sam, transaction) is Outcome.NONE
        for _ in range(MAX_FOR_ONE - count):
            assert sam.call("approve", request(pin=OTHER_PIN)).status == 403
        assert status_of(sam, transaction) is Outcome.REFUSED
        assert sam.call("approve", request()).status == 409
