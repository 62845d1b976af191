"""Runs a scenario in a process of its own: SoftHSM2 reads its settings once a process, and its state is the process's."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

Answer = TypeVar("Answer")

SCENARIO_WITHIN_S = 60
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["hsm.server", "hsm.embedded", "hsm.database", "uvicorn", "alembic.command", "tests.harness.sam"])


def in_own_process(scenario: Callable[..., Answer], *arguments: object) -> Answer:
    """Give what `scenario` (a function of a module) gives, or raise what it raises."""
    with ProcessPoolExecutor(1, mp_context=_forks) as pool:
        return pool.submit(scenario, *arguments).result(SCENARIO_WITHIN_S)
