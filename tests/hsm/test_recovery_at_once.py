"""Recovery under races, crashes and edited records: one code gives one waiting passkey, and what was stopped stays stopped."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any

import msgspec
import pytest

from demo.passkey import Passkey
from hsm.cryptoki import Token
from hsm.errors import EvidenceRefused, RecoveryOver, RecoveryUnknown, SamError
from hsm.messages import AmendRequest, BeginRecoveryRequest, RecoveryReply, RecoveryRequest, StopRecoveryRequest
from hsm.recovery import begin_recovery, complete_recovery, recovery, stop_recovery
from hsm.sam import Sam
from tests.harness.faults import COMMIT, KillAt
from tests.harness.hostile import open_sam
from tests.harness.process import Died, SamProcess
from tests.harness.records import database, journal_entries
from tests.harness.recovery import new_codes, set_codes, setting, with_code
from tests.harness.remote import Template, journal, journal_holds, make_template
from tests.harness.sam import TestClock, TestSigner

AT_ONCE = 16
Row = tuple[object, ...]


def all_at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """Run every call in a thread of its own, all from one moment on; give what each returned or raised."""
    together = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        together.wait()
        try:
            return call()
        except SamError as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_one_code_used_by_many_at_once_gives_one_passkey(signer: TestSigner) -> None:
    """Each with a passkey of its own; fewer than are tried in an hour."""
    (code,) = set_codes(signer, 1)
    requests = [with_code(signer, code) for _ in range(8)]
    answers = all_at_once([partial(begin_recovery, signer.sam, request) for request in requests])
    assert [type(answer) for answer in answers].count(RecoveryReply) == 1
    assert sum(isinstance(answer, EvidenceRefused) for answer in answers) == 7
    assert [entry["event"] for entry in journal_entries(signer.sam)].count("recovery_begun") == 1


def test_wrong_codes_at_once_are_not_compared_beyond_the_limit(signer: TestSigner) -> None:
    """However many come together."""
    set_codes(signer, 1)
    requests = [with_code(signer, code) for code in new_codes(3 * AT_ONCE)]
    answers = all_at_once([partial(begin_recovery, signer.sam, request) for request in requests])
    assert sum("not a recovery code" in str(answer) for answer in answers) == 10
    assert sum("within an hour" in str(answer) for answer in answers) == 3 * AT_ONCE - 10


@pytest.mark.parametrize("number", range(4))
def test_stopping_and_completing_at_once_end_one_way(signer: TestSigner, clock: TestClock, number: int) -> None:
    """Either it is stopped and never completed, or it is complete and was never stopped; everyone is told the same."""
    begun = begin_recovery(signer.sam, with_code(signer, set_codes(signer)[0]))
    clock.now = begun.ready_at
    stop, complete = StopRecoveryRequest(begun.recovery_id, "signer"), RecoveryRequest(begun.recovery_id)
    calls: list[Callable[[], Any]] = [lambda: stop_recovery(signer.sam, stop), lambda: complete_recovery(signer.sam, complete)]
    answers = all_at_once(calls[:: 1 if number % 2 else -1] * (AT_ONCE // 2))
    ends = {answer.state for answer in answers if isinstance(answer, RecoveryReply)}
    assert len(ends) == 1
    assert {type(answer) for answer in answers} == {RecoveryReply, RecoveryOver}
    assert recovery(signer.sam, complete).state in ends
    events = [entry["event"] for entry in journal_entries(signer.sam, begun.recovery_id)]
    assert events.count("recovered") + events.count("recovery_stopped") == 1


# ----------------------------------------------------------------------------------------------------------------- put back


def row_of(sam: Sam, table: str) -> Row:
    with database(sam) as connection:
        found: Row = connection.execute(f"SELECT * FROM {table}").fetchone()
        return found


def put_back(sam: Sam, table: str, row: Row) -> None:
    with database(sam) as connection:
        connection.execute(f"REPLACE INTO {table} VALUES ({', '.join('?' * len(row))})", row)


def running(sam: Sam, token: Token, clock: TestClock) -> Sam:
    return sam


def restarted(sam: Sam, token: Token, clock: TestClock) -> Sam:
    sam.store.close()
    return open_sam(token, Path(str(sam.store._writing.engine.url.database)), clock)


@pytest.mark.parametrize("later", [running, restarted])
def test_codes_that_were_put_back_do_not_count(
    signer: TestSigner, token: Token, clock: TestClock, later: Callable[[Sam, Token, TestClock], Sam]
) -> None:
    """A used code, a replaced one, and a count of tries stay what they are, whoever writes the database; so does a set that is gone."""
    codes = set_codes(signer)
    good = row_of(signer.sam, "recovery_sets")
    begin_recovery(signer.sam, with_code(signer, codes[0]))
    put_back(signer.sam, "recovery_sets", good)
    signer.sam = later(signer.sam, token, clock)
    for code in codes[:2]:
        with pytest.raises(EvidenceRefused, match="not its newest"):
            begin_recovery(signer.sam, with_code(signer, code))
    with database(signer.sam) as connection:
        connection.execute("DELETE FROM recovery_sets")
    with pytest.raises(EvidenceRefused, match="not its newest"):
        begin_recovery(signer.sam, with_code(signer, codes[1]))
    with pytest.raises(SamError):
        set_codes(signer)
    signer.sam.store.close()


@pytest.mark.parametrize("later", [running, restarted])
def test_recovery_that_was_put_back_does_not_count(
    signer: TestSigner, token: Token, clock: TestClock, later: Callable[[Sam, Token, TestClock], Sam]
) -> None:
    """Stopped, and its row as it was before: it is not waiting again, and is not taken for one that never was."""
    request = with_code(signer, set_codes(signer)[0])
    begun = begin_recovery(signer.sam, request)
    waiting = row_of(signer.sam, "recoveries")
    stop_recovery(signer.sam, StopRecoveryRequest(begun.recovery_id, "signer"))
    stopped = row_of(signer.sam, "recoveries")
    put_back(signer.sam, "recoveries", waiting)
    clock.now = begun.ready_at
    signer.sam = later(signer.sam, token, clock)
    for _ in range(2):
        with pytest.raises(RecoveryUnknown, match="not its newest"):
            complete_recovery(signer.sam, RecoveryRequest(begun.recovery_id))
        with database(signer.sam) as connection:
            connection.execute("DELETE FROM recoveries")
    put_back(signer.sam, "recoveries", stopped)
    with pytest.raises(RecoveryOver):
        complete_recovery(signer.sam, RecoveryRequest(begun.recovery_id))
    signer.sam.store.close()


# -------------------------------------------------------------------------------------------------------------------- killed


TRY, BEGIN, COMPLETE = 1, 2, 3  # the changes of one recovery, in order
KILLS = [
    KillAt("hsm.recovery:parse", "after"),
    KillAt("hsm.recovery:verify_registration", "after"),
    KillAt("hsm.recovery:with_code", "after"),
    KillAt("hsm.recovery:spend", "after"),
    KillAt("hsm.recovery:require_time", "after"),
    *(KillAt(COMMIT, when, change) for change in (TRY, BEGIN, COMPLETE) for when in ("before", "after")),
]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return make_template(tmp_path_factory.mktemp("template"))


@dataclass(frozen=True)
class Impatient:
    """Let the SAM's operator want no waiting time, and kill the SAM where that is asked."""

    at: KillAt | None = None

    def __call__(self) -> None:
        os.environ["NATSUIN_RECOVERY_WAIT"] = "0"
        if self.at is not None:
            self.at()


def ask(process: SamProcess, name: str, request: msgspec.Struct) -> RecoveryReply:
    return process.call(name, request).read(RecoveryReply)


@pytest.mark.parametrize("at", KILLS, ids=str)
def test_killed_sam_goes_on(template: Template, tmp_path: Path, at: KillAt) -> None:
    """Whichever step it dies at: the same requests again end with one passkey and one code used, and the journal tells each thing once."""
    signer, process = template.signer, template.copy(tmp_path)
    codes, passkey = new_codes(2), Passkey()
    amendment = setting(signer, codes)
    raw = amendment.encode()
    with process.running():
        assert process.call("amend", AmendRequest(raw, signer.assertion(raw, kind=type(amendment)))).status == 200
    request = with_code(signer, codes[0], passkey)

    def whole() -> RecoveryReply:
        begun = ask(process, "begin_recovery", request)
        return ask(process, "complete_recovery", RecoveryRequest(begun.recovery_id))

    with process.running(Impatient(at)):
        with pytest.raises(Died):
            whole()
        process.wait_killed()
    with process.running(Impatient()):
        assert whole().state == "active"
        again = BeginRecoveryRequest(codes[0], with_code(signer, codes[0]).registration)
        assert process.call("begin_recovery", again).status == 403
    events = [entry["event"] for entry in journal(process, amendment.id)]
    assert events == ["amended"]
    told = [entry["event"] for entry in journal(process)]
    assert (told.count("recovery_begun"), told.count("recovered")) == (1, 1)
    assert journal_holds(process)
