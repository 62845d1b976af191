"""`auth/login` and `auth/revoke`: off unless the operator turns them on, and the error tables of CSC 2.0 §11.2, §11.3."""

import base64
from typing import Any

import httpx2
import pytest

from tests.flow.browser import Browse
from tests.flow.fapi import Fapi
from tests.flow.parties import Person, new_application
from tests.flow.wire import error_of, refused
from tests.harness.stack import Application, Stack

NO_BASIC = refused("Malformed authentication parameter.", status=401)
NO_COLON = refused("Malformed username-password.")
FAILED = refused("An error occurred during authentication process", "authentication_error")
NO_TOKEN = refused("Missing (or invalid type) string parameter token")


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.fixture(scope="module")
def store(otp_stack: Stack) -> Application:
    """A relying application where logging in is allowed."""
    return new_application(otp_stack)


def login(shop: Application | Fapi, authorization: str | None, **fields: Any) -> httpx2.Response:
    headers = {"Authorization": authorization} if authorization is not None else {}
    return shop.stack.http.post("/csc/v2/auth/login", json=fields, headers=headers)


def test_both_are_off_unless_turned_on(shop: Application) -> None:
    """501, whatever is sent, and `info` speaks of neither."""
    off = refused("This method is not implemented", status=501)
    assert error_of(login(shop, basic(f"{shop.client_id}:{shop.client_secret}"))) == off
    assert error_of(shop.post("auth/revoke", {"token": shop.token})) == off
    assert shop.stack.http.post("/csc/v2/info", json={}).json()["authType"] == ["oauth2client", "oauth2code"]


@pytest.mark.parametrize(
    ("authorization", "fields", "expected"),
    [
        (None, {}, NO_BASIC),
        ("", {}, NO_BASIC),
        ("Bearer abc", {}, NO_BASIC),
        ("Basic", {}, NO_BASIC),
        ("Basic a b", {}, NO_BASIC),
        ("Basic ****", {}, NO_BASIC),
        (basic("nothing"), {}, NO_COLON),
        ("Basic /w==", {}, NO_COLON),
        (basic("nobody:nothing"), {}, FAILED),
        (basic("ID:nothing"), {}, FAILED),
        (basic("ID:"), {}, FAILED),
        (basic(":"), {}, FAILED),
        (None, {"refresh_token": 5}, refused("Invalid string parameter: refresh_token")),
        (None, {"refresh_token": ["x"]}, refused("Invalid string parameter: refresh_token")),
        (None, {"refresh_token": "unknown"}, refused("Invalid refresh_token")),
        (basic("a:b"), {"rememberMe": "yes"}, refused("Invalid parameter rememberMe")),
        (basic("a:b"), {"clientData": 5}, refused("Invalid parameter clientData")),
    ],
)
def test_login_refused_with_the_words_of_the_table(
    store: Application, authorization: str | None, fields: dict[str, Any], expected: tuple[int, str, str]
) -> None:
    if authorization == basic("ID:nothing") or authorization == basic("ID:"):
        authorization = basic(base64.b64decode(authorization[6:]).decode().replace("ID", store.client_id))
    answer = login(store, authorization, **fields)
    assert error_of(answer) == expected
    assert ("www-authenticate" in answer.headers) is (expected[0] == 401)


def test_login_gives_a_token_that_works_until_it_is_revoked(store: Application) -> None:
    """Id and secret as user and password; no refresh token, also where the client wants to be remembered; 204, and dead at once."""
    info = store.stack.http.post("/csc/v2/info", json={}).json()
    assert info["authType"] == ["oauth2client", "oauth2code", "basic"]
    assert {"auth/login", "auth/revoke"} <= set(info["methods"])
    given = login(store, basic(f"{store.client_id}:{store.client_secret}"), rememberMe=True, clientData="x").json()
    assert given.keys() == {"access_token", "expires_in"}
    store.token = given["access_token"]
    assert store.post("credentials/list", {"userID": "nobody"}).status_code == 200
    revoked = store.post("auth/revoke", {"token": given["access_token"], "token_type_hint": "access_token", "clientData": "x"})
    assert (revoked.status_code, revoked.content) == (204, b"")
    assert store.post("credentials/list", {"userID": "nobody"}).status_code == 401
    store.renew_token()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, NO_TOKEN),
        ({"token": None}, NO_TOKEN),
        ({"token": 5}, NO_TOKEN),
        ({"token": "unknown", "token_type_hint": "id_token"}, refused("Invalid string parameter token_type_hint")),
        ({"token": "unknown", "token_type_hint": 5}, refused("Invalid string parameter token_type_hint")),
        ({"token": "unknown"}, refused("Invalid string parameter token")),
        ({"token": "unknown", "token_type_hint": "refresh_token"}, refused("Invalid string parameter token")),
        ({"token": "unknown", "clientData": 5}, refused("Invalid parameter clientData")),
    ],
)
def test_revoke_refused_with_the_words_of_the_table(store: Application, fields: dict[str, Any], expected: tuple[int, str, str]) -> None:
    assert error_of(store.post("auth/revoke", fields)) == expected


def test_nobody_revokes_another_applications_token(store: Application, otp_stack: Stack) -> None:
    """It gets the answer for an unknown one, and the token lives on; and who revokes must show a token of its own."""
    other = new_application(otp_stack)
    assert error_of(other.post("auth/revoke", {"token": store.token})) == refused("Invalid string parameter token")
    bare = otp_stack.http.post("/csc/v2/auth/revoke", json={"token": store.token})
    assert error_of(bare) == refused("Malformed authorization header.")
    assert store.post("credentials/list", {"userID": "nobody"}).status_code == 200


def test_whoever_has_a_key_or_shows_one_gets_no_token_here(store: Application, otp_stack: Stack) -> None:
    """A token that is bound to it could not be told from another; so an application with a key, or with a proof, is sent elsewhere."""
    bank = Fapi(otp_stack)
    for secret in ("", "anything", bank.assertion()):
        assert error_of(login(bank, basic(f"{bank.client_id}:{secret}"))) == FAILED

    def with_a_proof() -> httpx2.Response:
        headers = {"Authorization": basic(f"{store.client_id}:{store.client_secret}"), "DPoP": bank.proof("POST", "/csc/v2/auth/login")}
        return otp_stack.http.post("/csc/v2/auth/login", json={}, headers=headers)

    bank.nonce = with_a_proof().headers["dpop-nonce"]
    assert error_of(with_a_proof()) == FAILED


def test_a_signers_token_revokes_what_this_signer_granted_and_nothing_else(otp_stack: Stack, browse: Browse) -> None:
    """Neither the application's own, nor what another signer granted to it; a refresh token takes the access tokens with it."""
    bank = Fapi(otp_stack)
    mine, theirs = (bank.tokens(browse(otp_stack, Person(otp_stack).passkey).signed_in()) for _ in range(2))
    own = bank.form("/oauth2/token", {"grant_type": "client_credentials"}).json()["access_token"]
    for token in (own, theirs["access_token"], theirs["refresh_token"]):
        answer = bank.call("auth/revoke", {"token": token}, mine["access_token"])
        assert error_of(answer) == refused("Invalid string parameter token")
    assert bank.call("credentials/list", {}, theirs["access_token"]).status_code == 200
    refresh = {"token": mine["refresh_token"], "token_type_hint": "refresh_token"}
    assert bank.call("auth/revoke", refresh, mine["access_token"]).status_code == 204
    assert bank.call("credentials/list", {}, mine["access_token"]).status_code == 401
