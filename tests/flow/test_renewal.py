"""Renewal through the real stack: one new key and one certificate, whatever dies on the way; and what openssl says of both."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from app.account.settle import settle
from app.config import read_config
from app.services import open_services
from demo.phone.account import Renewal
from demo.phone.errors import PhoneError, ServerRefused
from tests.flow.browser import Browse
from tests.flow.parties import Person, new_application
from tests.flow.records import Records
from tests.flow.statements import statement_of
from tests.flow.test_enrollment_deaths import objects_on_token
from tests.flow.test_revocation import at_the_ca
from tests.harness.mortal import start_mortal
from tests.harness.stack import ROOT, Application, Stack, running_stack

DEATHS = [
    ("sam", "before", "hsm.change:Change.begin_renewal"),
    ("sam", "after", "hsm.change:Change.begin_renewal"),
    ("sam", "after", "hsm.server:_run"),
    ("web", "after", "app.sam:Sam.amend"),
    ("web", "after", "app.account.amend:record"),
    ("sam", "after", "hsm.cryptoki:Token.generate_signing_key"),
    ("sam", "after", "hsm.renewal:renewal_request"),
    ("sam", "after", "hsm.change:Change.finish_enrollment"),
    ("web", "after", "app.sam:Sam.renewal"),
    ("ca", "before", "demo.ca.enrollment:Enrollment.reenroll"),
    ("ca", "after", "demo.ca.enrollment:add_certificate"),
    ("ca", "after", "demo.ca.enrollment:Enrollment.reenroll"),
    ("web", "after", "app.ca:CertificationAuthority.reenroll"),
    ("sam", "before", "hsm.change:Change.certify"),
    ("sam", "after", "hsm.change:Change.certify"),
    ("web", "after", "app.sam:Sam.certify"),
    ("web", "after", "app.account.renew:_record"),
]
HOUR_S = 3_600


@pytest.fixture(scope="module")
def _renewing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("renewing"), NATSUIN_RENEW_BEFORE="800") as made:
        yield made


@pytest.fixture
def renewing(_renewing: Stack) -> Iterator[Stack]:
    """A stack whose keys may be renewed at once, and whose parts may die."""
    yield _renewing
    _renewing.mend()


@pytest.fixture
def shop(renewing: Stack) -> Application:
    return new_application(renewing)


@pytest.fixture
def person(renewing: Stack) -> Person:
    return Person(renewing)


def renewal(person: Person) -> Renewal:
    return person.own(lambda account: account.renewal(person.credential_id))


def renew(person: Person) -> str:
    """Renew the person's key, and give the id of the new one."""
    person.own(lambda account: account.renew(person.credential_id))
    renewed_by = renewal(person).renewed_by
    assert renewed_by is not None
    return renewed_by


def go_on(stack: Stack) -> None:
    """Do what the workers do by themselves after a while: find out what was approved, and go on with it."""

    async def run() -> None:
        for later_s in (HOUR_S, 2 * HOUR_S):
            async with open_services(read_config(stack.environment), lambda: time.time() + later_s) as services:  # noqa: B023
                await settle(services)

    asyncio.run(run())


def sign_with(shop: Application, person: Person, credential_id: str) -> int:
    asked = shop.authorize(credential_id)
    person.approve(asked["handle"])
    return shop.sign(credential_id, shop.sad(asked["handle"]), asked["hashes"]).status_code


def test_applications_are_given_the_new_key_first_and_may_use_both(shop: Application, person: Person) -> None:
    new = renew(person)
    listed = shop.post("credentials/list", {"userID": person.user_id, "onlyValid": True}).json()
    assert listed["credentialIDs"] == [new, person.credential_id]
    assert [sign_with(shop, person, one) for one in listed["credentialIDs"]] == [200, 200]
    told = [entry.kind for entry in person.own(lambda account: account.history()).entries]
    assert sorted(told) == ["key_renewed", "renewal_approved", "signature", "signature"]


def test_statement_tells_of_both_keys(renewing: Stack, shop: Application, person: Person, browse: Browse, tmp_path: Path) -> None:
    new = renew(person)
    assert sign_with(shop, person, new) == 200
    browser = browse(renewing, person.passkey).signed_in()
    for key in (person.credential_id, new):
        said = statement_of(renewing, browser, key, tmp_path)
        assert (said.get("valid"), said.get("whole")) == (True, True), said
        assert [one["state"] for one in said["authorizations"]] == ["amended", "signed"]


def test_the_phone_without_a_screen_renews(renewing: Stack, tmp_path: Path) -> None:
    """`python -m demo.phone renew`: every key that can be, and it waits for the new one; the second time there is nothing to do."""
    passkey = str(tmp_path / "taro.json")

    def phone(*words: str, text: str = "") -> list[dict[str, object]]:
        command = [sys.executable, "-m", "demo.phone", *words, "--passkey", passkey, "--json"]
        done = subprocess.run(command, input=text, cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    phone("enroll", "-", text=renewing.enrollment_url() + "\n")
    (renewed,) = phone("renew", "--origin", renewing.origin)
    assert renewed["renewal"] == "renewed"
    (own,) = phone("passkeys", "--origin", renewing.origin)
    assert str(renewed["renewed_by"]) in str(own)


def test_a_key_is_renewed_once(renewing: Stack, person: Person) -> None:
    renew(person)
    with pytest.raises(ServerRefused, match="nothing to change"):
        person.own(lambda account: account.renew(person.credential_id))
    assert made(renewing, person) == 1


def test_openssl_agrees_on_both_certificates(renewing: Stack, shop: Application, person: Person, tmp_path: Path) -> None:
    """Chain, OCSP and CRL; one can be revoked without the other."""
    new = renew(person)
    root, ocsp = str(renewing.data / "ca" / "root.pem"), f"http://localhost:{renewing.port + 2}/ocsp"
    for name, credential_id in (("old", person.credential_id), ("new", new)):
        (tmp_path / f"{name}.pem").write_bytes(certificate(renewing, credential_id).public_bytes(Encoding.PEM))

    def openssl(*words: str, status: int = 0) -> str:
        done = subprocess.run(["openssl", *words], cwd=tmp_path, capture_output=True, text=True, timeout=30)
        assert done.returncode == status, done.stderr
        return done.stdout + done.stderr

    def verify(name: str, status: int = 0) -> str:
        crl = shop.stack.http.get(f"http://localhost:{renewing.port + 2}/crl").content
        (tmp_path / "crl.pem").write_bytes(x509.load_der_x509_crl(crl).public_bytes(Encoding.PEM))
        checked = ("-x509_strict", "-crl_check", "-CRLfile", "crl.pem", "-CAfile", root, f"{name}.pem")
        return openssl("verify", *checked, status=status)

    def asked(name: str) -> str:
        return openssl("ocsp", "-issuer", root, "-cert", f"{name}.pem", "-url", ocsp, "-CAfile", root, "-nonce")

    subjects = {openssl("x509", "-in", f"{name}.pem", "-noout", "-subject") for name in ("old", "new")}
    assert len(subjects) == 1
    for name in ("old", "new"):
        assert verify(name) == f"{name}.pem: OK\n"
        assert f"{name}.pem: good" in asked(name)
    at_the_ca(renewing, "revoke", shop, person)
    assert "certificate revoked" in verify("old", status=2)
    assert "old.pem: revoked" in asked("old")
    assert verify("new") == "new.pem: OK\n"
    assert sign_with(shop, person, new) == 200


@pytest.mark.parametrize("state", ["frozen", "suspended", "revoked", "destroyed"])
def test_what_could_not_sign_renews_nothing(renewing: Stack, shop: Application, person: Person, state: str) -> None:
    """The page does not offer it, or says that it is over; the SAM makes no key."""
    match state:
        case "frozen":
            person.own(lambda account: account.freeze("hour"))
        case "destroyed":
            person.own(lambda account: account.destroy(person.credential_id))
        case _:
            at_the_ca(renewing, {"suspended": "suspend", "revoked": "revoke"}[state], shop, person)
    with pytest.raises(ServerRefused, match="nothing to change"):
        person.own(lambda account: account.renew(person.credential_id))
    assert made(renewing, person) == 0


def test_a_ca_that_is_away_is_asked_again(renewing: Stack, shop: Application, person: Person) -> None:
    """The approval stands; while the CA's responder is away nobody knows whether the old certificate does, so nothing is approved."""
    renewing.kill("ca")
    with pytest.raises(PhoneError):
        person.own(lambda account: account.renew(person.credential_id))
    renewing.start("ca")
    assert sign_with(shop, person, renew(person)) == 200


@pytest.mark.parametrize(("part", "when", "function"), DEATHS, ids=lambda word: word.rpartition(":")[2])
def test_a_death_at_any_step_makes_one_key(renewing: Stack, person: Person, part: str, when: str, function: str) -> None:
    """What was approved goes on by itself, what was not can be approved again: one key on the token, one certificate."""
    objects, certificates = objects_on_token(renewing), certified(renewing, person)
    process = start_mortal(renewing, part, when, function)
    with suppress(PhoneError):
        person.own(lambda account: account.renew(person.credential_id))
    assert process.wait(30) == -signal.SIGKILL
    del renewing.processes[part]
    renewing.start(part)
    go_on(renewing)
    if renewal(person).renewal == "can":
        renew(person)
    new = renewal(person).renewed_by
    assert new is not None
    assert (made(renewing, person), certified(renewing, person)) == (1, certificates + 1)
    assert objects_on_token(renewing) == objects + 2  # a private key and a public one
    assert sign_with(new_application(renewing), person, new) == 200


def made(stack: Stack, person: Person) -> int:
    """Count the keys that the SAM ever began in the place of the person's."""
    return int(Records(stack).one_of_sam("SELECT count(*) FROM credentials WHERE renews = ?", person.credential_id))


def certified(stack: Stack, person: Person) -> int:
    """Count the certificates that the CA has issued to the person."""
    files = Records(stack)
    files.app = stack.data / "ca" / "ca.sqlite3"
    of_person = "application_id IN (SELECT id FROM application WHERE user_id = ?)"
    return int(files.one(f"SELECT count(*) FROM certificate WHERE {of_person}", person.user_id))


def certificate(stack: Stack, credential_id: str) -> x509.Certificate:
    return x509.load_der_x509_certificate(
        Records(stack).one_of_sam("SELECT certificate FROM credentials WHERE credential_id = ?", credential_id)
    )
