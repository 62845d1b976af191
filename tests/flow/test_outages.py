"""Each part is killed while work is under way: the answer is 503 for as long as it is gone, and nothing that was granted is lost."""

import sqlite3
import subprocess
import sys
import time
from typing import Any

import httpx2
import msgspec
import pytest

from app.certificate_status import question_about
from hsm.messages import ApproveRequest, CertificateStatus
from tests.flow.browser import Browse, Browser
from tests.flow.parties import Person, new_application
from tests.flow.polls import Poll
from tests.flow.records import Records
from tests.flow.wire import authorize_body, error_of, refused
from tests.harness.stack import ECDSA_SHA256, ROOT, Application, Stack

CHECK = "credentials/authorizeCheck"
TRY_AGAIN = refused("Try again", "temporarily_unavailable", 503)


@pytest.fixture
def shop(fragile: Stack) -> Application:
    return new_application(fragile)


@pytest.fixture
def signer(fragile: Stack) -> Person:
    return Person(fragile)


@pytest.fixture
def browser(fragile: Stack, signer: Person, browse: Browse) -> Browser:
    return browse(fragile, signer.passkey).signed_in()


def require_unavailable(answer: httpx2.Response) -> None:
    """Check a 503 in the standard's form that says when to try again."""
    assert error_of(answer) == TRY_AGAIN
    assert int(answer.headers["retry-after"]) >= 1


def test_lost_redis_costs_a_new_token_and_a_new_sign_in(fragile: Stack, shop: Application, signer: Person, browser: Browser) -> None:
    """
    Without Redis everyone is told to try again. With a new, empty one the old token and session are unknown.

    All that was asked and approved is as it was, and a poll that was held all the while is answered.
    """
    waiting, approved = (shop.authorize(signer.credential_id) for _ in range(2))
    browser.approve(approved["handle"])
    sad = shop.sad(approved["handle"])
    with Poll(shop, waiting["handle"], "wait=60", arrived_s=3) as poll:
        fragile.kill("redis")
        began = time.monotonic()
        for method, body in (
            ("credentials/list", {"userID": signer.user_id}),
            ("credentials/authorize", authorize_body(signer.credential_id)),
            (CHECK, {"handle": waiting["handle"]}),
            ("signatures/signHash", {}),
        ):
            require_unavailable(shop.post(method, body))
        grant = {"grant_type": "client_credentials", "client_id": shop.client_id, "client_secret": shop.client_secret}
        require_unavailable(fragile.http.post("/oauth2/token", data=grant))
        for answer in (
            browser.post("/sign-in/options", {}),
            browser.get("/inbox", Accept="application/json"),
            browser.refuse(waiting["handle"]),
        ):
            assert (answer.status_code, answer.json(), answer.headers["retry-after"]) == (503, {"error": "unavailable"}, "2")
        assert browser.get(f"/approve/{waiting['handle']}").status_code == 503
        assert fragile.http.get("/health").status_code == 503
        assert time.monotonic() - began < 40
        fragile.start("redis")
        assert shop.post("credentials/list", {"userID": "u"}).json()["error"] == "invalid_token"
        assert browser.get("/inbox", Accept="application/json").status_code == 401
        shop.renew_token()
        assert shop.sign(signer.credential_id, sad, approved["hashes"]).status_code == 200
        browser.signed_in().approve(waiting["handle"])
        assert poll.answer().status_code == 200
    assert shop.sign(signer.credential_id, shop.sad(waiting["handle"]), waiting["hashes"]).status_code == 200


def test_lost_sam_is_503_and_comes_back_with_everything(fragile: Stack, shop: Application, signer: Person, browser: Browser) -> None:
    """Nothing is approved, refused, collected or signed meanwhile; afterwards each of it works, with the SAD from before."""
    approved, waiting, disliked = (shop.authorize(signer.credential_id) for _ in range(3))
    browser.approve(approved["handle"])
    sad = shop.sad(approved["handle"])
    assertion = browser.assertion(waiting["handle"])
    fragile.kill("sam")
    require_unavailable(shop.post(CHECK, {"handle": approved["handle"]}, Prefer="wait=1"))
    require_unavailable(shop.sign(signer.credential_id, sad, approved["hashes"], Idempotency_Key="order 47"))
    approving = browser.post(f"/approve/{waiting['handle']}", {"credential": assertion, "code": None})
    for answer in (approving, browser.refuse(disliked["handle"])):
        assert (answer.status_code, answer.json(), answer.headers["retry-after"]) == (503, {"error": "unavailable"}, "2")
    assert fragile.http.get("/health").status_code == 503
    fragile.start("sam")
    signed = shop.sign(signer.credential_id, sad, approved["hashes"], Idempotency_Key="order 47")
    assert signed.status_code == 200, signed.text
    assert browser.refuse(disliked["handle"]).json()["state"] == "refused"
    assert browser.approve(waiting["handle"]).json() == {"state": "approved"}
    assert shop.sign(signer.credential_id, shop.sad(waiting["handle"]), waiting["hashes"]).status_code == 200


def test_crash_of_the_web_server_and_the_sam_keeps_all(fragile: Stack, shop: Application, signer: Person, browser: Browser) -> None:
    """
    Killed after the SAM has approved and before the web server's own record: a poll brings the record up, or the phone's repeat.

    Tokens, sessions and what waits are as before.
    """
    polled, repeated, waiting = (shop.authorize(signer.credential_id) for _ in range(3))
    records = Records(fragile)
    assertions = {one["handle"]: browser.assertion(one["handle"]) for one in (polled, repeated)}
    for handle, assertion in assertions.items():
        approve_at_the_sam(fragile, records, handle, assertion)
    for name in ("web", "sam", "ca"):
        fragile.kill(name)
    fragile.start("ca", "sam", "web")
    assert {records.state(one["handle"]) for one in (polled, repeated, waiting)} == {"pending"}
    sad = shop.post(CHECK, {"handle": polled["handle"]}).json()["SAD"]
    assert shop.sign(signer.credential_id, sad, polled["hashes"]).status_code == 200
    again = browser.post(f"/approve/{repeated['handle']}", {"credential": assertions[repeated["handle"]], "code": None})
    assert (again.status_code, again.json()["state"]) == (409, "approved")
    assert shop.sign(signer.credential_id, shop.sad(repeated["handle"]), repeated["hashes"]).status_code == 200
    assert [one["id"] for one in browser.get("/inbox", Accept="application/json").json()["waiting"]] == [waiting["handle"]]
    assert browser.approve(waiting["handle"]).json() == {"state": "approved"}


def test_signature_is_given_out_though_the_server_cannot_record_it(
    fragile: Stack, shop: Application, signer: Person, browser: Browser
) -> None:
    """It is made, spent and journalled by the SAM: to hold it back would lose it. The server's own record follows when it can."""
    asked, records = shop.authorize(signer.credential_id), Records(fragile)
    browser.approve(asked["handle"])
    sad = shop.sad(asked["handle"])
    blocker = sqlite3.connect(fragile.data / "app" / "natsuin.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    signed = shop.sign(signer.credential_id, sad, asked["hashes"])
    blocker.execute("ROLLBACK")
    blocker.close()
    assert signed.status_code == 200, signed.text
    assert len(signed.json()["signatures"]) == 1
    assert records.state(asked["handle"]) == "approved"
    assert shop.post(CHECK, {"handle": asked["handle"]}).json()["state"] == "signed"
    assert records.state(asked["handle"]) == "signed"


def test_approvals_that_came_to_nothing_are_shown_as_such(fragile: Stack, shop: Application, signer: Person, browser: Browser) -> None:
    """Spent without an outcome is `unknown`, never used is `lapsed`: to the application, on the phone, and for good."""
    spent, unused, other = (shop.authorize(signer.credential_id) for _ in range(3))
    for one in (spent, unused):
        browser.approve(one["handle"])
    sads = [shop.sad(one["handle"]) for one in (spent, unused)]
    fragile.kill("sam")
    change = [sys.executable, "-m", "tests.flow.aftermath", spent["handle"], unused["handle"]]
    subprocess.run(change, env=fragile.environment, cwd=ROOT, check=True, timeout=30)
    fragile.start("sam")
    unknown = refused("Whether a signature was made can't be known; it is not tried again", "outcome_unknown")
    for asked, sad, state, told, signing in (
        (spent, sads[0], "unknown", unknown, refused("Invalid parameter SAD")),
        (unused, sads[1], "lapsed", refused("SAD expired"), refused("SAD expired")),
    ):
        for key in ("order 47", "order 48"):
            assert error_of(shop.sign(signer.credential_id, sad, asked["hashes"], Idempotency_Key=key)) == signing
        digests = {"hashes": asked["hashes"], "signature_format": "P", "signAlgo": ECDSA_SHA256}
        body = {"credentialID": signer.credential_id, "SAD": sad, "documentDigests": [digests]}
        assert error_of(shop.post("signatures/signDoc", body)) == signing
        answer = shop.post(CHECK, {"handle": asked["handle"]})
        assert error_of(answer) == told
        assert answer.json()["state"] == state
        assert browser.look(asked["handle"])["state"] == state
        assert browser.get(f"/approve/{asked['handle']}").status_code == 200
        late = browser.refuse(asked["handle"])
        assert (late.status_code, late.json()["state"]) == (409, state)
    browser.approve(other["handle"])
    assert shop.sign(signer.credential_id, shop.sad(other["handle"]), other["hashes"]).status_code == 200


def approve_at_the_sam(stack: Stack, records: Records, handle: str, assertion: dict[str, Any]) -> None:
    """Do what the web server does last before it is killed: hand the phone's answer to the SAM."""
    transaction = records.one('SELECT "transaction" FROM authorizations WHERE id = ?', handle)
    select = "SELECT certificates FROM credentials JOIN authorizations USING (credential_id) WHERE id = ?"
    question = question_about(msgspec.json.decode(records.one(select, handle), type=tuple[bytes, ...]))
    assert question is not None
    word = CertificateStatus(ocsp=stack.http.post(question.url, content=question.request).content)
    socket = str(stack.data / "sam" / "run" / "sam.sock")
    with httpx2.Client(transport=httpx2.HTTPTransport(uds=socket), base_url="http://sam") as sam:
        answer = sam.post("/v1/approve", content=msgspec.json.encode(ApproveRequest(transaction, assertion, word)))
        assert answer.status_code == 200, answer.text
