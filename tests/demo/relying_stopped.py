"""`python -m demo.run` without its story, to be stopped by a signal: it starts the stack, says `up`, and waits."""

import asyncio
import sys
from pathlib import Path
from unittest.mock import patch

from rich.console import Console

from demo.run import __main__ as program
from demo.run.places import Places
from demo.run.report import Report


def places_at(port: int, data: Path, natsuin: Path) -> Places:
    urls = [f"http://localhost:{port + offset}" for offset in range(3)]
    return Places(port=port, origin=urls[0], relying=urls[1], ca=urls[2], data=data, natsuin=natsuin)


async def wait_instead(*_: object) -> bool:
    print("up", flush=True)
    await asyncio.sleep(60)
    return True


if __name__ == "__main__":
    places = places_at(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
    with patch.multiple(program, read_places=lambda: places, sign_the_contract=wait_instead):
        sys.exit(asyncio.run(program.run_until_stopped(Report(Console()), once=True)))
