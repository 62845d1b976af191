"""The rule's case イ: who has a certificate already applies with it for the key in the HSM, and every step may be cut off and refused."""

import asyncio
import base64
import json
import signal
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from demo.passkey import Passkey
from tests.demo.ca_existing import Applicant, OtherCa, application, other_ca
from tests.demo.ca_states import require_good
from tests.demo.test_phone_commands import run
from tests.flow.browser import Browse, Browser, link_of
from tests.flow.certified import NAME, certified, invited, trusted_ca
from tests.flow.parties import new_application
from tests.flow.receipts import signed_receipt, verdicts_on
from tests.flow.records import Records
from tests.flow.test_enrollment_deaths import objects_on_token
from tests.harness.mortal import start_mortal
from tests.harness.stack import Application, Stack, running_stack

DEATHS = [
    ("web", "after", "app.authorization.enroll:_take_registration"),
    ("sam", "after", "hsm.change:Change.finish_enrollment"),
    ("web", "before", "app.authorization.apply:compose"),
    ("web", "before", "app.authorization.apply:send_application"),
    ("ca", "before", "demo.ca.enrollment:Enrollment.enroll_identified"),
    ("ca", "after", "demo.ca.enrollment:Enrollment.enroll_identified"),
    ("web", "after", "app.authorization.apply:send_application"),
    ("web", "before", "app.authorization.apply:enroll"),
    ("sam", "after", "hsm.change:Change.certify"),
    ("web", "after", "app.authorization.enroll:_finish"),
    ("web", "before", "app.phone.enroll:begin_session"),
]


@pytest.fixture(scope="module")
def _own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("certified")) as made:
        yield made


@pytest.fixture
def own(_own: Stack) -> Iterator[Stack]:
    """A stack whose parts die, and whose objects on the token are counted."""
    yield _own
    _own.mend()


@pytest.fixture
def other(_own: Stack) -> Iterator[OtherCa]:
    with trusted_ca(_own) as running:
        yield running


class Person:
    """Somebody with a certificate and a link, who does as the page does."""

    def __init__(self, stack: Stack, applicant: Applicant) -> None:
        self.stack, self.applicant = stack, applicant
        self.user_id, url = invited(stack)
        self.link = link_of(url)
        self.passkey: Passkey | None = None

    def walk(self, browser: Browser) -> httpx2.Response | None:
        """Go from the link as far as it goes; gives the last answer, or None where none came."""
        with suppress(httpx2.HTTPError):
            offer = browser.post("/enroll/options", {"link": self.link})
            if offer.status_code != 200:
                return offer
            credential = None
            if offer.json()["publicKey"] is not None:
                self.passkey = Passkey()
                credential = self.passkey.create(offer.json()["publicKey"], self.stack.origin)
            for path in ("/enroll/key", "/enroll"):
                answer = browser.post(path, {"link": self.link, "credential": credential})
                if answer.status_code != 200:
                    break
            if answer.status_code != 202:
                return answer
            content = self.application(browser)
            return self.send(browser, self.applicant.sign(content), credential) if content is not None else None
        return None

    def application(self, browser: Browser) -> bytes | None:
        answer = browser.post("/enroll/application", {"link": self.link})
        return str(answer.json()["content"]).encode() if answer.status_code == 200 else None

    def send(self, browser: Browser, signed: bytes, credential: dict[str, Any] | None = None) -> httpx2.Response:
        body = {"link": self.link, "signed": base64.b64encode(signed).decode(), "credential": credential}
        return browser.post("/enroll/application/signed", body)


@pytest.fixture
def person(own: Stack, other: OtherCa, tmp_path: Path) -> Person:
    return Person(own, certified(other, tmp_path))


def test_the_key_in_the_hsm_is_certified_for_an_application_that_is_signed(own: Stack, person: Person, browse: Browse) -> None:
    """The passkey that was made is signed in at the end, and signs, the receipt too; the link is used."""
    objects, browser = objects_on_token(own), browse(own)
    answer = person.walk(browser)
    assert answer is not None
    assert (answer.status_code, answer.json()["here"]) == (200, True)
    require_one_of_all(own, person, objects)
    browser.passkey = signing_passkey(person)
    require_signing(own, browser, person)
    assert [one.accepted for one in verdicts_on(own, signed_receipt(browser))] == [True, True]
    assert browse(own).post("/enroll/options", {"link": person.link}).status_code == 404


@pytest.mark.parametrize(("part", "when", "function"), DEATHS, ids=lambda word: word.rpartition(":")[2])
def test_the_same_link_goes_on_after_a_death(own: Stack, person: Person, browse: Browse, part: str, when: str, function: str) -> None:
    """The page is opened anew when the part is back: one key, one certificate, and the passkey signs."""
    objects = objects_on_token(own)
    process = start_mortal(own, part, when, function)
    person.walk(browse(own))
    assert process.wait(30) == -signal.SIGKILL
    del own.processes[part]
    own.start(part)
    person.walk(browse(own))
    require_one_of_all(own, person, objects)
    require_signing(own, browse(own, signing_passkey(person)).signed_in(), person)


def test_two_who_send_at_once_make_one_certificate(own: Stack, person: Person, browse: Browse) -> None:
    """Two tabs, each with the application signed: at least one gets to the end, whatever the other reads."""
    objects, browser = objects_on_token(own), browse(own)
    begin(person, browser)
    content = person.application(browser)
    assert content is not None
    signed, browsers = person.applicant.sign(content), [browse(own), browse(own)]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda one: person.send(one, signed).status_code, browsers))
    assert 200 in answers
    require_one_of_all(own, person, objects)


def test_an_application_that_was_handed_in_at_the_ca_itself_is_as_good(own: Stack, person: Person, browse: Browse) -> None:
    """By any HTTP client, as docs/ca.md says: whoever opens the link then gets to the end, without sending anything."""
    browser = browse(own)
    begin(person, browser)
    content = person.application(browser)
    assert content is not None
    headers = {"Content-Type": "application/pkcs7-mime; smime-type=signed-data"}
    url = f"http://localhost:{own.port + 2}/applications/signed"
    assert httpx2.post(url, content=person.applicant.sign(content), headers=headers).status_code == 200
    assert browser.post("/enroll", {"link": person.link, "credential": None}).status_code == 200


def test_a_certificate_that_names_somebody_else_is_not_registered(
    own: Stack, person: Person, other: OtherCa, browse: Browse, tmp_path: Path
) -> None:
    """Somebody else, with a good certificate, has applied at the CA for this very key: it becomes nobody's here."""
    browser = browse(own)
    begin(person, browser)
    content = person.application(browser)
    assert content is not None
    strange = json.loads(content) | {"user_id": f"other-{person.user_id}", "name": "別人 太郎"}
    signed = certified(other, tmp_path, "別人 太郎").sign(json.dumps(strange).encode())
    assert person.send(browser, signed).json()["reason"] == "another_person"
    headers = {"Content-Type": "application/pkcs7-mime; smime-type=signed-data"}
    assert httpx2.post(f"http://localhost:{own.port + 2}/applications/signed", content=signed, headers=headers).status_code == 200
    answer = browser.post("/enroll", {"link": person.link, "credential": None})
    assert (answer.status_code, answer.json()["reason"]) == (400, "another_person")
    assert Records(own).one("SELECT count(*) FROM credentials WHERE user_id = ?", person.user_id) == 0


def test_what_is_refused_is_told_and_loses_nothing(own: Stack, person: Person, other: OtherCa, browse: Browse, tmp_path: Path) -> None:
    """Each reason by its name; afterwards the right application is taken for the same key."""
    objects, browser = objects_on_token(own), browse(own)
    begin(person, browser)
    content = person.application(browser)
    assert content is not None

    def refused(signed: bytes) -> str:
        answer = person.send(browser, signed)
        assert (answer.status_code, answer.json()["error"]) == (400, "application_refused"), answer.text
        return str(answer.json()["reason"])

    signed = person.applicant.sign(content)
    assert refused(b"%PDF-1.7") == "not_signed"
    assert refused(content) == "not_signed"
    assert refused(person.applicant.sign(b'{"purpose": "another"}')) == "not_signed"
    assert (
        refused(person.applicant.sign(application(other.now, ec.generate_private_key(ec.SECP256R1()), csr="", name=NAME))) == "another_key"
    )
    assert refused(signed.replace(b'"purpose"', b'"Purpose"')) == "not_signed"
    assert refused(signed.replace(person.user_id.encode(), b"X" * len(person.user_id))) == "another_person"
    assert refused(signed.replace(b'"created"', b' "created"')) == "not_signed"
    assert refused(signed[:-20] + bytes(20)) == "not_trusted"
    with other_ca() as stranger:
        assert refused(certified(stranger, tmp_path).sign(content)) == "not_trusted"
    assert refused(certified(other, tmp_path, "別人 太郎").sign(content)) == "another_person"
    stale = json.loads(content) | {"created": "2020-01-01T00:00:00Z"}
    assert refused(person.applicant.sign(json.dumps(stale).encode())) == "application"
    revoked = certified(other, tmp_path)
    other.revoked.add(list(other.issued)[-1])
    assert refused(revoked.sign(content)) == "revoked"
    other.answers = False
    assert refused(signed) == "revoked"
    other.answers = True

    assert browser.post("/enroll", {"link": person.link, "credential": None}).json() == {"made": "key", "application": "due"}
    pem = base64.encodebytes(signed).decode()
    assert person.send(browser, f"-----BEGIN CMS-----\n{pem}-----END CMS-----\n".encode()).status_code == 200
    require_one_of_all(own, person, objects)


def test_while_the_ca_is_silent_nothing_is_lost(own: Stack, person: Person, browse: Browse) -> None:
    browser = browse(own)
    begin(person, browser)
    content = person.application(browser)
    assert content is not None
    signed = person.applicant.sign(content)
    own.kill("ca")
    answer = person.send(browser, signed)
    assert (answer.status_code, answer.json()["error"]) == (503, "certificate_unavailable")
    own.start("ca")
    assert person.send(browser, signed).status_code == 200


def test_an_application_is_for_such_a_link_only(own: Stack, browse: Browse) -> None:
    """Who enrols with a code has none; neither has who made nothing yet, or has no link at all."""
    browser = browse(own)
    by_code = link_of(own.enrollment_url())
    assert browser.post("/enroll/options", {"link": by_code}).json()["application"] is None
    _, url = invited(own)
    for link, error in ((by_code, "registration_refused"), (link_of(url), "registration_refused"), ("x", "link_unknown")):
        assert browser.post("/enroll/application", {"link": link}).json()["error"] == error
        assert browser.post("/enroll/application/signed", {"link": link, "signed": "AA=="}).json()["error"] == error
    assert browser.post("/enroll/application/signed", {"link": link_of(url), "signed": "%"}).status_code == 400
    registered = browse(own)
    offered = registered.post("/enroll/options", {"link": by_code}).json()
    credential = registered.passkey.create(offered["publicKey"], own.origin)
    assert registered.post("/enroll/key", {"link": by_code, "credential": credential}).status_code == 200
    assert registered.post("/enroll/application", {"link": by_code}).json()["error"] == "link_unknown"


def test_a_person_with_programs_only(own: Stack, other: OtherCa, tmp_path: Path) -> None:
    """The operator's command, the phone without a screen, openssl; what comes out is good for openssl, and the phone signs."""
    user_id, url = invited(own)
    kept = ("--passkey", str(tmp_path / "phone.json"), "--json")
    applicant = certified(other, tmp_path)

    def phone(*words: str, expect: int = 0) -> Any:
        status, text = asyncio.run(run(*words, *kept))
        assert status == expect, text
        return json.loads(text.splitlines()[0])

    file = tmp_path / "application.json"
    phone("application", url, "--out", str(file))
    assert phone("enroll", url, expect=4)["error"] == "ApplicationDue"
    signed = tmp_path / "application.p7m"
    signed.write_bytes(certified(other, tmp_path, "別人 太郎").sign(file.read_bytes()))
    assert "somebody else" in phone("apply", url, str(signed), expect=1)["message"]
    signed.write_bytes(applicant.sign(file.read_bytes()))
    enrolled = phone("apply", url, str(signed))
    assert enrolled["user_id"] == user_id

    shop = new_application(own)
    asked = shop.authorize(enrolled["credential_id"])
    assert phone("approve", asked["handle"])["state"] == "approved"
    assert shop.sign(enrolled["credential_id"], shop.sad(asked["handle"]), asked["hashes"]).status_code == 200
    told = shop.post("credentials/info", {"credentialID": enrolled["credential_id"]}).json()
    leaf = x509.load_der_x509_certificate(base64.b64decode(told["cert"]["certificates"][0]))
    (tmp_path / "leaf.pem").write_bytes(leaf.public_bytes(Encoding.PEM))
    require_good(Authority(own), tmp_path)


class Authority:
    """The demo CA of a stack, as openssl needs it."""

    def __init__(self, stack: Stack) -> None:
        self.url = f"http://localhost:{stack.port + 2}"
        self.root = str(stack.data / "ca" / "root.pem")


def begin(person: Person, browser: Browser) -> None:
    """Go up to the key."""
    offered = browser.post("/enroll/options", {"link": person.link}).json()
    assert offered["application"] == "due"
    person.passkey = Passkey()
    credential = person.passkey.create(offered["publicKey"], browser.stack.origin)
    assert browser.post("/enroll/key", {"link": person.link, "credential": credential}).json() == {"made": "key"}
    answer = browser.post("/enroll", {"link": person.link, "credential": credential})
    assert (answer.status_code, answer.json()) == (202, {"made": "key", "application": "due"})


def signing_passkey(person: Person) -> Passkey:
    assert person.passkey is not None
    return person.passkey


def require_one_of_all(stack: Stack, person: Person, objects_before: int) -> None:
    """One key pair more on the token, one record on each side, one certificate."""
    records = Records(stack)
    assert objects_on_token(stack) == objects_before + 2
    assert records.one("SELECT count(*) FROM credentials WHERE user_id = ?", person.user_id) == 1
    assert records.one_of_sam("SELECT count(*) FROM credentials WHERE signer = ?", person.user_id) == 1
    with closing(sqlite3.connect(stack.data / "ca" / "ca.sqlite3", timeout=10)) as ca:
        query = "SELECT count(*) FROM certificate JOIN application ON application_id = application.id WHERE user_id = ?"
        assert ca.execute(query, (person.user_id,)).fetchone() == (1,)


def require_signing(stack: Stack, browser: Browser, person: Person) -> None:
    shop: Application = new_application(stack)
    (credential_id,) = shop.post("credentials/list", {"userID": person.user_id}).json()["credentialIDs"]
    asked = shop.authorize(credential_id)
    assert browser.approve(asked["handle"]).status_code == 200
    assert shop.sign(credential_id, shop.sad(asked["handle"]), asked["hashes"]).status_code == 200
