"""`python -m hsm`: it runs hardened and alone, tells nobody its secrets, and what is wrong stops it with a sentence."""

import ctypes
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from hsm.__main__ import keep_memory_private
from hsm.messages import ActivateReply, ApproveReply, ApproveRequest, CollectReply, CollectRequest
from tests.harness.forked import in_own_process
from tests.harness.module import ROOT, RunningModule, run_main, running_module, settings, start_that_fails, wait_until
from tests.harness.remote import asked, enrolled

PR_GET_DUMPABLE = 3


@dataclass
class Work:
    """A SAM that has enrolled, approved, signed and refused, and the secrets that it had to do with."""

    sam: RunningModule
    pin: str
    secrets: dict[str, str]


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Work]:
    with running_module(tmp_path_factory.mktemp("sam")) as sam:
        wait_until(sam.is_listening, sam)
        signer = enrolled(cast(Any, sam))
        transaction = asked(signer)
        raw = transaction.encode()
        assertion = signer.assertion(raw)
        evidence = ApproveRequest(raw, assertion)
        sam.call("approve", evidence).read(ApproveReply)
        assert sam.call("approve", evidence).status == 409
        sad = sam.call("collect", CollectRequest(transaction.id, transaction.application_id)).read(CollectReply).sad
        request = signer.activation(transaction, sad)
        assert sam.call("activate", signer.activation(transaction, sad, hashes=(bytes(32),))).status == 403
        sam.call("activate", request).read(ActivateReply)
        assert sam.call("activate", request).status == 409
        pin = (sam.folder / "sam" / "pin").read_text()
        response = assertion["response"]
        yield Work(sam, pin, {"PIN": pin, "SAD": sad, "signature": response["signature"], "client data": response["clientDataJSON"]})


def copied(work: Work, folder: Path) -> Path:
    """Copy its records and its token, as they are on the disk."""
    shutil.copytree(work.sam.folder, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.sock", "*.log", "lock"))
    return folder


def test_bad_settings_stop_the_start_with_a_sentence(tmp_path: Path) -> None:
    """Exit code 2, each problem on a line, no trace, and nothing made."""
    environ = settings(tmp_path / "data", NATSUIN_PORT="x", NATSUIN_SAD_LIFE="0")
    done = subprocess.run([sys.executable, "-m", "hsm"], env=environ, cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert done.returncode == 2
    assert "NATSUIN_PORT must be" in done.stderr
    assert "NATSUIN_SAD_LIFE must be" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()


def test_secrets_are_not_in_the_log(work: Work) -> None:
    """Neither PIN nor SAD nor evidence, of what was granted and of what was refused."""
    assert "ready: " in work.sam.log()
    assert [name for name, secret in work.secrets.items() if secret in work.sam.log()] == []


def test_the_pin_is_in_a_file_and_nowhere_else(work: Work) -> None:
    """It is no argument and no setting of the process, and the file is its owner's alone."""
    process = Path(f"/proc/{work.sam.process.pid}")
    assert len(work.pin) >= 32
    assert work.pin.encode() not in (process / "cmdline").read_bytes()
    if os.access(process / "environ", os.R_OK):  # only root may look: the process is not dumpable
        assert work.pin.encode() not in (process / "environ").read_bytes()


def test_files_are_their_owners_alone(work: Work) -> None:
    """Records, token, PIN and lock; the socket stands in a folder that nobody else may enter."""
    folder = work.sam.folder / "sam"
    made = [folder, *(path for path in folder.rglob("*") if not path.is_socket())]
    assert {"pin", "sam.db", "lock", "tokens", "run"} <= {path.name for path in made}
    assert [path.name for path in made if path.stat().st_mode & 0o077] == []


def memory_after() -> tuple[int, tuple[int, int]]:
    keep_memory_private()
    return ctypes.CDLL(None).prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), resource.getrlimit(resource.RLIMIT_CORE)


def test_memory_is_private(work: Work) -> None:
    """The process leaves no core and can't be read by another of its user."""
    assert in_own_process(memory_after) == (0, (0, 0))
    limits = Path(f"/proc/{work.sam.process.pid}/limits").read_text()
    (core,) = [line.split() for line in limits.splitlines() if line.startswith("Max core file size")]
    assert core[4:6] == ["0", "0"]


def test_a_second_sam_on_the_same_records_does_not_start(work: Work) -> None:
    """It would take the first one's unfinished activations for abandoned; the first is not disturbed."""
    code, log = start_that_fails(work.sam.folder)
    assert (code, "AlreadyRunning" in log) == (2, True)
    assert work.sam.is_listening()


def test_a_pin_file_that_is_gone_stops_the_start(work: Work, tmp_path: Path) -> None:
    """With a sentence; no other PIN is made up for a token that is there."""
    folder = copied(work, tmp_path)
    (folder / "sam" / "pin").unlink()
    code, log = start_that_fails(folder)
    assert (code, "the PIN can't be read" in log, "Traceback" in log) == (2, True, False)
    assert not (folder / "sam" / "pin").exists()


def test_a_wrong_pin_stops_the_start(work: Work, tmp_path: Path) -> None:
    """With a sentence that does not say it."""
    folder = copied(work, tmp_path)
    (folder / "sam" / "pin").write_text("hunter2hunter2")
    code, log = start_that_fails(folder)
    assert (code, "refused the PIN" in log, "hunter2" in log) == (2, True, False)


def test_another_token_stops_the_start(work: Work, tmp_path: Path) -> None:
    """Records that were sealed elsewhere are not sealed anew."""
    folder = copied(work, tmp_path)
    shutil.rmtree(folder / "sam" / "tokens")
    code, log = start_that_fails(folder)
    assert (code, "natsuin-seal is not on the token" in log) == (2, True)


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM journal WHERE number = 2", "UPDATE journal SET entry = X'7B7D' WHERE number = 2", "UPDATE journal_head SET time_ms = 0"],
)
def test_a_journal_that_was_tampered_with_stops_the_start(work: Work, tmp_path: Path, statement: str) -> None:
    """The SAM does not go on with a history that is not its own."""
    folder = copied(work, tmp_path)
    with closing(sqlite3.connect(folder / "sam" / "sam.db")) as connection, connection:
        connection.execute(statement)
    code, log = start_that_fails(folder)
    assert (code, "RecordsTampered" in log) == (2, True)


def test_a_clock_before_the_journal_stops_the_start(work: Work, tmp_path: Path) -> None:
    """Where the newest entry is of tomorrow, the SAM waits for a clock that is right."""
    folder = copied(work, tmp_path)
    code, log = in_own_process(main_yesterday, settings(folder))
    assert (code, "ClockInDoubt" in log) == (2, True)


def main_yesterday(environ: dict[str, str]) -> tuple[int, str]:
    now = time.time
    time.time = lambda: now() - 86_400
    return run_main(environ)


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"NATSUIN_SAM_DATABASE_URL": "sqlite:////nowhere/sam.db"}, "the database can't be opened"),
        ({"NATSUIN_SAM_DATABASE_URL": "postgresql://sam:hunter2@nowhere.invalid/sam"}, "the database can't be opened"),
        ({"NATSUIN_HSM_MODULE": "/etc/passwd", "NATSUIN_HSM_TOKEN": "x", "NATSUIN_HSM_PIN_FILE": "/etc/passwd"}, "can't be loaded"),
        ({"NATSUIN_DATA": "/etc/passwd"}, "Not a directory"),
    ],
)
def test_what_is_out_of_reach_stops_the_start_with_a_sentence(tmp_path: Path, environ: dict[str, str], sentence: str) -> None:
    """Database, PKCS#11 module and data folder: exit code 2, no trace, no password."""
    code, log = start_that_fails(tmp_path, **environ)
    assert (code, sentence in log, "Traceback" in log, "hunter2" in log) == (2, True, False, False)
