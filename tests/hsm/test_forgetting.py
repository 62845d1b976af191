"""Keys that never got a certificate: they are forgotten when their time is over; a certificate that comes just then is first or second."""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hsm.cryptoki import Token
from hsm.enrollment import enroll
from hsm.errors import CredentialUnusable, HsmUnavailable, StoreUnavailable
from hsm.forgetting import forget_overdue
from hsm.messages import EnrollReply
from hsm.records import Credential
from hsm.sam import Sam
from hsm.store import Store
from tests.harness.process import SamProcess
from tests.harness.records import journal_entries
from tests.harness.remote import journal
from tests.harness.sam import TestCa, TestClock, TestSigner

DAY_S = 86_400


@pytest.fixture
def waiting(sam: Sam, clock: TestClock) -> TestSigner:
    """A signer whose key waits for a certificate."""
    waiting = TestSigner(sam, clock)
    waiting.begin()
    return waiting


def on_token(signer: TestSigner) -> bool:
    return signer.sam.token.has_key(signer.credential_id.encode())


def test_it_is_gone_from_the_token_when_its_time_is_over(waiting: TestSigner, clock: TestClock) -> None:
    clock.now += 31 * DAY_S - 1
    assert forget_overdue(waiting.sam) == 0
    assert on_token(waiting)
    clock.now += 1
    assert forget_overdue(waiting.sam) == 1
    assert not on_token(waiting)
    assert [entry["event"] for entry in journal_entries(waiting.sam, waiting.credential_id)][-2:] == ["forgotten", "destroyed"]
    assert forget_overdue(waiting.sam) == 0


def test_it_gets_no_certificate_then_and_is_not_made_anew(sam: Sam, clock: TestClock, ca: TestCa) -> None:
    signer = TestSigner(sam, clock)
    request = signer.enrollment()
    csr = enroll(sam, request).csr
    clock.now += 31 * DAY_S
    forget_overdue(sam)
    with pytest.raises(CredentialUnusable):
        signer.certify(ca.certificate(csr))
    with pytest.raises(CredentialUnusable):
        enroll(sam, request)
    assert not on_token(signer)


def test_one_that_was_only_begun_is_forgotten_too(sam: Sam, clock: TestClock) -> None:
    """The token failed when the key was to be made, and nobody came back."""
    token = Token.__new__(Token)
    token.__dict__.update(sam.token.__dict__)

    def fails(*_: object) -> bytes:
        raise HsmUnavailable("gone")

    token.__dict__["generate_signing_key"] = fails
    signer = TestSigner(replace(sam, token=token), clock)
    with pytest.raises(HsmUnavailable):
        signer.begin()
    clock.now += 31 * DAY_S
    assert forget_overdue(sam) == 1


def test_a_key_with_a_certificate_stays_whatever_the_clock_says(signer: TestSigner, clock: TestClock) -> None:
    clock.now += 10_000 * DAY_S
    assert forget_overdue(signer.sam) == 0
    assert on_token(signer)


def test_a_renewal_that_got_no_certificate_is_forgotten_and_may_be_tried_again(signer: TestSigner, clock: TestClock, ca: TestCa) -> None:
    new = signer.renew()
    clock.now += 31 * DAY_S
    assert forget_overdue(signer.sam) == 1
    assert not on_token(new)
    assert signer.sign(signer.transaction()).signatures
    again = signer.renew()
    again.certify(ca.certificate(again.request()))


def test_a_certificate_that_comes_first_saves_the_key(
    waiting: TestSigner, clock: TestClock, ca: TestCa, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forgetting has read the row when the certificate is registered: then it changes nothing."""
    clock.now += 31 * DAY_S
    between(monkeypatch, lambda: waiting.certify(ca.certificate(waiting.request())))
    assert forget_overdue(waiting.sam) == 0
    assert waiting.sam.store.credential(waiting.credential_id).state == "enabled"
    assert on_token(waiting)


def test_a_certificate_that_comes_second_is_refused(
    waiting: TestSigner, clock: TestClock, ca: TestCa, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Certifying has read the row when the key is forgotten: it changes nothing, and a repeat is told why."""
    clock.now += 31 * DAY_S
    certificate = ca.certificate(waiting.request())
    between(monkeypatch, lambda: forget_overdue(waiting.sam))
    for error in (StoreUnavailable, CredentialUnusable):
        with pytest.raises(error):
            waiting.certify(certificate)
    assert not on_token(waiting)


def between(patched: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Have something happen right after the next look at a credential, before what is done about it."""
    look = Store.credential

    def then_act(store: Store, credential_id: str) -> Credential:
        found = look(store, credential_id)
        patched.setattr(Store, "credential", look)
        act()
        return found

    patched.setattr(Store, "credential", then_act)


def test_a_crash_between_record_and_token_is_made_good(waiting: TestSigner, clock: TestClock, monkeypatch: pytest.MonkeyPatch) -> None:
    clock.now += 31 * DAY_S

    def fails(*_: object) -> None:
        raise HsmUnavailable("gone")

    with monkeypatch.context() as patched:
        patched.setattr(Token, "destroy", fails)
        forget_overdue(waiting.sam)
    assert on_token(waiting)
    forget_overdue(waiting.sam)
    assert not on_token(waiting)


def test_a_running_sam_forgets_by_itself(tmp_path: Path) -> None:
    """Nobody asks for it; afterwards the token has no object of that key."""
    process = SamProcess(tmp_path).make_token()
    with process.running(forgetful):
        signer = TestSigner(None, TestClock(time.time()))  # type: ignore[arg-type]  # the SAM is elsewhere
        process.call("enroll", signer.enrollment()).read(EnrollReply)
        deadline = time.monotonic() + 30
        while "destroyed" not in {entry["event"] for entry in journal(process, signer.credential_id)}:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert "C_DestroyObject" in process.spy_log.read_text()


def forgetful() -> None:
    """Let keys wait for a second, in the SAM's own process."""
    os.environ["NATSUIN_UNCERTIFIED_LIFE"] = "1"
