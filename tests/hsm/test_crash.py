"""The SAM is killed at every step, and its writes fail: never a signature without a spent SAD and a journalled intent, never two."""

import hashlib
import secrets
from collections import Counter
from itertools import count
from pathlib import Path

import msgspec
import pytest

from hsm.messages import ActivateReply, ActivateRequest, ErrorCode, Outcome, SignTransaction
from tests.harness.faults import COMMIT, KillAt, failing, faultable
from tests.harness.process import Answer, Died, SamProcess
from tests.harness.remote import Template, approve, asked, collect, is_spent, journal, journal_holds, make_template, status
from tests.harness.sam import TestSigner
from tests.harness.spy import signed_digests

APPROVE = (
    "hsm.approval:parse",  # (0)
    "hsm.approval:require_new_and_current",  # (1)
    "hsm.approval:usable_credential",  # (2)
    "hsm.approval:allowed_passkey",  # (3)
    "hsm.approval:proof_over",  # (4)
    "hsm.store:Change.advance_counter",  # (5)
    "hsm.store:Change.decide",  # (6)
)
ACTIVATE_UNSPENT = (
    "hsm.sad:read",  # (1)
    "hsm.activation:usable_approval",  # (2)
    "hsm.activation:require_same",  # (3)
    "hsm.activation:usable_key",  # (4)
    "hsm.store:Change.spend",  # (5)
)
ACTIVATE_SPENT = (
    "hsm.cryptoki.token:Token.sign",  # (6)
    "hsm.activation:verify",  # (7)
    "hsm.store:Change.settle",  # (8)
)
WHEN = ("before", "after")
WRITE_ENTRY, SECOND_SIGNATURE = "hsm.journal:append", "hsm.cryptoki.token:Token.sign"
APPROVAL, SPENDING, OUTCOME = 1, 2, 3  # the changes of one signature, in order

KILLS: list[tuple[KillAt, Outcome]] = [
    *((KillAt(step, when), Outcome.NONE) for step in APPROVE for when in WHEN),
    (KillAt(WRITE_ENTRY, "before", APPROVAL), Outcome.NONE),
    (KillAt(COMMIT, "before", APPROVAL), Outcome.NONE),
    (KillAt(COMMIT, "after", APPROVAL), Outcome.APPROVED),
    *((KillAt(step, when), Outcome.APPROVED) for step in ACTIVATE_UNSPENT for when in WHEN),
    (KillAt(WRITE_ENTRY, "before", SPENDING), Outcome.APPROVED),
    (KillAt(COMMIT, "before", SPENDING), Outcome.APPROVED),
    (KillAt(COMMIT, "after", SPENDING), Outcome.UNKNOWN),
    *((KillAt(step, when), Outcome.UNKNOWN) for step in ACTIVATE_SPENT for when in WHEN),
    *((KillAt(SECOND_SIGNATURE, when, 2), Outcome.UNKNOWN) for when in WHEN),
    (KillAt(WRITE_ENTRY, "before", OUTCOME), Outcome.UNKNOWN),
    (KillAt(COMMIT, "before", OUTCOME), Outcome.UNKNOWN),
    (KillAt(COMMIT, "after", OUTCOME), Outcome.SIGNED),
]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return make_template(tmp_path_factory.mktemp("template"))


class Asking:
    """One transaction over two documents at one SAM, and everyone's attempts to get it signed."""

    def __init__(self, sam: SamProcess, signer: TestSigner) -> None:
        self.sam, self._signer = sam, signer
        self._log_start = sam.spy_log.stat().st_size if sam.spy_log.exists() else 0
        self.digests = tuple(hashlib.sha256(secrets.token_bytes(8)).digest() for _ in range(2))
        self.transaction: SignTransaction = asked(signer, *self.digests)
        self._request: ActivateRequest | None = None

    def approve(self) -> Answer:
        return approve(self.sam, self._signer, self.transaction)

    def activate(self) -> Answer:
        """Redeem the SAD, always with the same idempotency key."""
        if self._request is None:
            self._request = self._signer.activation(self.transaction, collect(self.sam, self.transaction), idempotency_key="once")
        return self.sam.call("activate", self._request)

    def attempt(self) -> None:
        """Try each thing until it is done or refused; a SAM in doubt says so."""
        for act in (self.approve, self.activate):
            for _ in range(3):
                if act().error is not ErrorCode.UNAVAILABLE:
                    break
            else:
                return

    @property
    def is_collected(self) -> bool:
        return self._request is not None

    def require_safe(self) -> int:
        """Compare what the HSM signed with what the records say; give the number of signatures."""
        made = signed_digests(self.sam.spy_log, self._log_start)
        assert set(made) <= set(self.digests)
        assert all(count == 1 for count in made.values())
        events = [entry["event"] for entry in journal(self.sam, self.transaction.id) if entry["event"] != "denied"]
        assert events in (
            [],
            *(["approved", "sign_intended", "signed"][:length] for length in (1, 2, 3)),
            ["approved", "sign_intended", "unknown"],
        )
        assert is_spent(self.sam, self.transaction.id) == ("sign_intended" in events)
        if made:
            assert "sign_intended" in events, "a signature without a journalled intent"
        return made.total()

    def require_ended(self) -> Outcome:
        """Make sure that it is signed or unknown, that the same request gets the same answer for ever, and that nothing signs again."""
        signatures = self.require_safe()
        ended = status(self.sam, self.transaction)
        again = self.activate()
        if ended is Outcome.SIGNED:
            assert again.status == 200
            assert again.body == self.activate().body
            assert signatures == len(self.digests)
        else:
            assert (ended, again.error) == (Outcome.UNKNOWN, ErrorCode.OUTCOME_UNKNOWN)
        assert self._request is not None
        other = msgspec.structs.replace(self._request, idempotency_key="twice")
        assert self.sam.call("activate", other).error is ErrorCode.SAD_SPENT
        assert self.require_safe() == signatures
        assert status(self.sam, self.transaction) is ended
        return ended


@pytest.mark.parametrize(("at", "left"), KILLS, ids=[str(at) for at, _ in KILLS])
def test_killed_sam_leaves_one_state(template: Template, tmp_path: Path, at: KillAt, left: Outcome) -> None:
    """Killed at a step of `approve` or `activate`, the SAM knows after a restart where the authorization stands, and goes on from there."""
    asking = Asking(template.copy(tmp_path), template.signer)
    answer = None
    with asking.sam.running(at):
        try:
            assert asking.approve().status == 200
            answer = asking.activate()
        except Died:
            asking.sam.wait_killed()
    assert answer is None, "the SAM lived on"
    asking.require_safe()

    with asking.sam.running():
        if left is Outcome.UNKNOWN:
            assert journal(asking.sam, asking.transaction.id)[-1]["event"] == "unknown", "nobody needs to ask for it first"
        assert status(asking.sam, asking.transaction) is left
        if left is Outcome.NONE:
            assert asking.approve().status == 200
        else:
            assert asking.approve().error is ErrorCode.NOT_NEW
        if asking.is_collected or left in (Outcome.NONE, Outcome.APPROVED):
            answer = asking.activate()
            assert answer.status == 200 or left is Outcome.UNKNOWN
        ended = asking.require_ended()
        assert ended is (Outcome.UNKNOWN if left is Outcome.UNKNOWN else Outcome.SIGNED)
        if ended is Outcome.SIGNED and answer is not None:
            assert len(answer.read(ActivateReply).signatures) == len(asking.digests)
    assert journal_holds(asking.sam)


@pytest.mark.parametrize(
    ("call", "error", "until"),
    [
        ("pwrite64", "ENOSPC", "it failed once"),
        ("pwrite64", "EIO", "it failed once"),
        ("fdatasync", "ENOSPC", "it failed once"),
        ("fdatasync", "EIO", "it failed once"),
        ("pwrite64", "ENOSPC", "there is room again"),
        ("fdatasync", "EIO", "the SAM is killed"),
    ],
)
def test_failed_write_leaves_one_state(template: Template, tmp_path: Path, call: str, error: str, until: str) -> None:
    """Each write of one approval and one activation fails, alone or with all that follow; once writes work again, so does the SAM."""
    sam = template.copy(tmp_path)
    ends = Counter[Outcome]()
    with sam.running(faultable):
        for number in count(1):
            asking = Asking(sam, template.signer)
            when = f"{number}" if until == "it failed once" else f"{number}+"
            with failing(sam.pid, call, error, when, tmp_path / "trace") as injected:
                asking.attempt()
            if injected.calls == 0:
                break
            asking.require_safe()
            if until == "the SAM is killed":
                sam.stop()
                sam.start(faultable)
            asking.attempt()
            ends[asking.require_ended()] += 1

    assert set(ends) == {Outcome.SIGNED, Outcome.UNKNOWN}
    assert journal_holds(sam)
    with sam.running():
        assert status(sam, asking.transaction) is Outcome.SIGNED
