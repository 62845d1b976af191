"""`operationMode` A and `signatures/signPolling` (CSC 2.0 §11.10 to §11.12): signed later, once, whatever dies meanwhile."""

import asyncio
import base64
from typing import Any

import httpx2
import pytest

from tests.flow.parties import Person, new_application
from tests.flow.polls import wait_until
from tests.flow.records import Records
from tests.flow.test_sign_doc import approved_digest, approved_document, element, root_of, verdicts
from tests.flow.wire import ABSENT, DIGEST, UNKNOWN_ID, b64, error_of, has_signed, refused, sign_body, with_changes
from tests.harness.lasting import Lasting, judge
from tests.harness.signer import Signer
from tests.harness.stack import Application, Stack

POLLING = "signatures/signPolling"
GOOD = b64(DIGEST)
BAD_REQUEST_ID = refused("Invalid parameter requestID")


def later(shop: Application, signer: Signer, sad: str, **changes: Any) -> str:
    """Ask for the signature of DIGEST; gives the id of the response."""
    answer = shop.post("signatures/signHash", sign_body(signer.credential_id, sad, [GOOD], operationMode="A", **changes))
    assert answer.status_code == 200, answer.text
    assert answer.json().keys() == {"responseID"}
    return str(answer.json()["responseID"])


def result(shop: Application, response_id: str, **fields: Any) -> httpx2.Response:
    """Ask until there is an answer."""
    answers: list[httpx2.Response] = []

    def is_there() -> bool:
        answers.append(shop.post(POLLING, {"requestID": response_id} | fields))
        return answers[-1].status_code not in (202, 429)

    wait_until(is_there, 60)
    return answers[-1]


def test_signature_is_fetched_later_as_often_as_wanted(shop: Application, taro: Signer) -> None:
    """By the application that asked, with the signer's id or without; and by no other."""
    response_id = later(shop, taro, approved_digest(shop, taro, DIGEST), validity_period=60_000, clientData="x")
    first = result(shop, response_id)
    assert first.status_code == 200, first.text
    info = shop.post("credentials/info", {"credentialID": taro.credential_id}).json()
    signature = base64.b64decode(first.json()["signatures"][0])
    assert has_signed(base64.b64decode(info["cert"]["certificates"][0]), signature, DIGEST)
    assert result(shop, response_id, userID=taro.user_id, clientData="x").json() == first.json()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"requestID": ABSENT}, refused("Missing (or invalid type) string parameter requestID")),
        ({"requestID": 5}, refused("Missing (or invalid type) string parameter requestID")),
        ({"requestID": ""}, refused("Missing (or invalid type) string parameter requestID")),
        ({"requestID": UNKNOWN_ID}, BAD_REQUEST_ID),
        ({"requestID": "A" * 1_000}, BAD_REQUEST_ID),
        ({"userID": "nobody"}, refused("Invalid parameter “userID”")),
        ({"userID": 5}, refused("Invalid parameter “userID”")),
        ({"clientData": 5}, refused("Invalid parameter clientData")),
    ],
)
def test_polling_refused_with_the_words_of_the_table(
    shop: Application, asked: dict[str, Any], changes: dict[str, Any], expected: tuple[int, str, str]
) -> None:
    assert error_of(shop.post(POLLING, with_changes(asked, changes))) == expected


@pytest.fixture(scope="module")
def asked(shop: Application, taro: Signer) -> dict[str, Any]:
    """What is right to ask for an answer that is there."""
    response_id = later(shop, taro, approved_digest(shop, taro, DIGEST))
    assert result(shop, response_id).status_code == 200
    return {"requestID": response_id}


def test_response_is_of_use_only_to_the_application_that_asked(rival: Application, asked: dict[str, Any]) -> None:
    assert error_of(rival.post(POLLING, asked)) == BAD_REQUEST_ID


def test_what_is_wrong_is_told_later_in_the_words_of_sign_hash(shop: Application, taro: Signer) -> None:
    """Hashes that were not approved, an algorithm of another key: nothing is spent by either; a SAD that is none is refused at once."""
    sad = approved_digest(shop, taro, DIGEST)
    for changes, expected in (
        ({"hashes": [b64(bytes(32))]}, "Hash is not authorized by the SAD."),
        ({"signAlgo": "1.2.840.113549.1.1.11"}, "Invalid parameter signAlgo"),
    ):
        assert error_of(result(shop, later(shop, taro, sad, **changes))) == refused(expected)
    nonsense = sign_body(taro.credential_id, "nonsense", [GOOD], operationMode="A")
    assert error_of(shop.post("signatures/signHash", nonsense)) == refused("Invalid parameter SAD")
    once = later(shop, taro, sad)
    assert result(shop, once).status_code == 200
    assert error_of(result(shop, later(shop, taro, sad))) == refused("Invalid parameter SAD")


def test_answer_is_kept_for_its_time_only(shop: Application, taro: Signer, records: Records) -> None:
    """Then it is unknown, and gone from the database; what is kept shows neither SAD nor signature."""
    sad = approved_digest(shop, taro, DIGEST)
    response_id = later(shop, taro, sad)
    answer = result(shop, response_id)
    kept = records.one("SELECT content FROM responses WHERE id = ?", response_id)
    assert sad.encode() not in kept
    assert answer.json()["signatures"][0].encode() not in kept
    records.change("UPDATE responses SET keep_until = 1 WHERE id = ?", response_id)
    assert error_of(shop.post(POLLING, {"requestID": response_id})) == BAD_REQUEST_ID
    wait_until(lambda: records.one("SELECT count(*) FROM responses WHERE id = ?", response_id) == 0)


def test_documents_are_signed_later_too(stack: Stack, shop: Application, taro: Signer) -> None:
    """B-LTA, which takes several timestamps and answers of the CA; what signDoc refuses is told by polling."""
    body = {"credentialID": taro.credential_id, "operationMode": "A", "documents": [element(conformance_level="Ades-B-LTA")]}
    sad = approved_document(shop, taro)
    wrong = shop.post("signatures/signDoc", body | {"SAD": sad, "documents": [element(document=b64(b"x"))]}).json()["responseID"]
    assert error_of(result(shop, wrong))[:2] == (403, "invalid_hash")
    answer = result(shop, shop.post("signatures/signDoc", body | {"SAD": sad}).json()["responseID"])
    assert answer.status_code == 200, answer.text
    signed = base64.b64decode(answer.json()["DocumentWithSignature"][0])
    assert asyncio.run(verdicts(stack, signed)) == [True, True]
    assert judge(signed, root_of(stack)) == Lasting(holds=True, stamped=True, archived=True)


def test_what_was_asked_for_is_done_after_the_sam_was_away(fragile: Stack) -> None:
    """202 while it is away, in the form of an error as the standard has it; then the signature, by itself, and once."""
    shop, signer = new_application(fragile), Person(fragile)
    sad = approved_digest(shop, signer, DIGEST)
    fragile.kill("sam")
    response_id = later(shop, signer, sad)
    waiting = shop.post(POLLING, {"requestID": response_id})
    assert error_of(waiting)[:2] == (202, "accepted_request")
    assert waiting.headers["retry-after"] == "2"
    fragile.start("sam")
    assert result(shop, response_id).status_code == 200
    assert error_of(shop.sign(signer.credential_id, sad, [GOOD])) == refused("Invalid parameter SAD")


def test_what_a_worker_left_behind_is_done_by_another(fragile: Stack) -> None:
    """Both workers are killed while the SAM is away; those that are started then go on."""
    shop, signer, records = new_application(fragile), Person(fragile), Records(fragile)
    sad = approved_digest(shop, signer, DIGEST)
    fragile.kill("sam")
    response_id = later(shop, signer, sad)
    fragile.kill("web")
    records.change("UPDATE responses SET claimed_until = 1 WHERE id = ?", response_id)  # as a minute later
    fragile.start("sam", "web")
    assert result(shop, response_id).status_code == 200
