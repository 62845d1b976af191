"""Crashes and races around issuing, with real processes: one code makes one certificate or none, and the same call again gives it."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from tests.demo.ca_desk import Desk, certificate_of, make_csr
from tests.demo.ca_process import PKCS10, CaProcess, basic, enroll, make_request, running_ca

DIES_WHILE_ISSUING = """
import os, signal, sys
from demo.ca import enrollment
from demo.ca.config import read_config
from demo.ca.csr import read_csr
from demo.ca.identification import identify
from demo.ca.office import clock, open_office

def certify(*arguments, **named):
    made = real(*arguments, **named)
    os.kill(os.getpid(), signal.SIGKILL)

real, enrollment.certify = enrollment.certify, certify
office = open_office(read_config())
code = sys.stdin.readline().strip()
csr = read_csr(open(sys.argv[1], "rb").read())
office.enrollment.enroll(identify(office.records, "alice", code, clock()), csr, clock())
"""


def certificates(ca: CaProcess) -> list[tuple[str, int]]:
    """How many certificates each application has."""
    with closing(sqlite3.connect(ca.data / "ca" / "ca.sqlite3")) as sql:
        return sql.execute(
            "SELECT user_id, count(serial) FROM application AS a LEFT JOIN certificate ON application_id = a.id GROUP BY a.id"
        ).fetchall()


def test_killed_after_signing_there_is_nothing_and_the_same_call_gives_it(tmp_path: Path) -> None:
    with running_ca(tmp_path) as ca:
        make_request(tmp_path, "leaf")
        code = ca.code("alice")
        died = subprocess.run(
            [sys.executable, "-c", DIES_WHILE_ISSUING, str(tmp_path / "leaf.csr")], input=code.encode(), env=ca.environment, timeout=30
        )
        assert died.returncode == -signal.SIGKILL
        assert certificates(ca) == [("alice", 0)]
        assert enroll(ca, tmp_path, "leaf", "simpleenroll", *basic(tmp_path, "alice", code)) == "200"
        assert certificates(ca) == [("alice", 1)]


def test_killed_at_any_moment_there_is_one_certificate_or_none(tmp_path: Path) -> None:
    drawn = random.Random()
    with running_ca(tmp_path) as ca:
        for number in range(6):
            person = f"person{number}"
            make_request(tmp_path, person, user_id=person)
            credential = basic(tmp_path, person, ca.code(person))
            send = ("curl", "-s", "--cacert", ca.root, *PKCS10, "--data-binary", f"@{person}.b64", *credential, f"{ca.est}/simpleenroll")
            calling = subprocess.Popen(send, cwd=tmp_path, stdout=subprocess.DEVNULL)
            time.sleep(drawn.uniform(0.01, 0.08))
            ca.process.kill()
            ca.process.wait(30)
            calling.wait(30)
            assert dict(certificates(ca))[person] in (0, 1)
            ca.start()
            assert enroll(ca, tmp_path, person, "simpleenroll", *credential) == "200"
            first = (tmp_path / f"{person}.pem").read_bytes()
            assert enroll(ca, tmp_path, person, "simpleenroll", *credential) == "200"
            assert (tmp_path / f"{person}.pem").read_bytes() == first
            assert dict(certificates(ca))[person] == 1


def test_two_processes_and_many_requests_make_one_certificate_of_one_code(tmp_path: Path) -> None:
    with running_ca(tmp_path) as ca, running_ca(tmp_path) as other:
        credential = basic(tmp_path, "alice", ca.code("alice"))
        names = [f"r{number}" for number in range(4)]
        for name in names:
            make_request(tmp_path, name)
        with ThreadPoolExecutor(len(names)) as threads:
            calls = [
                threads.submit(enroll, which, tmp_path, name, "simpleenroll", *credential)
                for name, which in zip(names, (ca, other, ca, other), strict=True)
            ]
            assert sorted(call.result() for call in calls) == ["200", "401", "401", "401"]
        assert certificates(ca) == [("alice", 1)]


def test_guesses_at_once_are_no_more_than_five(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "ca")
    code = desk.apply()
    wrong = [Desk(tmp_path / f"other{number}").apply() for number in range(2)] * 6  # check letters fit, but it is not this one
    with ThreadPoolExecutor(len(wrong)) as threads:
        assert {answer.status_code for answer in threads.map(lambda guess: desk.enroll(guess, make_csr()), wrong)} == {401}
    with desk.office.records.reading() as sql:
        assert sql.execute("SELECT attempts_left FROM application").fetchone()[0] == 0
    assert desk.enroll(code, make_csr()).status_code == 401


def test_an_attempt_is_on_disk_before_the_code_is_compared(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "ca")
    code = desk.apply()
    script = (
        "import hmac, os, sys\n"
        "from pathlib import Path\n"
        "from demo.ca.identification import identify\n"
        "from demo.ca.records import Records\n"
        "from tests.demo.ca_desk import START\n"
        "hmac.compare_digest = lambda *_: os.kill(os.getpid(), 9)\n"
        "identify(Records(Path(sys.argv[1])), 'alice', sys.stdin.readline().strip(), START)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "ca" / "ca.sqlite3")]
    for _ in range(4):
        died = subprocess.run(command, input=code.encode(), env={**os.environ, "PYTHONPATH": os.getcwd()}, timeout=30)
        assert died.returncode == -signal.SIGKILL
    with desk.office.records.reading() as sql:
        assert sql.execute("SELECT attempts_left FROM application").fetchone()[0] == 1
    certificate_of(desk.enroll(code, make_csr()))
