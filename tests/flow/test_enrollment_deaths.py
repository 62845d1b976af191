"""An enrolment by letter while the web server, the SAM or the CA dies at each of its steps: the same code goes on, and all is made once."""

import signal
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import httpx2
import pytest

from demo.passkey import Passkey
from tests.flow.browser import Browse, Browser
from tests.flow.letters import Letter, new_letter
from tests.flow.parties import new_application
from tests.flow.records import Records
from tests.harness.mortal import start_mortal
from tests.harness.stack import Application, Stack, running_stack

DEATHS = [
    ("ca", "before", "demo.ca.est:identify"),
    ("web", "before", "app.authorization.enroll:creation_options"),
    ("web", "after", "app.authorization.enroll:_take_registration"),
    ("sam", "before", "hsm.enrollment:begin"),
    ("sam", "after", "hsm.enrollment:begin"),
    ("sam", "after", "hsm.cryptoki:Token.generate_signing_key"),
    ("sam", "after", "hsm.change:Change.finish_enrollment"),
    ("sam", "after", "hsm.server:_run"),
    ("web", "after", "app.authorization.enroll:_key"),
    ("web", "before", "app.ca:CertificationAuthority.enroll"),
    ("ca", "before", "demo.ca.enrollment:Enrollment.enroll"),
    ("ca", "after", "demo.ca.enrollment:add_certificate"),
    ("ca", "after", "demo.ca.enrollment:Enrollment.enroll"),
    ("web", "after", "app.ca:CertificationAuthority.enroll"),
    ("sam", "before", "hsm.change:Change.certify"),
    ("sam", "after", "hsm.change:Change.certify"),
    ("web", "after", "app.sam:Sam.certify"),
    ("web", "after", "app.authorization.enroll:_finish"),
    ("web", "before", "app.phone.enroll:begin_session"),
]


@pytest.fixture(scope="module")
def _mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("mortal")) as made:
        yield made


@pytest.fixture
def mortal(_mortal: Stack) -> Iterator[Stack]:
    """A stack whose parts die."""
    yield _mortal
    _mortal.mend()


@pytest.mark.parametrize(("part", "when", "function"), DEATHS, ids=lambda word: word.rpartition(":")[2])
def test_the_same_code_goes_on_after_a_death(mortal: Stack, browse: Browse, tmp_path: Path, part: str, when: str, function: str) -> None:
    """The page is opened anew when the part is back: one key on the token, one certificate, the code used once, and the passkey signs."""
    letter, objects = new_letter(mortal, tmp_path), objects_on_token(mortal)
    process = start_mortal(mortal, part, when, function)
    passkey = walk(browse(mortal), letter.code)
    assert process.wait(30) == -signal.SIGKILL
    del mortal.processes[part]
    mortal.start(part)
    passkey = walk(browse(mortal), letter.code, passkey)
    require_one_of_all(mortal, letter, objects)
    require_signing(new_application(mortal), browse(mortal, passkey).signed_in(), letter)


def test_of_two_phones_with_one_code_one_is_registered(stack: Stack, browse: Browse, tmp_path: Path) -> None:
    """Whichever is first; the other's passkey counts for nothing, and it gets no session."""
    for attempt in range(3):
        (folder := tmp_path / str(attempt)).mkdir()
        letter, objects = new_letter(stack, folder), objects_on_token(stack)
        phones = [browse(stack), browse(stack)]
        with ThreadPoolExecutor(2) as pool:
            ended = list(pool.map(lambda phone: register_at_last(phone, letter.code), phones))  # noqa: B023
        assert sorted(ended) == [False, True]
        require_one_of_all(stack, letter, objects)
        for phone, is_registered in zip(phones, ended, strict=True):
            assert (phone.get("/inbox", Accept="application/json").status_code == 200) == is_registered
            assert phone.passkey.is_empty or (phone.sign_in().status_code == 200) == is_registered


def walk(browser: Browser, code: str, passkey: Passkey | None = None) -> Passkey | None:
    """Go as far as it goes, as the page does; gives the passkey that was made."""
    with suppress(httpx2.HTTPError):
        offer = browser.post("/enroll/options", {"link": code})
        if offer.status_code != 200:
            return passkey
        credential = None
        if offer.json()["publicKey"] is not None:
            passkey = Passkey()
            credential = passkey.create(offer.json()["publicKey"], browser.stack.origin)
        for path in ("/enroll/key", "/enroll"):
            if browser.post(path, {"link": code, "credential": credential}).status_code != 200:
                break
    return passkey


def register_at_last(browser: Browser, code: str) -> bool:
    """Try until this phone, or another one, has begun; tells whether it is this one. It does not go on with what another one began."""
    credential = None
    for _ in range(50):
        offer = browser.post("/enroll/options", {"link": code})
        if offer.status_code == 404 or (offer.json()["publicKey"] is None and credential is None):
            return False
        if offer.json()["publicKey"] is not None:
            browser.passkey = Passkey()
            credential = browser.passkey.create(offer.json()["publicKey"], browser.stack.origin)
        answer = browser.enroll(code, credential)
        if answer.status_code == 200:
            return bool(answer.json()["here"])
        assert answer.status_code == 400, answer.text
        credential = None
    raise AssertionError("neither phone was registered")


def require_one_of_all(stack: Stack, letter: Letter, objects_before: int) -> None:
    """One key pair more on the token, one record of it on each side, one certificate, and the code is used."""
    records = Records(stack)
    assert objects_on_token(stack) == objects_before + 2
    assert records.one("SELECT count(*) FROM credentials WHERE user_id = ?", letter.user_id) == 1
    assert records.one("SELECT count(*) FROM passkeys WHERE user_id = ?", letter.user_id) == 1
    assert records.one_of_sam("SELECT count(*) FROM credentials WHERE signer = ?", letter.user_id) == 1
    assert records.one_of_sam("SELECT count(*) FROM passkeys WHERE signer = ?", letter.user_id) == 1
    with closing(sqlite3.connect(stack.data / "ca" / "ca.sqlite3", timeout=10)) as ca:
        query = "SELECT application.state, certificate.serial FROM application LEFT JOIN certificate ON application_id = application.id"
        ((state, serial),) = ca.execute(f"{query} WHERE user_id = ?", (letter.user_id,)).fetchall()
    assert (state, bool(serial)) == ("certified", True)


def require_signing(shop: Application, browser: Browser, letter: Letter) -> None:
    (credential_id,) = shop.post("credentials/list", {"userID": letter.user_id}).json()["credentialIDs"]
    asked = shop.authorize(credential_id)
    assert browser.approve(asked["handle"]).status_code == 200
    assert shop.sign(credential_id, shop.sad(asked["handle"]), asked["hashes"]).status_code == 200


def objects_on_token(stack: Stack) -> int:
    """Count what is on the token: SoftHSM2 keeps each object in a file."""
    return len(list((stack.data / "sam").rglob("*.object")))
