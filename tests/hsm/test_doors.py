"""The SAM's two doors: neither offers what is the other's, and the operator's is its owner's alone."""

import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from starlette.testclient import TestClient

from hsm.messages import FreezeReply, FreezeRequest, ImportTokensReply, ImportTokensRequest, ListTokensReply, ListTokensRequest
from hsm.sam import Sam
from hsm.server import OPERATIONS, OPERATOR_OPERATIONS, create_operator_server, create_server
from tests.harness.module import RunningModule, running_module, wait_until
from tests.harness.process import Answer, Line
from tests.harness.remote import enrolled

WEB = {
    "enroll", "certify", "approve", "refuse", "collect", "activate", "amend", "freeze", "credential", "status", "offer_token", "tokens",
    "statement", "examine", "renewal", "begin_recovery", "complete_recovery", "stop_recovery", "recovery", "sign_in",
}  # fmt: skip
OPERATOR = {"import_tokens", "list_tokens", "freeze", "replace", "destroy", "list_recoveries", "stop_recovery"}
SEEDS = b"serial,seed,kind,algorithm,digits,period\nA,hex:" + bytes(range(20)).hex().encode() + b",totp,sha1,6,30\n"


def test_the_lists_are_these() -> None:
    """What is added to a door is added here too, after a thought."""
    assert {operation.name for operation in OPERATIONS} == WEB
    assert {operation.name for operation in OPERATOR_OPERATIONS} == OPERATOR


@pytest.mark.parametrize("door", ["web", "operator"])
def test_each_door_offers_its_own_and_nothing_else(sam: Sam, door: str) -> None:
    """What is the other's is as unknown as what does not exist."""
    http = TestClient(create_server(sam, 1) if door == "web" else create_operator_server(sam))
    offered = {name for name in WEB | OPERATOR if http.post(f"/v1/{name}", content=b"{").status_code != 404}
    assert offered == (WEB if door == "web" else OPERATOR)
    assert http.get("/v1/health").status_code == (200 if door == "web" else 404)


def test_the_operator_learns_what_is_wrong_with_a_file(sam: Sam) -> None:
    """And where; with nothing from the file."""
    http = TestClient(create_operator_server(sam))
    body = {"format": "csv", "file": "c2VyaWFsCg=="}
    answer = http.post("/v1/import_tokens", json=body)
    assert (answer.status_code, answer.json()["error"]) == (400, "malformed")
    assert answer.json()["problems"] == ["line 1: not serial,seed,kind,algorithm,digits,period"]


def test_the_operators_door_takes_a_large_file(sam: Sam) -> None:
    """Larger than anything that the web server may send."""
    http = TestClient(create_operator_server(sam))
    body = {"format": "csv", "file": "A" * 1_000_000}
    assert http.post("/v1/import_tokens", json=body).json()["error"] == "malformed"
    assert TestClient(create_server(sam, 1)).post("/v1/approve", json=body).status_code == 413


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningModule]:
    with running_module(tmp_path_factory.mktemp("doors")) as sam:
        wait_until(sam.is_listening, sam)
        yield sam


def operator(sam: RunningModule) -> Path:
    return sam.folder / "sam" / "run" / "operator.sock"


def ask(socket: Path, name: str, message: msgspec.Struct | bytes) -> Answer:
    line = Line(socket)
    try:
        return line.post(name, message)
    finally:
        line.close()


def test_one_process_serves_both_doors(running: RunningModule) -> None:
    """What the operator takes in at the one is there at once, and freezes what was made at the other."""
    signer = enrolled(cast(Any, running))
    assert ask(operator(running), "import_tokens", ImportTokensRequest("csv", SEEDS)).read(ImportTokensReply).imported == 1
    assert [token.serial for token in ask(operator(running), "list_tokens", ListTokensRequest()).read(ListTokensReply).tokens] == ["A"]
    until = int(signer.clock.now) + 600
    frozen = ask(operator(running), "freeze", FreezeRequest(signer.credential_id, until, "operator")).read(FreezeReply)
    assert frozen.frozen_until == until
    assert ask(running.socket, "approve", b"{}").status == 400
    assert ask(operator(running), "approve", b"{}").status == 404


def test_the_operators_socket_is_its_owners_alone(running: RunningModule) -> None:
    """In a folder that nobody else may enter, and itself closed to others."""
    path = operator(running)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_both_doors_close_when_it_is_told_to_stop(tmp_path: Path, how: signal.Signals) -> None:
    """At once, also with lines that are kept open; the operator's socket is taken away, and what a crash has left is no obstacle."""
    place = tmp_path / "elsewhere" / "o.sock"
    for _ in range(2):
        with running_module(tmp_path, NATSUIN_SAM_OPERATOR_LISTEN=f"unix:{place}") as sam:
            wait_until(sam.is_listening, sam)
            lines = Line(place), Line(sam.socket)
            for line in lines:
                line.post("freeze", b"{}")
            sam.process.send_signal(how)
            assert sam.process.wait(30) == 0
            for line in lines:
                line.close()
        assert "Traceback" not in sam.log()
        assert not place.exists()


def test_a_socket_that_a_crash_has_left_is_replaced(tmp_path: Path) -> None:
    for _ in range(2):
        with running_module(tmp_path) as sam:
            wait_until(sam.is_listening, sam)
            assert ask(operator(sam), "list_tokens", ListTokensRequest()).status == 200
            os.kill(sam.process.pid, signal.SIGKILL)
            sam.process.wait(30)
        assert operator(sam).is_socket()
