"""A SAD opens one activation, however many ask at once: counted where the HSM makes signatures, and at the store."""

import hmac
import multiprocessing
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hsm.database import migrate
from hsm.errors import SadSpent, StoreUnavailable
from hsm.messages import Outcome
from hsm.records import Activation
from hsm.store import Store
from tests.harness.faults import read_before_write
from tests.harness.postgresql import running_postgresql
from tests.harness.process import Prepare, SamProcess
from tests.harness.redeem import REPEATS, redeem_at_once
from tests.harness.remote import Template, approve, asked, collect, journal, make_template
from tests.harness.sam import NOW, new_id
from tests.harness.spy import count_signatures

SADS = 200
PROCESSES = 8
ROUNDS = 40


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return make_template(tmp_path_factory.mktemp("template"))


def test_sads_redeemed_by_many_at_once_give_one_signature_each(template: Template, tmp_path: Path) -> None:
    """64 threads of 4 processes redeem 200 SADs, each of them 8 times: 200 signatures leave the HSM, and every other request is refused."""
    sam = template.copy(tmp_path)
    answers, signatures = redeem_all(sam, template)

    assert answers == {"signed": SADS, "sad_spent": SADS * (REPEATS - 1)}
    assert signatures == SADS
    events = Counter(entry["event"] for entry in journal(sam))
    assert (events["sign_intended"], events["signed"], events["unknown"]) == (SADS, SADS, 0)


def test_build_that_reads_before_it_writes_is_caught(template: Template, tmp_path: Path) -> None:
    """The same redemptions, of a SAM that first looks whether a SAD is spent and then writes that it is, give too many signatures."""
    answers, signatures = redeem_all(template.copy(tmp_path), template, read_before_write)

    assert signatures > SADS
    assert answers["signed"] > SADS


def redeem_all(sam: SamProcess, template: Template, prepare: Prepare | None = None) -> tuple[Counter[str], int]:
    """Approve transactions, redeem their SADs all at once, and give the answers and the number of signatures."""
    sam.sessions = 16
    with sam.running(prepare):
        requests = []
        for _ in range(SADS):
            transaction = asked(template.signer)
            assert approve(sam, template.signer, transaction).status == 200
            requests.append(msgspec.json.encode(template.signer.activation(transaction, collect(sam, transaction))))
        before = count_signatures(sam.spy_log)
        answers = redeem_at_once(sam.socket, requests)
        return answers, count_signatures(sam.spy_log) - before


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'sam.db'}"
        return
    with running_postgresql("sam") as server:
        yield server.url + "sam"


def test_one_of_many_processes_spends(url: str) -> None:
    """Of 8 processes that spend the same approvals in the same database, one each succeeds, and the journal has one intent each."""
    migrate(url)
    approvals = [new_id() for _ in range(ROUNDS)]
    forks = multiprocessing.get_context("forkserver")
    start, winners = forks.Barrier(PROCESSES), forks.SimpleQueue()
    workers = [forks.Process(target=_spend_all, args=(url, approvals, start, winners), daemon=True) for _ in range(PROCESSES)]
    for worker in workers:
        worker.start()
    won: Counter[str] = Counter()
    for _ in workers:
        won.update(winners.get())
    for worker in workers:
        worker.join()

    assert won == dict.fromkeys(approvals, 1)
    store = Store(url, _mac)
    assert store.verify_journal() == ROUNDS
    store.close()


def _spend_all(url: str, approvals: list[str], start: Any, winners: Any) -> None:
    store = Store(url, _mac)
    start.wait()
    winners.put([authorization_id for authorization_id in approvals if _spends(store, authorization_id)])
    store.close()


def _spends(store: Store, authorization_id: str) -> bool:
    """Try until there is an answer: a store whose journal another process moved says so once, and then reads it again."""
    while True:
        try:
            with store.change(NOW) as change:
                change.spend(Activation(authorization_id, bytes(32), None, Outcome.INTENDED.value))
        except SadSpent:
            return False
        except StoreUnavailable:
            continue
        return True


def _mac(data: bytes) -> bytes:
    return hmac.digest(b"a key that no HSM holds", data, "sha256")
