"""The client's calls without a network: what is sent, what is repeated and when, and what each answer becomes."""

import base64
import json
from typing import Any

import pytest

from natsuin.client import (
    Account,
    AlreadySigned,
    AnswerUnusable,
    ApplicationRefused,
    Ask,
    Cancelled,
    Credential,
    Document,
    Expired,
    Lapsed,
    MovingCode,
    NoCredential,
    NotAsked,
    OutcomeUnknown,
    Refused,
    SignerRefused,
    Unreachable,
)
from natsuin.client.calls import Calls
from natsuin.client.wire import Answer, Flow, NoAnswer, Pause, Request

ACCOUNT = Account("shop", "a secret: %")
KEY = Credential("key-1", "enabled", "valid", (b"certificate",), ("1.2.840.10045.4.3.2",), 100, ("passkey",))
ASK = Ask(KEY, [bytes(32), bytes([1]) * 32], labels=["a.pdf", "b.pdf"], description="two papers")
TOKEN = {"access_token": "first", "token_type": "Bearer", "expires_in": 3600}
ASKED = {"handle": "h" * 22, "approval_url": "https://sign.example/approve/h", "expiresIn": 180, "progress": "waiting"}
SAD = {"SAD": "the sad", "expiresIn": 118, "factor": "passkey"}
SIGNED = {"signatures": [base64.b64encode(one).decode() for one in (b"one", b"two")]}
LOST, NOT_THERE = NoAnswer("ReadError", True), NoAnswer("ConnectError", False)


def answer(body: Any, status: int = 200, **headers: str) -> Answer:
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, json.dumps(body).encode())


def held(progress: str) -> Answer:
    return answer({"handle": "h", "progress": progress}, 202, preference_applied="wait=25")


class Script:
    """A service that answers in this order, and a clock that goes on by each pause."""

    def __init__(self, *answers: Answer | NoAnswer) -> None:
        self.now = 1000.0
        self.calls = Calls(ACCOUNT, 60, lambda: self.now)
        self.answers = list(answers)
        self.sent: list[Request] = []
        self.pauses: list[float] = []

    def run(self, flow: Flow[Any]) -> Any:
        came: Answer | NoAnswer | None = None
        try:
            while True:
                match flow.send(came):
                    case Pause(seconds):
                        self.now += seconds
                        self.pauses.append(seconds)
                        came = None
                    case request:
                        self.sent.append(request)
                        came = self.answers.pop(0)
        except StopIteration as end:
            assert not self.answers, "something was not asked"
            return end.value

    @property
    def paths(self) -> list[str]:
        return [request.path.rpartition("/")[2] for request in self.sent]


def test_the_whole_way_is_four_calls_with_one_token() -> None:
    script = Script(answer(TOKEN), answer(ASKED, 202), held("delivered"), held("delivered"), held("opened"), answer(SAD), answer(SIGNED))
    asked: list[Any] = []
    progress: list[str] = []
    assert script.run(script.calls.sign(ASK, asked.append, progress.append)) == (b"one", b"two")
    assert script.paths == ["token", "authorize", *["authorizeCheck"] * 4, "signHash"]
    assert script.sent[0].form == {"grant_type": "client_credentials"}
    assert base64.b64decode(script.sent[0].headers["Authorization"].removeprefix("Basic ")) == b"shop:a+secret%3A+%25"
    assert {request.headers["Authorization"] for request in script.sent[1:]} == {"Bearer first"}
    assert script.sent[2].headers["Prefer"] == "wait=25"
    assert (asked[0].handle, asked[0].approval_url, progress) == (ASKED["handle"], ASKED["approval_url"], ["delivered", "opened"])
    body = script.sent[-1].json
    assert (body["SAD"], body["signAlgo"], len(body["hashes"])) == ("the sad", "1.2.840.10045.4.3.2", 2)
    assert script.sent[-1].headers["Idempotency-Key"] == ASKED["handle"]
    assert script.pauses == []


def test_a_token_is_renewed_before_it_ends_and_where_it_is_refused() -> None:
    script = Script(answer(TOKEN | {"expires_in": 60}), answer({"credentialIDs": []}))
    script.run(script.calls.credentials("taro"))
    script.now += 49
    script.answers = [answer({"credentialIDs": []})]
    script.run(script.calls.credentials("taro"))
    script.now += 1
    script.answers = [answer(TOKEN | {"access_token": "second"}), answer({"credentialIDs": []})]
    script.run(script.calls.credentials("taro"))
    script.answers = [answer({"error": "invalid_token"}, 401), answer(TOKEN | {"access_token": "third"}), answer({"credentialIDs": ["k"]})]
    assert script.run(script.calls.credentials("taro")) == ("k",)
    assert script.sent[-1].headers["Authorization"] == "Bearer third"
    script.answers = [answer({"error": "invalid_token"}, 401), answer(TOKEN), answer({"error": "invalid_token"}, 401)]
    with pytest.raises(Refused, match="invalid_token"):
        script.run(script.calls.credentials("taro"))


def test_a_lost_connection_is_waited_out() -> None:
    """A poll goes on after a connection that was lost, one that was refused, a proxy's word and a 503; each of these may last a while."""
    down: list[Answer | NoAnswer] = [
        LOST,
        NOT_THERE,
        answer({}, 502),
        answer({"error": "temporarily_unavailable"}, 503, retry_after="7"),
        LOST,
    ]
    script = Script(answer(TOKEN), *down, held("opened"), *down, answer(SAD))
    assert script.run(script.calls.wait("h", lambda _: None)).sad == "the sad"
    assert script.pauses == [0.5, 1.0, 2.0, 7.0, 2.0] * 2


def test_patience_ends() -> None:
    script = Script(answer(TOKEN), *[LOST] * 32)
    with pytest.raises(Unreachable) as lost:
        script.run(script.calls.wait("h", lambda _: None))
    assert lost.value.may_have_arrived
    assert 55 < sum(script.pauses) < 60


def test_a_signer_is_never_asked_twice() -> None:
    """Where the request may have arrived it is not sent again; where it can't have, or the service says so, it is."""
    script = Script(answer(TOKEN), NOT_THERE, answer({"error": "temporarily_unavailable"}, 503, retry_after="1"), answer(ASKED, 202))
    assert script.run(script.calls.authorize(ASK)).handle == ASKED["handle"]
    for loss in (LOST, answer({}, 504)):
        script.answers = [loss]
        with pytest.raises(Unreachable):
            script.run(script.calls.authorize(ASK))


def test_a_lost_signature_is_asked_for_under_the_same_key() -> None:
    script = Script(answer(TOKEN), answer(ASKED, 202), answer(SAD), LOST, NOT_THERE, answer(SIGNED))
    assert script.run(script.calls.sign(ASK, lambda _: None, lambda _: None)) == (b"one", b"two")
    signing = [request for request in script.sent if request.path.endswith("signHash")]
    assert len(signing) == 3
    assert signing[0] == signing[1] == signing[2]


def test_polls_that_are_not_held_are_paced_as_the_service_says() -> None:
    too_fast = answer({"error": "too_many_requests"}, 429, retry_after="3")
    script = Script(answer(TOKEN), answer({"progress": "opened"}, 202, retry_after="2"), too_fast, answer({}, 202), answer(SAD))
    script.run(script.calls.wait("h", lambda _: None))
    assert script.pauses == [2.0, 3.0, 2.0]


@pytest.mark.parametrize(
    ("body", "kind", "word"),
    [
        ({"error": "access_denied", "state": "refused", "reason": "not_me"}, SignerRefused, "not_me"),
        ({"error": "access_denied", "state": "refused", "reason": "wrong_document"}, SignerRefused, "wrong_document"),
        ({"error": "authorization_expired", "state": "expired"}, Expired, "in time"),
        ({"error": "authorization_cancelled", "state": "cancelled"}, Cancelled, "withdrawn"),
        ({"error": "invalid_request", "error_description": "SAD expired", "state": "lapsed"}, Lapsed, "in time"),
        ({"error": "invalid_request", "error_description": "SAD expired"}, Lapsed, "in time"),
        ({"error": "invalid_request", "error_description": "Invalid parameter handle", "state": "signed"}, AlreadySigned, "before"),
        ({"error": "outcome_unknown"}, OutcomeUnknown, "can't be known"),
        ({"error": "invalid_request", "error_description": "Invalid parameter SAD"}, Refused, "Invalid parameter SAD"),
        ({"error": "access_denied"}, Refused, "access_denied"),
        ([], Refused, "unknown"),
    ],
)
def test_every_end_is_an_exception_of_its_own(body: Any, kind: type[Exception], word: str) -> None:
    script = Script(answer(TOKEN), answer(body, 400))
    with pytest.raises(kind, match=word) as raised:
        script.run(script.calls.wait("h", lambda _: None))
    assert type(raised.value) is kind


def test_a_signer_who_is_not_asked_now_is_said_at_once() -> None:
    script = Script(answer(TOKEN), answer({"error": "too_many_requests", "reason": "quiet"}, 429, retry_after="7"))
    with pytest.raises(NotAsked) as raised:
        script.run(script.calls.authorize(ASK))
    assert (raised.value.reason, raised.value.retry_after_s, script.pauses) == ("quiet", 7, [])


def test_a_wrong_secret_is_said_and_not_shown() -> None:
    script = Script(answer({"error": "invalid_request", "error_description": "Invalid parameter client_secret"}, 400))
    with pytest.raises(ApplicationRefused) as raised:
        script.run(script.calls.credentials("taro"))
    assert "a secret" not in f"{raised.value} {raised.value.__context__} {ACCOUNT} {script.sent}"


def test_a_signer_without_a_key_is_said() -> None:
    script = Script(answer(TOKEN), answer({"credentialIDs": []}))
    with pytest.raises(NoCredential, match="nobody"):
        script.run(script.calls.credential_of("nobody"))


@pytest.mark.parametrize(
    "body",
    [None, [], {"credentialIDs": "k"}, {"credentialIDs": [1]}, {}],
)
def test_an_answer_that_is_none_is_refused(body: Any) -> None:
    script = Script(answer(TOKEN), answer(body))
    with pytest.raises(AnswerUnusable):
        script.run(script.calls.credentials("taro"))


@pytest.mark.parametrize("changes", [{"handle": None}, {"expiresIn": "180"}, {"approval_url": "javascript:alert(1)"}])
def test_an_answer_that_would_mislead_is_refused(changes: dict[str, Any]) -> None:
    script = Script(answer(TOKEN), answer(ASKED | changes, 202))
    with pytest.raises(AnswerUnusable):
        script.run(script.calls.authorize(ASK))


def test_fewer_signatures_than_digests_are_refused() -> None:
    script = Script(answer(TOKEN), answer(ASKED, 202), answer(SAD), answer({"signatures": SIGNED["signatures"][:1]}))
    with pytest.raises(AnswerUnusable, match="1 signatures for 2"):
        script.run(script.calls.sign(ASK, lambda _: None, lambda _: None))


def test_a_request_says_what_it_was_given_and_nothing_else() -> None:
    assert set(Ask(KEY, [bytes(32)]).authorize_body()) == {"credentialID", "numSignatures", "hashes", "hashAlgorithmOID"}
    shown = Document(b"%PDF-", byte_range=(0, 1, 2, 3), signed_attributes=b"1")
    body = Ask(KEY, [bytes(32)] * 2, documents=[shown, None], life_s=60, confidential=True, more={"clientData": "47"}).authorize_body()
    assert body["documents"] == [
        {"content": "JVBERi0=", "mediaType": "application/pdf", "byteRange": [0, 1, 2, 3], "signedAttributes": "MQ=="},
        None,
    ]
    assert (body["requestedExpiry"], body["confidential"], body["clientData"]) == (60, True, "47")


def test_a_moving_code_is_another_every_second() -> None:
    """As docs/api.md makes it; a repeated answer says how many seconds have passed already."""
    now = 50.0
    code = MovingCode("https://sign.example/s", "token", "key", 3, lambda: now)
    first = code.address("qr")
    assert first.startswith("https://sign.example/s#token.qr.3.")
    assert code.address("here") != first
    now += 0.9
    assert code.address("qr") == first
    now += 0.1
    assert code.address("qr").startswith("https://sign.example/s#token.qr.4.")
    assert "key" not in repr(code)


def test_withdrawing_names_the_request() -> None:
    script = Script(answer(TOKEN), answer({"handle": "h", "state": "cancelled"}))
    script.run(script.calls.cancel("h/../x"))
    assert (script.sent[-1].method, script.sent[-1].path) == ("DELETE", "/authorizations/h%2F..%2Fx")
