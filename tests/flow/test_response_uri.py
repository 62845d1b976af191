"""`response_uri` (CSC 2.0 §11.10, §11.11): the registered address is told that a response is there, whatever dies meanwhile."""

from typing import Any

import pytest

from tests.flow.called import Called
from tests.flow.parties import Person
from tests.flow.polls import wait_until
from tests.flow.records import Records
from tests.flow.test_asynchronous import later, result
from tests.flow.test_sign_doc import GOOD as ELEMENT
from tests.flow.test_sign_doc import approved_digest
from tests.flow.wire import DIGEST, b64, error_of, refused, sign_body
from tests.harness.push_service import PushService
from tests.harness.signer import Signer
from tests.harness.stack import Stack

BAD_URI = refused("Invalid parameter response_uri")
NOTICE = "SELECT state FROM callbacks WHERE id = ?"


@pytest.fixture
def person(telling: Stack) -> Signer:
    return Person(telling)


@pytest.fixture
def shop(telling: Stack, receiver: PushService) -> Called:
    return Called(telling, receiver)


@pytest.fixture
def sad(telling: Stack, shop: Called, person: Signer) -> str:
    """Of an approval that the application was told of."""
    made = approved_digest(shop.application, person, DIGEST)
    (handle,) = shop.told(1)
    wait_until(lambda: Records(telling).one(NOTICE, handle) == "done")
    return made


def test_the_address_hears_which_response_is_there_and_no_more(shop: Called, person: Signer, sad: str) -> None:
    """Signed like every callback, its id the response's; the signature is given to whoever shows the application's token."""
    response_id = later(shop.application, person, sad, response_uri=shop.url)
    assert shop.messages(2)[1] == {"responseID": response_id}
    notice = shop.came()[1]
    assert notice.body == b'{"responseID": "%s"}' % response_id.encode()
    assert notice.headers["webhook-id"] == response_id
    assert not {"cookie", "authorization"} & notice.headers.keys()
    polled = shop.application.post("signatures/signPolling", {"requestID": response_id})
    assert polled.json().keys() == {"signatures"}


def test_what_went_wrong_is_told_in_the_same_way(shop: Called, person: Signer, sad: str) -> None:
    """Of a document too: the response says what."""
    body = {"credentialID": person.credential_id, "SAD": sad, "operationMode": "A", "response_uri": shop.url}
    element = ELEMENT | {"hashes": [b64(bytes(32))]}
    answer = shop.application.post("signatures/signDoc", body | {"documentDigests": [element]})
    assert shop.messages(2)[1] == answer.json()
    assert error_of(result(shop.application, answer.json()["responseID"])) == refused(
        "documentDigests or documents are not authorized by the SAD."
    )


def test_only_the_address_that_is_registered_for_the_application_is_taken(
    telling: Stack, shop: Called, person: Signer, sad: str, receiver: PushService
) -> None:
    """Compared as a whole; neither what looks like it nor another application's. Nothing is recorded, nothing is spent."""
    records, another = Records(telling), Called(telling, receiver)
    before = records.one("SELECT count(*) FROM responses")
    wrong: tuple[Any, ...] = (
        another.url,
        shop.url + "/",
        shop.url + "?x=1",
        shop.url.replace("https", "http"),
        shop.url.replace("localhost", "LOCALHOST"),
        shop.url.replace("localhost", "127.0.0.1"),
        "https://shop.example/done",
        "",
        5,
        [shop.url],
    )
    for uri in wrong:
        body = sign_body(person.credential_id, sad, [b64(DIGEST)], operationMode="A", response_uri=uri)
        assert error_of(shop.application.post("signatures/signHash", body)) == BAD_URI
    assert records.one("SELECT count(*) FROM responses") == before
    assert result(shop.application, later(shop.application, person, sad)).status_code == 200


def test_who_named_no_address_is_not_told(telling: Stack, shop: Called, person: Signer, sad: str) -> None:
    response_id = later(shop.application, person, sad)
    assert result(shop.application, response_id).status_code == 200
    assert Records(telling).one("SELECT count(*) FROM callbacks WHERE id = ?", response_id) == 0


def test_the_notice_is_sent_whatever_died(telling: Stack, shop: Called, person: Signer, sad: str, receiver: PushService) -> None:
    """The worker that took the request, the push process, Redis; then the receiver does not take it at first."""
    telling.kill("sam")
    response_id = later(shop.application, person, sad, response_uri=shop.url)
    for name in ("web", "push", "redis"):
        telling.kill(name)
    records = Records(telling)
    assert records.one(NOTICE, response_id) == "waiting"
    records.change("UPDATE responses SET claimed_until = 1 WHERE id = ?", response_id)  # as a minute later
    receiver.answers = [(503, {})]
    telling.mend()
    assert shop.messages(3)[1:] == [{"responseID": response_id}] * 2
    assert {one.headers["webhook-id"] for one in shop.came()[1:]} == {response_id}
    wait_until(lambda: records.one(NOTICE, response_id) == "done")
    shop.application.renew_token()
    assert result(shop.application, response_id).status_code == 200


def test_a_response_that_never_came_is_not_told_of(telling: Stack, shop: Called, person: Signer, sad: str) -> None:
    """Its time was over before it could be worked on."""
    telling.kill("sam")
    response_id = later(shop.application, person, sad, response_uri=shop.url)
    records = Records(telling)
    records.change("UPDATE responses SET keep_until = 1 WHERE id = ?", response_id)
    wait_until(lambda: records.one("SELECT count(*) FROM responses WHERE id = ?", response_id) == 0)
    telling.start("sam")
    assert shop.application.sign(person.credential_id, sad, [b64(DIGEST)]).status_code == 200
    assert records.one(NOTICE, response_id) == "waiting"
