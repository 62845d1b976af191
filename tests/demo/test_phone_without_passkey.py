"""`approve --otp` of the phone without a screen, as its own process against the real stack: PIN and codes come by standard input."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from demo.phone.errors import TransactionRefused
from demo.phone.ocra import check_token, compute_ocra_challenge
from demo.phone.transaction import ApprovalToken
from hsm.messages import ocra_challenge
from hsm.messages.ocra import SCANNED, TYPED
from hsm.otp import Kind
from tests.flow.otp_visit import enrollment_of
from tests.flow.parties import Person, new_application
from tests.flow.wire import b64
from tests.harness.contents import pdf
from tests.harness.hand import OTHER_PIN, Hand, give_token
from tests.harness.signer import Signer
from tests.harness.stack import Application, Stack

ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(otp_stack: Stack) -> Application:
    return new_application(otp_stack)


@pytest.fixture
def hanako(otp_stack: Stack) -> Person:
    return Person(otp_stack)


def started(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "demo.phone", "approve", "--otp", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "120"},
    )


def answers(*words: str, typed: str) -> tuple[int, str]:
    with started(*words) as process:
        output, _ = process.communicate(typed, timeout=60)
        return process.returncode, output


def typed_for(hand: Hand, pin: str | None = None) -> str:
    """Give what is typed: the PIN, the code that signs in, and the next one."""
    return "\n".join((pin or hand.pin, hand.code(), hand.code(ahead=1), ""))


@pytest.mark.parametrize("kind", [Kind.TOTP, Kind.HOTP])
def test_a_link_two_codes_and_a_pin_approve(otp_stack: Stack, store: Application, hanako: Person, kind: Kind) -> None:
    """No passkey file is there, and none is asked for; what is asked is shown before."""
    hand = give_token(otp_stack, hanako, enrollment_of(otp_stack, hanako), kind)
    shown = pdf()
    asked = store.authorize(hanako.credential_id, documentLabels=["契約書.pdf"], hashes=[b64(shown.digest)], documents=[shown.field])
    status, text = answers(asked["approval_url"], typed=typed_for(hand))
    assert status == 0, text
    assert "契約書.pdf" in text
    assert "this is the document being signed" in " ".join(text.replace("│", " ").split())
    assert text.endswith("Approved\n")
    assert store.sign(hanako.credential_id, store.sad(asked["handle"]), [b64(shown.digest)]).status_code == 200


def test_a_program_answers_for_an_ocra_token(otp_stack: Stack, store: Application, hanako: Person) -> None:
    """It reads each challenge as a line of JSON, and writes the answer."""
    hand = give_token(otp_stack, hanako, enrollment_of(otp_stack, hanako), Kind.OCRA, TYPED)
    asked = store.authorize(hanako.credential_id)
    with started(asked["approval_url"], "--json") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{hand.pin}\n")
        process.stdin.flush()
        for _ in range(2):
            process.stdin.write(f"{hand.code(ocra=json.loads(process.stdout.readline())['challenge'])}\n")
            process.stdin.flush()
        assert json.loads(process.stdout.readline()) == {"id": asked["handle"], "state": "approved"}
        assert process.wait(30) == 0


def test_a_number_from_the_applications_screen_is_given_too(otp_stack: Stack, hanako: Person) -> None:
    hand = give_token(otp_stack, hanako, enrollment_of(otp_stack, hanako), Kind.HOTP)
    asked = new_application(otp_stack, asks_code=True).authorize(hanako.credential_id)
    assert answers(asked["approval_url"], typed=typed_for(hand))[0] == 2
    assert answers(asked["approval_url"], "--code", asked["verification_code"], typed=typed_for(hand))[0] == 0


def test_what_is_wrong_is_said_and_nothing_is_approved(otp_stack: Stack, store: Application, hanako: Person) -> None:
    """A wrong PIN with the tries left; an id without a server; what only a passkey may open."""
    hand = give_token(otp_stack, hanako, enrollment_of(otp_stack, hanako), Kind.HOTP)
    asked = store.authorize(hanako.credential_id)
    status, text = answers(asked["approval_url"], "--json", typed=typed_for(hand, OTHER_PIN))
    assert (status, json.loads(text)["error"], json.loads(text)["tries_left"]) == (1, "otp_refused", 4)
    assert answers(asked["handle"], typed=typed_for(hand))[0] == 2
    assert answers("A" * 22, "--origin", otp_stack.origin, typed=typed_for(hand))[0] == 4
    assert answers(asked["handle"], "--origin", otp_stack.origin, typed=typed_for(hand))[0] == 0
    assert answers(asked["approval_url"], typed=typed_for(hand))[0] == 4


def test_a_link_for_a_passkey_only_is_not_opened(application: Application, person: Signer) -> None:
    status, text = answers(application.authorize(person.credential_id)["approval_url"], typed="739154\n123456\n123457\n")
    assert status == 4
    assert "cannot be opened" in text


@pytest.mark.parametrize("suite", [TYPED, SCANNED])
def test_the_challenge_is_computed_from_what_is_shown(suite: str) -> None:
    """As the SAM does; one of another transaction is refused, and so is a token that can't be asked for one."""
    raw = b'{"type":"sign"}'
    challenge = compute_ocra_challenge(suite, raw)
    assert challenge == ocra_challenge(suite, raw)
    check_token(ApprovalToken("T" * 22, "ocra", 8, suite=suite, challenge=challenge), raw)
    for lie in (ocra_challenge(suite, raw + b" "), None):
        with pytest.raises(TransactionRefused):
            check_token(ApprovalToken("T" * 22, "ocra", 8, suite=suite, challenge=lie), raw)
    with pytest.raises(TransactionRefused):
        compute_ocra_challenge("OCRA-1:HOTP-SHA1-6:QN08-T30S", raw)
