"""The stack under the demo: start `natsuin up`, know when it is ready, run the operator's commands, stop it."""

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from demo.run.command import run_natsuin
from demo.run.errors import DemoFailed
from demo.run.places import Places

READY_WITHIN_S = 90
STOPPED_WITHIN_S = 20
LAST_LINES = 15


class Stack:
    """The running stack."""

    def __init__(self, places: Places, process: Process) -> None:
        self._places = places
        self._process = process

    async def ready(self) -> None:
        """
        Return when the authorization server, the CA and the relying application answer.

        Raises:
            DemoFailed: the stack ended, or did not get ready in time.
        """
        waiting = asyncio.create_task(_answer(self._places))
        ended = asyncio.create_task(self._process.wait())
        try:
            await asyncio.wait({waiting, ended}, timeout=READY_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                raise self._ended()
            if not waiting.done():
                raise DemoFailed(f"The stack was not ready after {READY_WITHIN_S} s. What it said last:\n{self._last_lines()}")
        finally:
            waiting.cancel()
            ended.cancel()

    async def stay(self) -> None:
        """Wait for as long as the stack runs; raises DemoFailed when it ends by itself."""
        await self._process.wait()
        raise self._ended()

    async def natsuin(self, *arguments: str) -> dict[str, Any]:
        """
        Run one of the operator's commands and return its JSON.

        Raises:
            DemoFailed: the command refused; the text is what it said.
        """
        return await run_natsuin(self._places.natsuin, *arguments)

    def _ended(self) -> DemoFailed:
        return DemoFailed(f"The stack ended by itself. What it said last ({self._places.log}):\n{self._last_lines()}")

    def _last_lines(self) -> str:
        return "\n".join(self._places.log.read_text(errors="replace").splitlines()[-LAST_LINES:])


@asynccontextmanager
async def run_stack(places: Places) -> AsyncIterator[Stack]:
    """
    Start the stack, and stop it at the end, whatever happens in between.

    Raises:
        DemoFailed: something answers on its ports already.
    """
    await _require_nobody(places)
    process = await _start(places)
    try:
        yield Stack(places, process)
    finally:
        await _stop(process)


async def _require_nobody(places: Places) -> None:
    for port in range(places.port, places.port + 4):
        try:
            _, writer = await asyncio.open_connection("localhost", port)
        except OSError:
            continue
        writer.close()
        raise DemoFailed(
            f"Something is running on port {port} already. Stop it first, or choose other ports: make demo NATSUIN_PORT={places.port + 10}"
        )


async def _start(places: Places) -> Process:
    places.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    environment = os.environ | {"NATSUIN_DATA": str(places.data), "NATSUIN_PORT": str(places.port), "DEMO": "1", "COLUMNS": "160"}
    with _fresh(places.log) as log:
        # A session of its own: Ctrl-C in the terminal reaches only us, and we stop it once, in order.
        return await asyncio.create_subprocess_exec(
            places.natsuin, "up", stdin=DEVNULL, stdout=log, stderr=STDOUT, env=environment, start_new_session=True
        )


def _fresh(log: Path) -> Any:
    return log.open("wb")


async def _stop(process: Process) -> None:
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), STOPPED_WITHIN_S)
    except TimeoutError:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _answer(places: Places) -> None:
    timeout = aiohttp.ClientTimeout(total=5)
    async with aiohttp.ClientSession(timeout=timeout, raise_for_status=True) as http:
        for method, address in (
            ("POST", f"{places.origin}/csc/v2/info"),
            ("GET", f"{places.ca}/ca.der"),
            ("GET", f"{places.relying}/"),
        ):
            while True:
                try:
                    async with http.request(method, address, json={} if method == "POST" else None):
                        break
                except (aiohttp.ClientError, TimeoutError):
                    await asyncio.sleep(0.2)
