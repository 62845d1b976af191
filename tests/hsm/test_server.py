"""The SAM's door: what comes in is decoded strictly, what goes out tells that it was refused, and the journal learns why."""

import asyncio
import json
import logging
from dataclasses import replace
from typing import Any

import httpx2
import msgspec
import pytest

from hsm.errors import HsmUnavailable, Refused
from hsm.messages import ApproveReply, ApproveRequest, CollectRequest, HealthReply, StatusReply, StatusRequest
from hsm.sam import Sam
from hsm.server import MAX_REQUEST_BYTES, OPERATIONS, create_server
from tests.harness.records import database, journal_entries
from tests.harness.sam import TestClock, TestSigner, new_id, signing_with
from tests.hsm.conftest import SignerOf

SECRET = "a secret in an exception"


def send(sam: Sam, method: str, path: str, body: bytes = b"") -> httpx2.Response:
    """Send one request to the application, in this process; an exception that it lets out fails the test."""

    async def exchange() -> httpx2.Response:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(create_server(sam, 1)), base_url="http://sam") as client:
            return await client.request(method, path, content=body)

    return asyncio.run(exchange())


def call(sam: Sam, operation: str, message: msgspec.Struct) -> httpx2.Response:
    return send(sam, "POST", f"/v1/{operation}", msgspec.json.encode(message))


def test_an_operation_answers_with_its_reply(signer: TestSigner) -> None:
    """JSON in, JSON out."""
    raw = signer.transaction().encode()
    answer = call(signer.sam, "approve", ApproveRequest(raw, signer.assertion(raw)))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert msgspec.json.decode(answer.content, type=ApproveReply).usable_until == int(signer.clock.now) + 120


def test_an_operation_without_reply_answers_with_an_empty_object(signer: TestSigner) -> None:
    """`refuse` has nothing to say."""
    body = json.dumps({"transaction": msgspec.to_builtins(signer.transaction().encode()), "reason": "declined"}).encode()
    answer = send(signer.sam, "POST", "/v1/refuse", body)
    assert (answer.status_code, answer.content) == (200, b"{}")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b'{"authorization_id":"x"}',
        b'{"a\xe1":1}',
        b'{"authorization_id":' + b"[" * 100_000,
        b"[" * 390_000,
    ],
    ids=lambda body: repr(body[:20]),
)
@pytest.mark.parametrize("operation", [operation.name for operation in OPERATIONS])
def test_what_cannot_be_read_is_malformed(signer_of: SignerOf, operation: str, body: bytes) -> None:
    """Each operation says so, and nothing else happens."""
    sam = signer_of("p-256").sam
    before = len(journal_entries(sam))
    answer = send(sam, "POST", f"/v1/{operation}", body)
    assert (answer.status_code, answer.json()) == (400, {"error": "malformed"})
    assert len(journal_entries(sam)) == before


@pytest.mark.parametrize("body", [b'{"authorization_id":"%s","more":1}', b'{"authorization_id":"%s\\n"}', b'{"authorization_id":["%s"]}'])
def test_unknown_fields_and_wrong_types_are_malformed(sam: Sam, body: bytes) -> None:
    """Strictly: what nobody has asked for is not ignored."""
    assert send(sam, "POST", "/v1/status", body.replace(b"%s", new_id().encode())).status_code == 400


def test_a_large_body_is_not_read(sam: Sam) -> None:
    """Over 400,000 bytes."""
    assert send(sam, "POST", "/v1/approve", b" " * (MAX_REQUEST_BYTES + 1)).status_code == 413


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [("GET", "/v1/approve", 405), ("POST", "/v1/health", 405), ("POST", "/v1/sign", 404), ("GET", "/", 404), ("GET", "/docs", 404)],
)
def test_there_is_nothing_else(sam: Sam, method: str, path: str, expected: int) -> None:
    """The operations and the health."""
    assert send(sam, method, path).status_code == expected


def test_the_caller_learns_that_and_the_journal_learns_why(signer: TestSigner) -> None:
    """A refusal's text stays inside; an unknown and someone else's authorization get one answer."""
    transaction = signer.transaction()
    signer.approve(transaction)
    answers = [
        call(signer.sam, "collect", CollectRequest(authorization_id, application_id))
        for authorization_id, application_id in ((transaction.id, new_id()), (new_id(), transaction.application_id))
    ]
    assert [(answer.status_code, answer.content) for answer in answers] == [(403, b'{"error":"not_approved"}')] * 2
    entry = journal_entries(signer.sam)[-2]
    assert (entry["event"], entry["operation"], entry["code"], entry["subject"]) == ("denied", "collect", "not_approved", transaction.id)


def test_a_refusal_is_journalled_without_the_evidence(signer: TestSigner) -> None:
    """Neither the assertion nor a SAD is in what is written of a refusal."""
    transaction = signer.transaction()
    raw = transaction.encode()
    assertion = signer.assertion(raw)
    assertion["response"]["signature"] = assertion["response"]["authenticatorData"]
    assert call(signer.sam, "approve", ApproveRequest(raw, assertion)).status_code == 403
    signer.approve(transaction)
    sad = signer.collect(transaction).sad
    assert call(signer.sam, "activate", signer.activation(transaction, sad[:-1] + "AA")).json() == {"error": "sad_invalid"}
    denied = json.dumps([entry for entry in journal_entries(signer.sam) if entry["event"] == "denied"])
    assert len(json.loads(denied)) == 2
    for secret in (*assertion["response"].values(), sad[:80]):
        assert secret not in denied


def test_an_unknown_outcome_names_its_authorization(signer: TestSigner) -> None:
    """So that the web server can show it as what it is."""
    transaction = signer.transaction()
    signer.approve(transaction)

    def fails(*_: Any) -> bytes:
        raise HsmUnavailable("DeviceError")

    answer = call(signing_with(signer.sam, fails), "activate", signer.activation(transaction, signer.collect(transaction).sad))
    assert (answer.status_code, answer.json()) == (409, {"error": "outcome_unknown", "authorization_id": transaction.id})
    assert msgspec.json.decode(call(signer.sam, "status", StatusRequest(transaction.id)).content, type=StatusReply).outcome == "unknown"


def test_without_a_journal_there_is_no_refusal_either(signer: TestSigner) -> None:
    """A refusal that can't be written down is answered as unavailable."""
    with database(signer.sam) as connection:
        connection.execute("DROP TABLE journal")
    answer = call(signer.sam, "collect", CollectRequest(new_id(), new_id()))
    assert (answer.status_code, answer.json()) == (503, {"error": "unavailable", "retry_after_s": 2})


def test_a_clock_in_doubt_is_unavailable(signer: TestSigner, clock: TestClock) -> None:
    """Nothing is granted, and the same request may be repeated."""
    raw = signer.transaction().encode()
    request = ApproveRequest(raw, signer.assertion(raw))
    clock.now -= 6
    assert call(signer.sam, "approve", request).status_code == 503
    clock.now += 6
    assert call(signer.sam, "approve", request).status_code == 200


def test_what_nobody_foresaw_is_answered_without_its_message(sam: Sam, caplog: pytest.LogCaptureFixture) -> None:
    """The caller gets a code, the log gets type and place, and nobody gets the message."""

    def clock() -> float:
        raise RuntimeError(SECRET)

    with caplog.at_level(logging.DEBUG):
        for method, path, body in (("POST", "/v1/refuse", b'{"transaction":"","reason":"declined"}'), ("GET", "/v1/health", b"")):
            answer = send(replace(sam, now=clock), method, path, body)
            assert (answer.status_code, answer.json()) == (500, {"error": "internal"})
    assert "RuntimeError" in caplog.text
    assert SECRET not in caplog.text


def test_health_says_how_each_part_is(sam: Sam) -> None:
    """HSM, store, number of keys, and the SAM's clock."""
    health = msgspec.json.decode(send(sam, "GET", "/v1/health").content, type=HealthReply)
    assert health.parts == {"hsm": "ok", "store": "ok"}
    assert health.time == sam.now()
    with database(sam) as connection:
        connection.execute("DROP TABLE journal_head")
    assert msgspec.json.decode(send(sam, "GET", "/v1/health").content, type=HealthReply).parts["store"].startswith("StoreUnavailable")


def leaves(kind: type[Refused]) -> list[type[Refused]]:
    return [leaf for below in kind.__subclasses__() for leaf in leaves(below)] or [kind]


def test_every_refusal_has_a_code_of_its_own() -> None:
    """And a status that says whose fault it is; a kind of a refusal has the same, for the caller may not tell it from the others."""
    codes = [refusal.code for refusal in Refused.__subclasses__()]
    assert len(set(codes)) == len(codes)
    for refusal in Refused.__subclasses__():
        assert {(kind.code, kind.status) for kind in leaves(refusal)} == {(refusal.code, refusal.status)}
    assert {refusal.status for refusal in leaves(Refused)} <= {400, 403, 409}
