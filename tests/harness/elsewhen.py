"""
A part of the stack in another time: the SAM's clock is ahead, or the demo CA's certificates for signers last for moments only.

`python -m tests.harness.elsewhen MODULE SECONDS` runs the module, `hsm` or `demo.ca`, as `python -m` would.
"""

import runpy
import subprocess
import sys
import time
from datetime import timedelta

from demo.ca import profile
from tests.harness.stack import COMMANDS, ROOT, Stack


def start_elsewhen(stack: Stack, part: str, seconds: int) -> None:
    """Put a part in place of the one that runs; a SAM that was ahead does not start again with the right time."""
    stack.kill(part)
    command = [sys.executable, "-m", "tests.harness.elsewhen", COMMANDS[part][-1], str(seconds)]
    with (stack.data / f"{part}.log").open("ab") as log:
        stack.processes[part] = subprocess.Popen(command, env=stack.environment, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
    stack.wait_ready()


def main(module: str, seconds: int) -> None:
    if module == "hsm":
        now = time.time
        time.time = lambda: now() + seconds
    else:
        profile.VALIDITY = timedelta(seconds=seconds)
    sys.argv = [module]
    runpy.run_module(module, run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
