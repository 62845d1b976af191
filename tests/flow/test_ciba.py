"""CIBA (OpenID Client-Initiated Backchannel Authentication Core 1.0): the backchannel face of asking a signer."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from jwskate import Jwk, Jwt

from tests.flow.fapi import ASSERTION, Fapi, credential_details
from tests.flow.later import worker_ahead
from tests.flow.polls import wait_until
from tests.flow.wire import ABSENT, DIGEST, UNKNOWN_ID, b64, error_of, refused, sign_body
from tests.harness.signer import Signer
from tests.harness.stack import SHA256, Stack

PATH = "/oauth2/backchannel_authentication"
GRANT = "urn:openid:params:grant-type:ciba"
NO_SUCH = refused("No such signer, or not with this credential", "unknown_user_id")


@pytest.fixture(scope="module")
def bank(stack: Stack) -> Fapi:
    """An application that shows itself by assertions."""
    return Fapi(stack)


def ask(bank: Fapi, signer: Signer, **changes: Any) -> httpx2.Response:
    fields = {
        "scope": "openid credential",
        "login_hint": signer.user_id,
        "binding_message": "Order 4711",
        "authorization_details": credential_details(signer.credential_id),
    }
    return bank.form(PATH, fields | changes, proof=None)


def asked(bank: Fapi, signer: Signer, **changes: Any) -> dict[str, Any]:
    answer = ask(bank, signer, **changes)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def poll(bank: Fapi, auth_req_id: str) -> httpx2.Response:
    return bank.form("/oauth2/token", {"grant_type": GRANT, "auth_req_id": auth_req_id})


def handle_of(signer: Signer, message: str) -> str:
    """Give the request in a signer's inbox that has this message."""
    return next(str(one.id) for one in signer.inbox() if one.description == message)


def wait_for_tokens(bank: Fapi, asked: dict[str, Any], heard: list[str]) -> dict[str, Any]:
    """
    Poll until there are tokens; what was said until then is added to `heard`.

    By the text of the standard (§7.3, §10.1.1, §11): at the interval, 5 seconds more after slow_down, until the time is over.
    """
    interval, until = asked.get("interval", 5), time.monotonic() + asked["expires_in"]
    while time.monotonic() < until:
        time.sleep(interval)
        answer = poll(bank, asked["auth_req_id"])
        error = answer.json().get("error")
        heard.append(error)
        if error == "slow_down":
            interval += 5
        elif error != "authorization_pending":
            assert answer.status_code == 200, answer.text
            return dict(answer.json())
    raise AssertionError("nobody decided")


def test_poll_loop_of_the_standard_gets_the_tokens(bank: Fapi, taro: Signer) -> None:
    """
    EnsureAuthorizationRequestWithBindingMessageSucceeds: the message is what the signer reads, and the token signs what was approved.

    It is too fast at first; once it was told so, the signer approves.
    """
    begun = asked(bank, taro, binding_message="注文 4711")
    assert set(begun) == {"auth_req_id", "expires_in", "interval"}
    handle, heard = handle_of(taro, "注文 4711"), list[str]()

    def approve() -> None:
        wait_until(lambda: "slow_down" in heard)
        taro.approve(handle)

    with ThreadPoolExecutor(1) as pool:
        approving = pool.submit(approve)
        told = wait_for_tokens(bank, begun | {"interval": 0}, heard)
        approving.result()
    assert (heard[0], heard.count("slow_down")) == ("authorization_pending", 1)
    assert (told["token_type"], told["scope"]) == ("DPoP", "credential")
    body = {name: value for name, value in sign_body(taro.credential_id, "", [b64(DIGEST)]).items() if name != "SAD"}
    assert bank.call("signatures/signHash", body, told["access_token"]).status_code == 200
    keys = bank.http.get("/oauth2/jwks").json()["keys"]
    token = Jwt(told["id_token"])
    assert token.verify_signature(Jwk(next(one for one in keys if one["kid"] == token.kid)), alg="ES256")  # type: ignore[union-attr]
    claims = token.claims  # type: ignore[union-attr]
    assert (claims["iss"], claims["sub"], claims["aud"]) == (bank.stack.origin, taro.user_id, bank.client_id)
    assert claims["urn:openid:params:jwt:claim:auth_req_id"] == begun["auth_req_id"]


def test_tokens_are_given_once(bank: Fapi, taro: Signer) -> None:
    """And only to the application that asked; what a rival gets says nothing of the request."""
    begun = asked(bank, taro, binding_message="once", scope="credential")
    taro.approve(handle_of(taro, "once"))
    rival = Fapi(bank.stack)
    for auth_req_id in (begun["auth_req_id"], UNKNOWN_ID):
        assert error_of(poll(rival, auth_req_id)) == refused("Invalid parameter auth_req_id", "invalid_grant")
    answers = [poll_slowly(bank, begun["auth_req_id"]) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 400]
    assert "id_token" not in answers[0].json()  # nobody asked for one
    assert answers[1].json()["error"] == "invalid_grant"


def poll_slowly(bank: Fapi, auth_req_id: str) -> httpx2.Response:
    """Poll until the answer is not that this was too fast."""
    while True:
        answer = poll(bank, auth_req_id)
        if answer.json().get("error") != "slow_down":
            return answer
        time.sleep(0.2)


def test_too_fast_polls_are_told_to_slow_down(bank: Fapi, taro: Signer) -> None:
    """One on the heels of another; then, at the pace of the interval, all is well again."""
    begun = asked(bank, taro, binding_message="fast")
    errors = [poll(bank, begun["auth_req_id"]).json()["error"]]
    while errors[-1] != "slow_down" and len(errors) < 50:  # on a busy machine a poll may take its time
        errors.append(poll(bank, begun["auth_req_id"]).json()["error"])
    assert (errors[0], errors[-1]) == ("authorization_pending", "slow_down")
    taro.refuse(handle_of(taro, "fast"))
    assert error_of(poll_slowly(bank, begun["auth_req_id"])) == refused("The signer refused", "access_denied")


def test_time_that_is_over_is_expired_token(bank: Fapi, taro: Signer) -> None:
    """Also where the application has asked for less time (`requested_expiry`)."""
    begun = asked(bank, taro, requested_expiry="30")
    assert begun["expires_in"] == 30
    with worker_ahead(bank.stack, 31) as later:
        now = int(time.time()) + 31
        fields = {"grant_type": GRANT, "auth_req_id": begun["auth_req_id"], "client_assertion_type": ASSERTION}
        for _ in range(2):  # the first one brings the nonce
            fields["client_assertion"] = bank.assertion(iat=now, exp=now + 60)
            answer = later.post("/oauth2/token", data=fields, headers={"DPoP": bank.proof("POST", "/oauth2/token", iat=now)})
            bank.nonce = answer.headers.get("dpop-nonce", bank.nonce)
            if answer.json()["error"] != "use_dpop_nonce":
                break
        assert answer.json()["error"] == "expired_token"


REFUSALS: dict[str, tuple[dict[str, Any], tuple[int, str]]] = {
    "no hint": ({"login_hint": ABSENT}, (400, "invalid_request")),
    "MultipleHints": ({"id_token_hint": "x.y.z"}, (400, "invalid_request")),
    "another hint": ({"login_hint": ABSENT, "login_hint_token": "x"}, (400, "invalid_request")),
    "unknown signer": ({"login_hint": "nobody"}, (400, "unknown_user_id")),
    "PotentiallyBadBindingMessage: hidden": ({"binding_message": "a\u202eb"}, (400, "invalid_binding_message")),
    "PotentiallyBadBindingMessage: long": ({"binding_message": "x" * 101}, (400, "invalid_binding_message")),
    "PotentiallyBadBindingMessage: control": ({"binding_message": "a\x07"}, (400, "invalid_binding_message")),
    "two messages": ({"description": "x"}, (400, "invalid_request")),
    "scope service": ({"scope": "openid service", "authorization_details": ABSENT}, (400, "invalid_scope")),
    "no scope": ({"scope": ABSENT, "authorization_details": ABSENT}, (400, "invalid_scope")),
    "nothing to approve": ({"authorization_details": ABSENT}, (400, "invalid_request")),
    "notification token without an address": ({"client_notification_token": "x" * 22}, (400, "invalid_request")),
    "a signed request": ({"request": "x.y.z"}, (400, "invalid_request")),
    "too much time": ({"requested_expiry": "99999999"}, (400, "invalid_request")),
    "days, without leave": ({"requested_expiry": "86400"}, (400, "invalid_request")),
    "no assertion": ({"client_assertion": ABSENT, "client_assertion_type": ABSENT, "client_id": "ID"}, (401, "invalid_client")),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_request_is_refused_with_the_codes_of_the_standard(bank: Fapi, taro: Signer, case: str) -> None:
    """CIBA §13, and nothing reaches the phone."""
    changes, expected = REFUSALS[case]
    if "client_id" in changes:
        changes = changes | {"client_id": bank.client_id}
    waiting = [one.id for one in taro.inbox()]
    assert error_of(ask(bank, taro, **changes))[:2] == expected
    assert [one.id for one in taro.inbox()] == waiting


def test_key_of_another_signer_is_no_better_than_none(bank: Fapi, taro: Signer, hanako: Signer) -> None:
    """A hint of one and the key of another, a key of nobody, a signer of nobody: one answer."""
    for changes in (
        {"authorization_details": credential_details(hanako.credential_id)},
        {"authorization_details": credential_details(UNKNOWN_ID)},
        {"login_hint": "nobody"},
    ):
        assert error_of(ask(bank, taro, **changes)) == NO_SUCH


def test_what_is_to_be_approved_may_come_as_parameters(bank: Fapi, taro: Signer) -> None:
    """As at `oauth2/authorize`."""
    fields = {"credentialID": taro.credential_id, "numSignatures": "1", "hashes": b64(DIGEST), "hashAlgorithmOID": SHA256}
    begun = asked(bank, taro, authorization_details=ABSENT, binding_message="parameters", **fields)
    handle = handle_of(taro, "parameters")
    taro.approve(handle)
    assert "authorization_details" not in poll_slowly(bank, begun["auth_req_id"]).json()


def test_code_for_the_screen_is_told_to_who_asks_for_one(stack: Stack, taro: Signer) -> None:
    """Registered with `--code`: two digits, which the signer types."""
    careful = Fapi(stack, code=True)
    begun = asked(careful, taro, binding_message="with a code")
    assert len(begun["verification_code"]) == 2
    taro.approve(handle_of(taro, "with a code"), begun["verification_code"])
    assert poll_slowly(careful, begun["auth_req_id"]).status_code == 200


def test_details_are_read_as_strictly_as_elsewhere(bank: Fapi, taro: Signer) -> None:
    details = json.loads(credential_details(taro.credential_id))[0] | {"type": "other"}
    assert error_of(ask(bank, taro, authorization_details=json.dumps([details])))[1] == "invalid_authorization_details"
