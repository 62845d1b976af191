"""The operator's command, run as an operator would run it, and its JSON read."""

import asyncio
import json
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path
from typing import Any

from demo.run.errors import DemoFailed

COMMAND_WITHIN_S = 120  # starting it takes long where the machine has much else to do


async def run_natsuin(natsuin: Path, *arguments: str) -> dict[str, Any]:
    """
    Run one of the operator's commands and return its JSON.

    Raises:
        DemoFailed: the command refused; the text is what it said.
    """
    command = await asyncio.create_subprocess_exec(natsuin, *arguments, "--json", stdin=DEVNULL, stdout=PIPE, stderr=PIPE)
    try:
        output, said = await asyncio.wait_for(command.communicate(), COMMAND_WITHIN_S)
        answer = json.loads(output)
    except TimeoutError:
        command.kill()
        raise DemoFailed(f"`natsuin {arguments[0]} {arguments[1]}` did not come to an end.") from None
    except ValueError:
        answer = {"error": said.decode(errors="replace").strip()[-500:] or "no answer"}
    if command.returncode != 0 or not isinstance(answer, dict):
        raise DemoFailed(f"`natsuin {arguments[0]} {arguments[1]}` refused: {answer.get('error', answer)}")
    return answer
