"""Runs a scenario in a process of its own: SoftHSM2 reads its settings once a process, and its state is the process's."""

import multiprocessing
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, TypeVar

Answer = TypeVar("Answer")

SCENARIO_WITHIN_S = 60
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(
    ["hsm.server", "hsm.embedded", "hsm.database", "uvicorn", "alembic.command", "app.cli.main", "tests.harness.sam"]
)


def in_own_process(scenario: Callable[..., Answer], *arguments: object) -> Answer:
    """Give what `scenario` (a function of a module) gives, or raise what it raises."""
    ours, theirs = _forks.Pipe(duplex=False)
    process = _forks.Process(target=_run, args=(theirs, scenario, arguments), daemon=True)
    process.start()
    theirs.close()
    try:
        assert ours.poll(SCENARIO_WITHIN_S), f"{scenario.__name__} does not end"
        answer: Any = ours.recv()
    finally:
        ours.close()
        process.kill()
        process.join()
    if isinstance(answer, Exception):
        raise answer
    return answer  # type: ignore[no-any-return]


def _run(answers: "Connection[Any, Any]", scenario: Callable[..., object], arguments: tuple[object, ...]) -> None:
    try:
        answer = scenario(*arguments)
    except Exception as error:
        error.add_note(traceback.format_exc())
        answer = error
    answers.send(answer)
