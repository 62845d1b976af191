"""Lost everything: the operator announces a new enrolment, the person enrols with it, and everything earlier is gone; or it is stopped."""

import base64
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography import x509

from demo.phone.errors import PhoneError
from tests.demo.ca_existing import Applicant
from tests.flow.browser import Browse, Browser, link_of
from tests.flow.certified import certified, invited, trusted_ca
from tests.flow.letters import new_letter
from tests.flow.parties import Person, new_application
from tests.flow.records import Records
from tests.flow.test_enrollment_deaths import objects_on_token
from tests.flow.wire import error_of, refused
from tests.harness.stack import Application, Stack, running_stack


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack of its own: objects on the token are counted."""
    with running_stack(tmp_path_factory.mktemp("replacing")) as made:
        yield made


@pytest.fixture
def shop(own: Stack) -> Application:
    return new_application(own)


@pytest.fixture
def person(own: Stack) -> Person:
    return Person(own)


def replace(stack: Stack, person: Person, *options: str, expect: int = 0) -> dict[str, object]:
    told: dict[str, object] = stack.natsuin("signer", "add", person.user_id, "--name", "山田 太郎", "--replaces", *options, expect=expect)
    return told


def register(browser: Browser, url: object) -> Browser:
    answer = browser.register(str(url).partition("#")[2])
    assert answer.status_code == 200, answer.text
    return browser


def test_everything_earlier_is_gone_when_the_new_key_is_certified(
    own: Stack, shop: Application, person: Person, browse: Browse, tmp_path: Path
) -> None:
    """Also an approval from just before, the old phone's session, and the key's objects on the token."""
    objects = objects_on_token(own)
    asked = shop.authorize(person.credential_id)
    person.approve(asked["handle"])
    sad = shop.sad(asked["handle"])
    old = browse(own, person.passkey).signed_in()
    letter = new_letter(own, tmp_path, person.user_id, "--replaces")
    assert letter.told["replaces"] == [person.credential_id]
    assert old.get("/account", Accept="application/json").status_code == 200

    new = browse(own)
    assert new.register(letter.code).status_code == 200

    assert objects_on_token(own) == objects
    signed = shop.sign(person.credential_id, sad, asked["hashes"])
    assert error_of(signed) == refused("The credential identified by credentialID is disabled")
    assert old.get("/inbox", Accept="application/json").status_code == 401
    assert old.sign_in().status_code != 200
    keys = {key["credential_id"]: key["state"] for key in new.get("/account", Accept="application/json").json()["keys"]}
    (fresh,) = [one for one in keys if one != person.credential_id]
    assert keys == {person.credential_id: "destroyed", fresh: "active"}
    asked = shop.authorize(fresh)
    assert new.approve(asked["handle"]).status_code == 200
    assert shop.sign(fresh, shop.sad(asked["handle"]), asked["hashes"]).status_code == 200
    assert {"key_replaced", "replacement_begun"} <= kinds(new)


def test_the_old_certificates_are_named_and_revoked_by_the_ca_that_made_the_letter(
    own: Stack, shop: Application, person: Person, browse: Browse, tmp_path: Path
) -> None:
    """The operator reads the serial numbers at once and later; the CA's list has the old one as soon as the new one is issued."""
    old = serial(shop, person.credential_id)
    letter = new_letter(own, tmp_path, person.user_id, "--replaces")
    named: Any = letter.told["certificates"]
    assert [(one["credential_id"], one["serial"]) for one in named] == [(person.credential_id, old)]
    assert not revoked(own, old)
    assert browse(own).register(letter.code).status_code == 200
    keys = {key["credential_id"]: key for key in own.natsuin("signer", "show", person.user_id)["keys"]}
    assert (keys[person.credential_id]["state"], keys[person.credential_id]["serial"]) == ("destroyed", old)
    (new,) = (key["serial"] for key in keys.values() if key["state"] == "enabled")
    assert (revoked(own, old), revoked(own, new)) == (True, False)


def test_who_has_a_certificate_replaces_everything_as_well(own: Stack, shop: Application, browse: Browse, tmp_path: Path) -> None:
    """The application that is signed says so, and the CA revokes by it."""
    with trusted_ca(own) as other:
        applicant = certified(other, tmp_path)
        user_id, first = invited(own)
        apply(browse(own), link_of(first), applicant)
        (credential_id,) = shop.post("credentials/list", {"userID": user_id}).json()["credentialIDs"]
        old = serial(shop, credential_id)
        assert not revoked(own, old)
        apply(browse(own), link_of(invited(own, user_id, "--replaces")[1]), applicant)
    assert revoked(own, old)
    states = {key["credential_id"]: key["state"] for key in own.natsuin("signer", "show", user_id)["keys"]}
    assert states.pop(credential_id) == "destroyed"
    assert list(states.values()) == ["enabled"]


def apply(browser: Browser, link: str, applicant: Applicant) -> None:
    """Enrol with a certificate, to the end."""
    assert browser.register(link).status_code == 202
    content = browser.post("/enroll/application", {"link": link}).json()["content"].encode()
    signed = base64.b64encode(applicant.sign(content)).decode()
    assert browser.post("/enroll/application/signed", {"link": link, "signed": signed}).status_code == 200


def test_one_more_key_revokes_nothing(own: Stack, shop: Application, person: Person, browse: Browse, tmp_path: Path) -> None:
    assert browse(own).register(new_letter(own, tmp_path, person.user_id).code).status_code == 200
    assert not revoked(own, serial(shop, person.credential_id))


def serial(shop: Application, credential_id: str) -> str:
    told = shop.post("credentials/info", {"credentialID": credential_id}).json()
    return f"{x509.load_der_x509_certificate(base64.b64decode(told['cert']['certificates'][0])).serial_number:x}"


def revoked(stack: Stack, serial: str) -> bool:
    """Ask the CA's list."""
    listed = x509.load_der_x509_crl(httpx2.get(f"http://localhost:{stack.port + 2}/crl").content)
    return listed.get_revoked_certificate_by_serial_number(int(serial, 16)) is not None


def test_the_old_phone_is_told_and_stops_it(own: Stack, person: Person, browse: Browse) -> None:
    """The letter opens nothing then, the key goes on, and both are in the history."""
    told = replace(own, person)
    old = browse(own, person.passkey).signed_in()
    for page in ("/", "/account"):
        assert "/account/replacement" in old.get(page, Accept="text/html").text
    assert old.get("/account/replacement", Accept="application/json").json() == {"state": "open"}
    assert old.post("/account/replacement/stop", {}).status_code == 200
    assert old.get("/account/replacement", Accept="application/json").json() == {"state": "none"}
    assert old.post("/account/replacement/stop", {}).status_code == 404
    link = str(told["enrollment_url"]).partition("#")[2]
    assert browse(own).post("/enroll/options", {"link": link}).status_code == 404
    assert person.own(lambda account: account.look()).keys[0].state == "active"
    assert {"replacement_begun", "replacement_stopped"} <= kinds(old)
    assert "/account/replacement" not in old.get("/", Accept="text/html").text


def test_what_was_begun_is_not_stopped(own: Stack, person: Person, browse: Browse) -> None:
    """Somebody has made a passkey with the letter: the page says so, and a pause is what helps."""
    told = replace(own, person)
    Records(own).change("UPDATE links SET state = 'keying' WHERE user_id = ? AND replaces_as IS NOT NULL", person.user_id)
    old = browse(own, person.passkey).signed_in()
    assert old.get("/account/replacement", Accept="application/json").json() == {"state": "begun"}
    assert old.post("/account/replacement/stop", {}).status_code == 404
    assert told["replaces"] == [person.credential_id]


def test_a_person_without_a_key_has_nothing_to_replace(own: Stack) -> None:
    user_id = f"user-{os.urandom(4).hex()}"
    words = ("signer", "add", user_id, "--name", "山田 太郎")
    assert "no signer" in own.natsuin(*words, "--replaces", expect=1)["error"]
    own.natsuin(*words)
    assert "no key" in own.natsuin(*words, "--replaces", expect=1)["error"]


def test_one_more_key_replaces_nothing(own: Stack, person: Person, browse: Browse) -> None:
    """Without --replaces an enrolment of a known person is one more key; so is one after a replacement that was stopped."""
    browse(own, person.passkey).signed_in()
    replace(own, person)
    stopping = browse(own, person.passkey).signed_in()
    assert stopping.post("/account/replacement/stop", {}).status_code == 200
    register(browse(own), own.enrollment_url(person.user_id))
    states = sorted(key.state for key in person.own(lambda account: account.look()).keys)
    assert states == ["active", "active"]


def test_the_operator_destroys_a_key(own: Stack, shop: Application, person: Person) -> None:
    """Only with --yes; the token has nothing of it, an approval from just before is dead, and the signer reads who did it."""
    objects = objects_on_token(own)
    asked = shop.authorize(person.credential_id)
    person.approve(asked["handle"])
    sad = shop.sad(asked["handle"])
    assert "--yes" in own.natsuin("credential", "destroy", person.credential_id, expect=1)["error"]
    assert own.natsuin("credential", "destroy", person.credential_id, "--yes")["state"] == "destroyed"
    assert objects_on_token(own) == objects - 2
    assert shop.sign(person.credential_id, sad, asked["hashes"]).status_code == 400
    with pytest.raises(PhoneError):
        person.own(lambda account: account.unfreeze(person.credential_id))
    assert own.natsuin("credential", "destroy", person.credential_id, "--yes")["state"] == "destroyed"
    assert [entry.kind for entry in person.own(lambda account: account.history()).entries].count("key_destroyed") == 1


def test_without_the_operators_door_nothing_is_begun(own: Stack, person: Person) -> None:
    """The command says where to run it."""
    own.kill("sam")
    try:
        for words in (
            ("signer", "add", person.user_id, "--name", "山田 太郎", "--replaces"),
            ("credential", "destroy", person.credential_id, "--yes"),
        ):
            assert "SAM's machine" in own.natsuin(*words, expect=1)["error"]
    finally:
        own.start("sam")
    assert person.own(lambda account: account.look()).keys[0].state == "active"


def kinds(browser: Browser) -> set[str]:
    entries = browser.get("/history", Accept="application/json").json()["entries"]
    return {entry["kind"] for entry in entries}
