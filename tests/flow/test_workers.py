"""Held polls over several web workers: whichever worker hears of the decision, all of them wake; Redis carries it."""

from collections import Counter
from contextlib import ExitStack

import psutil

from tests.flow.parties import Person, new_application
from tests.flow.polls import Poll
from tests.harness.stack import Stack

MOST_POLLS = 40


def connections(stack: Stack) -> Counter[int]:
    """Count the open connections from clients of each worker process."""
    counted: Counter[int] = Counter()
    for process in psutil.Process(stack.processes["web"].pid).children(recursive=True):
        open_ones = [one for one in process.net_connections("tcp4") if one.status == psutil.CONN_ESTABLISHED]
        counted[process.pid] = sum(one.laddr.port == stack.port for one in open_ones)
    return counted


def test_polls_on_every_worker_wake(fragile: Stack) -> None:
    """Polls of one handle are held until both workers hold some; one approval wakes them all, with the same SAD."""
    shop, signer = new_application(fragile), Person(fragile)
    handle = shop.authorize(signer.credential_id)["handle"]
    before = connections(fragile)
    with ExitStack() as held:
        polls: list[Poll] = []
        while len(connections(fragile) - before) < 2 or len(polls) < 6:
            assert len(polls) < MOST_POLLS, "one worker takes them all"
            polls.append(held.enter_context(Poll(shop, handle, arrived_s=0.05)))
        signer.approve(handle)
        answers = [poll.answer() for poll in polls]
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.json()["SAD"] for answer in answers}) == 1
