"""
A part of the stack that kills itself, without any clean-up, before or after one of its functions first runs.

`python -m tests.harness.mortal MODULE WHEN FUNCTION` runs the module as `python -m` would; FUNCTION is "module:name" or
"module:Class.name", and the place where it is called from must look it up there.
"""

import functools
import importlib
import inspect
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from tests.harness.stack import COMMANDS, ROOT, Stack


def start_mortal(stack: Stack, part: str, when: str, function: str) -> subprocess.Popen[bytes]:
    """Put a part in place of the one that runs, in one process; whoever waits for it gets -SIGKILL when it has died as it should."""
    stack.kill(part)
    command = [sys.executable, "-m", "tests.harness.mortal", COMMANDS[part][-1], when, function]
    environment = stack.environment | {"NATSUIN_WORKERS": "1"}
    with (stack.data / f"{part}.log").open("ab") as log:
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
    stack.processes[part] = process
    stack.wait_ready()
    return process


def wrapped(original: Callable[..., Any], when: str) -> Callable[..., Any]:
    """Give a function that does as the original one, and does not survive it."""

    def die(now: str) -> None:
        if now == when:
            os.kill(os.getpid(), signal.SIGKILL)

    if inspect.iscoroutinefunction(original):

        @functools.wraps(original)
        async def call_async(*arguments: Any, **named: Any) -> Any:
            die("before")
            answer = await original(*arguments, **named)
            die("after")
            return answer

        return call_async

    @functools.wraps(original)
    def call(*arguments: Any, **named: Any) -> Any:
        die("before")
        answer = original(*arguments, **named)
        die("after")
        return answer

    return call


def main(module: str, when: str, function: str) -> None:
    place, _, name = function.partition(":")
    owner: Any = importlib.import_module(place)
    *classes, name = name.split(".")
    for attribute in classes:
        owner = getattr(owner, attribute)
    setattr(owner, name, wrapped(getattr(owner, name), when))
    sys.argv = [module]
    runpy.run_module(module, run_name="__main__")


if __name__ == "__main__":
    main(*sys.argv[1:])
