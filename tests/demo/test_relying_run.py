"""How `python -m demo.run` starts and stops what it needs, with a stand-in for `natsuin`; the real way is `make demo ONCE=1`."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from demo.run import stack as stack_module
from demo.run.errors import DemoFailed
from demo.run.places import read_places
from demo.run.report import Report
from demo.run.stack import run_stack
from tests.demo.relying_stopped import places_at

STAND_IN = """#!{python}
import json, os, signal, sys, threading, time
from http.server import BaseHTTPRequestHandler, HTTPServer

class Yes(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "0"); self.end_headers()
    do_POST = do_GET
    def log_message(self, *_): pass

mode = open({mode!r}).read()
if sys.argv[1] == "up":
    print("stack says hello", flush=True)
    if mode == "ends":
        sys.exit(3)
    for port in range(int(os.environ["NATSUIN_PORT"]), int(os.environ["NATSUIN_PORT"]) + 4):
        threading.Thread(target=HTTPServer(("127.0.0.1", port), Yes).serve_forever, daemon=True).start()
    signal.pthread_sigmask(signal.SIG_BLOCK, {{signal.SIGTERM}} if mode == "deaf" else set())
    if mode == "slow":
        signal.signal(signal.SIGTERM, lambda *_: (time.sleep(1), sys.exit(0)))
    time.sleep(60)
elif mode == "refuses":
    print(json.dumps({{"error": "A user id has 1 to 64 letters."}}))
    sys.exit(1)
elif mode == "breaks":
    sys.exit("Traceback: something")
else:
    print(json.dumps({{"arguments": sys.argv[1:]}}))
"""


class Stage:
    """A place to run the stand-in in; `mode` says how it behaves."""

    def __init__(self, directory: Path) -> None:
        self.mode = directory / "mode"
        self.behave("well")
        natsuin = directory / "natsuin"
        natsuin.write_text(STAND_IN.format(python=sys.executable, mode=str(self.mode)))
        natsuin.chmod(0o755)
        port = free_ports()
        self.places = places_at(port, directory / "var", natsuin)

    def behave(self, mode: str) -> None:
        self.mode.write_text(mode)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def free_ports() -> int:
    """Find four free ports in a row."""
    for port in range(20_000 + os.getpid() % 10_000, 60_000, 7):
        try:
            for offset in range(4):
                with socket.create_server(("127.0.0.1", port + offset)):
                    pass
        except OSError:
            continue
        return port
    raise AssertionError("no free ports")


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_stack_is_started_and_stopped(stage: Stage) -> None:
    async def run() -> None:
        async with run_stack(stage.places) as stack:
            await stack.ready()
            assert await stack.natsuin("signer", "add", "taro") == {"arguments": ["signer", "add", "taro", "--json"]}
            assert is_open(stage.places.port)

    asyncio.run(run())
    assert not is_open(stage.places.port)
    assert "stack says hello" in stage.places.log.read_text()


def test_it_is_stopped_also_after_an_error(stage: Stage) -> None:
    async def run() -> None:
        async with run_stack(stage.places) as stack:
            await stack.ready()
            raise DemoFailed("for a reason")

    with pytest.raises(DemoFailed, match="for a reason"):
        asyncio.run(run())
    assert not is_open(stage.places.port)


def test_a_stack_that_does_not_stop_is_killed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack_module, "STOPPED_WITHIN_S", 0.3)
    stage.behave("deaf")

    async def run() -> None:
        async with run_stack(stage.places) as stack:
            await stack.ready()

    asyncio.run(run())
    assert not is_open(stage.places.port)


def test_a_stack_that_ends_says_what_it_said_last(stage: Stage) -> None:
    stage.behave("ends")

    async def run() -> None:
        async with run_stack(stage.places) as stack:
            await stack.ready()

    with pytest.raises(DemoFailed, match="stack says hello"):
        asyncio.run(run())


def test_a_port_in_use_is_said_and_nothing_is_started(stage: Stage) -> None:
    async def run() -> None:
        async with run_stack(stage.places):
            raise AssertionError

    taken = stage.places.port + 1
    with socket.create_server(("127.0.0.1", taken)), pytest.raises(DemoFailed, match=f"port {taken} already"):
        asyncio.run(run())
    assert not stage.places.log.exists()


@pytest.mark.parametrize(("mode", "words"), [("refuses", "1 to 64 letters"), ("breaks", "Traceback: something")])
def test_a_command_that_refuses_says_why(mode: str, words: str, stage: Stage) -> None:
    async def run() -> None:
        async with run_stack(stage.places) as stack:
            await stack.ready()
            stage.behave(mode)
            await stack.natsuin("signer", "add", "?")

    with pytest.raises(DemoFailed, match=words):
        asyncio.run(run())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything_in_order(number: signal.Signals, stage: Stage) -> None:
    stage.behave("slow")
    program = [
        sys.executable,
        "-m",
        "tests.demo.relying_stopped",
        str(stage.places.port),
        str(stage.places.data),
        str(stage.places.natsuin),
    ]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while "up\n" not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(number)
        time.sleep(0.2)
        process.send_signal(number)  # impatience changes nothing
        assert process.wait(15) == 130
    assert not is_open(stage.places.port)


def test_a_port_that_is_none_is_refused() -> None:
    with pytest.raises(DemoFailed, match="NATSUIN_PORT"):
        read_places({"NATSUIN_PORT": "80a"})


def test_a_failed_step_is_shown_as_such() -> None:
    output = StringIO()
    report = Report(Console(file=output, width=100))
    with report.step("First") as step:
        step.say("First [is] done")
    with pytest.raises(DemoFailed), report.step("Second"):
        raise DemoFailed
    lines = output.getvalue().splitlines()
    assert lines[0].startswith("✓  1 First [is] done")
    assert lines[1].startswith("✗  2 Second")
