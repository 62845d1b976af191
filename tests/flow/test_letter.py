"""Enrolment by the CA's letter: what the operator gets, what the code opens, what the CA's refusal means, and who goes on."""

import hashlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from demo.ca.code import new_code, read_code
from tests.flow.browser import Browse
from tests.flow.letters import Letter, new_letter
from tests.flow.parties import new_enrollment_url
from tests.flow.records import Records
from tests.harness.stack import ROOT, Stack, running_stack

UNKNOWN = (404, {"error": "link_unknown"})
REFUSED = (403, {"error": "code_refused"})
ADDRESS = ("--postal-code", "100-0001", "--address", "東京都千代田区千代田 1-1", "--address", "サンプル 301号室")


@pytest.fixture
def letter(stack: Stack, tmp_path: Path) -> Letter:
    return new_letter(stack, tmp_path)


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack of this file's own, whose CA may be stopped."""
    with running_stack(tmp_path_factory.mktemp("letters")) as made:
        yield made


def test_the_letter_is_a_new_file_for_its_owner_alone(stack: Stack, tmp_path: Path) -> None:
    """With name, address and the page's address on it; what is told beside it opens nothing."""
    pdf = tmp_path / "letter.pdf"
    letter = new_letter(stack, tmp_path, None, *ADDRESS)
    (file,) = tmp_path.glob("*.pdf")
    assert file.stat().st_mode & 0o777 == 0o600
    assert letter.told.keys() == {"user_id", "name", "enrollment_url", "expires", "letter"}
    assert (letter.told["enrollment_url"], letter.told["letter"]) == (f"{stack.origin}/enroll", str(file))
    assert letter.url == f"{stack.origin}/enroll#{letter.printed}"
    squeezed = re.sub(r"\s", "", letter.text)
    assert all(re.sub(r"\s", "", line) in squeezed for line in ("山田 太郎 様", "〒100-0001", *ADDRESS[3::2], f"{stack.origin}/enroll"))
    pdf.write_text("mine")
    refused = stack.natsuin("signer", "add", "somebody", "--name", "x", "--letter", str(pdf), expect=1)
    assert "already" in refused["error"]
    assert pdf.read_text() == "mine"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--name", "𠮷田", "--letter", "{}"), "can't be printed"),
        (("--name", "x", "--letter", "{}", *(4 * ("--address", "a"))), "at most 3 lines"),
        (("--name", "x", "--letter", "{}/nowhere/letter.pdf"), "can't be written"),
        (("--name", "x", "--letter", "{}", "--code-stdin"), "exclude each other"),
        (("--name", "x", "--code-sha256", "abc"), "64 hexadecimal digits"),
    ],
)
def test_a_letter_that_can_not_be_is_refused_and_leaves_nothing(stack: Stack, tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    """Neither a file nor a person."""
    pdf, user_id = tmp_path / "letter.pdf", f"user-{os.urandom(4).hex()}"
    answer = stack.natsuin("signer", "add", user_id, *(option.replace("{}", str(pdf)) for option in options), expect=1)
    assert said in answer["error"]
    assert list(tmp_path.iterdir()) == []
    assert stack.natsuin("signer", "show", user_id, expect=1).keys() == {"error"}


def test_the_code_is_in_the_letter_and_nowhere_else(stack: Stack, browse: Browse, letter: Letter) -> None:
    """Neither before nor after it is used: no log, no database of the server or of the CA, nothing that the operator is told."""
    assert browse(stack).register(letter.code).status_code == 200
    files = [file for file in stack.data.rglob("*") if file.is_file()]
    assert {"web.log", "ca.log", "natsuin.db", "ca.sqlite3"} <= {file.name for file in files}
    texts = [*(file.read_bytes() for file in files), json.dumps(letter.told).encode()]
    for form in (letter.code, letter.printed, letter.code.lower()):
        assert not any(form.encode() in text for text in texts)
    assert any(hashlib.sha256(letter.code.encode()).digest() in text for text in texts)


@pytest.mark.parametrize("form", ["{printed}", " {lower} ", "{printed}\n", "{lower:.4}　{lower:.0}{rest}"])
def test_a_code_opens_in_whatever_form_it_is_typed(stack: Stack, browse: Browse, letter: Letter, form: str) -> None:
    """As docs/ca.md reads it."""
    typed = form.format(printed=letter.printed, lower=letter.code.lower(), rest=letter.code[4:].replace("0", "o").replace("1", "I"))
    answer = browse(stack).register(typed)
    assert answer.status_code == 200, typed
    assert answer.json()["user_id"] == letter.user_id


def test_whatever_opens_nothing_gets_one_answer(stack: Stack, browse: Browse, letter: Letter) -> None:
    """Mistyped, made up, used, ended by a newer letter, or a mixture of code and link."""
    used = letter.code
    assert browse(stack).register(used).status_code == 200
    secret, _, inner = new_enrollment_url(stack).partition("#")[2].partition(".")
    mistyped = used[:-1] + ("Z" if used[-1] != "Z" else "Y")
    for text in (used, mistyped, read_code(new_code()), f"{used}.{used}", f"{used}.", secret, inner, f"{secret}x.{inner}"):
        answer = browse(stack).post("/enroll/options", {"link": text})
        assert (answer.status_code, answer.json()) == UNKNOWN, text
        answer = browse(stack).enroll(text, {"id": "x"})
        assert (answer.status_code, answer.json()) == UNKNOWN


def test_a_new_letter_ends_the_one_before_unless_that_has_begun(stack: Stack, browse: Browse, tmp_path: Path) -> None:
    """What was lost opens nothing; a link, which is another way, is ended as well; what has begun goes on."""
    user_id = f"user-{os.urandom(4).hex()}"
    lost, link = new_letter(stack, tmp_path, user_id), new_enrollment_url(stack, user_id).partition("#")[2]
    second = new_letter(stack, tmp_path, user_id)
    for ended in (lost.code, link):
        answer = browse(stack).post("/enroll/options", {"link": ended})
        assert (answer.status_code, answer.json()) == UNKNOWN
    begun = browse(stack)
    options = begun.post("/enroll/options", {"link": second.code}).json()["publicKey"]
    made = begun.passkey.create(options, stack.origin)
    assert begun.post("/enroll/key", {"link": second.code, "credential": made}).json() == {"made": "key"}
    third = new_letter(stack, tmp_path, user_id)
    assert begun.enroll(second.code, made).status_code == 200
    assert browse(stack).register(third.code).status_code == 200


def test_a_code_that_the_ca_does_not_know_makes_no_passkey_and_no_key(stack: Stack, browse: Browse, letter: Letter) -> None:
    """It is told before the phone is asked for anything; when the CA takes the code again, the same code enrols."""
    records = Records(stack)
    change_at_the_ca(stack, "attempts_left = 0", letter)
    browser = browse(stack)
    for _ in range(2):
        answer = browser.post("/enroll/options", {"link": letter.code})
        assert (answer.status_code, answer.json()) == REFUSED
    assert records.one_of_sam("SELECT count(*) FROM credentials WHERE signer = ?", letter.user_id) == 0
    change_at_the_ca(stack, "attempts_left = 5", letter)
    assert browser.register(letter.code).status_code == 200


def test_a_refused_code_leaves_a_key_that_waits_for_it(stack: Stack, browse: Browse, letter: Letter, tmp_path: Path) -> None:
    """
    Refused after the key was made: said so, no certificate, no session, and the operator sees what waits.

    Another letter makes a key of its own; when the CA takes the first code again, that goes on with the key that waited.
    """
    browser, other, records = browse(stack), browse(stack), Records(stack)
    options = browser.post("/enroll/options", {"link": letter.code}).json()["publicKey"]
    made = browser.passkey.create(options, stack.origin)
    change_at_the_ca(stack, "attempts_left = 0", letter)
    for credential in (made, made, None):
        answer = browser.enroll(letter.code, credential)
        assert (answer.status_code, answer.json()) == REFUSED
        assert "set-cookie" not in answer.headers
    (waiting,) = stack.natsuin("signer", "show", letter.user_id)["unfinished"]
    assert waiting["made"] == "key"
    assert records.one_of_sam("SELECT state FROM credentials WHERE credential_id = ?", waiting["credential_id"]) == "made"
    newer = new_letter(stack, tmp_path, letter.user_id)
    enrolled = other.register(newer.code).json()
    assert enrolled["credential_id"] != waiting["credential_id"]
    change_at_the_ca(stack, "attempts_left = 5", letter)
    assert browser.enroll(letter.code, made).json()["credential_id"] == waiting["credential_id"]
    assert stack.natsuin("signer", "show", letter.user_id)["unfinished"] == []


def test_the_right_code_of_the_same_link_goes_on_with_the_key(stack: Stack, browse: Browse, letter: Letter) -> None:
    """A link around a code that the CA does not take: with the right code in its place the key that was made gets its certificate."""
    link = new_enrollment_url(stack, letter.user_id).partition("#")[2]
    secret = link.partition(".")[0]
    wrong, right = f"{secret}.{new_code()}", f"{secret}.{letter.printed}"
    browser = browse(stack)
    options = browser.post("/enroll/options", {"link": link}).json()["publicKey"]
    made = browser.passkey.create(options, stack.origin)
    answer = browser.enroll(wrong, made)
    assert (answer.status_code, answer.json()) == REFUSED
    (waiting,) = stack.natsuin("signer", "show", letter.user_id)["unfinished"]
    assert browser.enroll(right, made).json()["credential_id"] == waiting["credential_id"]


def test_another_browser_goes_on_without_a_session(apart: Stack, browse: Browse, tmp_path: Path) -> None:
    """Who did not show the passkey ends the enrolment and is not signed in; a passkey of its own is refused; the first phone signs in."""
    letter, first, second = new_letter(apart, tmp_path), browse(apart), browse(apart)
    options = first.post("/enroll/options", {"link": letter.code}).json()["publicKey"]
    others = second.post("/enroll/options", {"link": letter.code}).json()["publicKey"]
    late = second.passkey.create(others, apart.origin)
    stale = first.passkey.create(options, apart.origin)
    assert first.enroll(letter.code, stale).json() == {"error": "registration_refused"}
    apart.kill("ca")
    assert second.enroll(letter.code, late).status_code == 503
    apart.start("ca")
    assert first.enroll(letter.code, stale).json() == {"error": "registration_refused"}
    ended = first.enroll(letter.code)
    assert (ended.status_code, ended.json()["here"]) == (200, False)
    assert "set-cookie" not in ended.headers
    assert first.get("/inbox", Accept="application/json").status_code == 401
    assert first.sign_in().status_code == 400
    assert second.sign_in().json()["user_id"] == letter.user_id


def test_a_ca_that_hangs_keeps_nobody_from_beginning(apart: Stack, browse: Browse, tmp_path: Path) -> None:
    """It takes the connection and does not answer: the passkey is made all the same, and the certificate comes when it wakes."""
    letter, browser = new_letter(apart, tmp_path), browse(apart)
    process = apart.processes["ca"]
    process.send_signal(signal.SIGSTOP)
    try:
        options = browser.post("/enroll/options", {"link": letter.code}).json()["publicKey"]
    finally:
        process.send_signal(signal.SIGCONT)
    assert browser.enroll(letter.code, browser.passkey.create(options, apart.origin)).status_code == 200


def test_the_hash_of_a_letter_from_the_desk_lets_its_code_enrol(stack: Stack, browse: Browse, tmp_path: Path) -> None:
    """--code-sha256: the CA's officer has made the letter."""
    user_id = f"user-{os.urandom(4).hex()}"
    inner = new_enrollment_url(stack, user_id).partition(".")[2]
    sha256 = hashlib.sha256(read_code(inner).encode()).hexdigest()
    told = stack.natsuin("signer", "add", user_id, "--name", "山田 太郎", "--code-sha256", sha256.upper())
    assert told.keys() == {"user_id", "name", "enrollment_url", "expires"}
    again = stack.natsuin("signer", "add", user_id, "--name", "山田 太郎", "--code-sha256", sha256, expect=1)
    assert "known already" in again["error"]
    assert browse(stack).register(inner).json()["user_id"] == user_id


def test_the_phone_without_a_screen_takes_a_code(stack: Stack, letter: Letter, tmp_path: Path) -> None:
    """From standard input, with --origin; a mistyped one is told at once, and a code without a server is a wrong call."""
    file = ("--passkey", str(tmp_path / "passkey.json"), "--json")
    assert phone(stack, "enroll", "-", *file, typed=letter.printed) == (2, "AddressRefused")
    origin = ("--origin", stack.origin)
    assert phone(stack, "enroll", "-", *origin, *file, typed=letter.printed[:-1]) == (2, "CodeMistyped")
    assert phone(stack, "enroll", "-", *origin, *file, typed=new_code()) == (1, "link_unknown")
    assert phone(stack, "enroll", "-", *origin, *file, typed=letter.printed.lower()) == (0, None)
    assert phone(stack, "sign-in", *file) == (0, None)


def phone(stack: Stack, *words: str, typed: str = "") -> tuple[int, str | None]:
    """Run the phone's command line; gives exit code and error."""
    command = [sys.executable, "-m", "demo.phone", *words]
    done = subprocess.run(command, cwd=ROOT, env=stack.environment, input=typed, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, json.loads(done.stdout).get("error")


def change_at_the_ca(stack: Stack, change: str, letter: Letter) -> None:
    """Change an application in the CA's records, as only an officer or somebody who guesses would."""
    code_sha256 = hashlib.sha256(letter.code.encode()).digest()
    with closing(sqlite3.connect(stack.data / "ca" / "ca.sqlite3", timeout=10)) as records, records:
        assert records.execute(f"UPDATE application SET {change} WHERE code_sha256 = ?", (code_sha256,)).rowcount == 1
