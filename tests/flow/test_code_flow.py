"""OAuth 2.0 as FAPI 2.0 narrows it: a code by PAR and PKCE, tokens bound by DPoP, and what each of the two scopes is worth."""

import base64
import hashlib
import json
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx2
import pytest
from jwskate import SymmetricJwk

from tests.flow.browser import Browse, Browser, link_of
from tests.flow.fapi import RAR, REDIRECT_URI, Fapi, arrive, brought, credential_details, new_key, opened, sign, went
from tests.flow.parties import Person, new_client, new_enrollment_url
from tests.flow.wire import ABSENT, DIGEST, b64, error_of, has_signed, refused, sign_body
from tests.harness.signer import Signer
from tests.harness.stack import SHA256, Stack

GOOD = b64(DIGEST)


@pytest.fixture(scope="module")
def bank(stack: Stack) -> Fapi:
    """An application that shows itself by assertions."""
    return Fapi(stack)


@pytest.fixture(scope="module")
def browser(stack: Stack, taro: Signer) -> Iterator[Browser]:
    """Taro's browser, signed in, which an application sends here."""
    with closing(Browser(stack, taro.passkey)) as made:
        yield made.signed_in()


def test_service_is_for_the_signer_who_agreed(bank: Fapi, browser: Browser, taro: Signer, hanako: Signer) -> None:
    """The token lists that signer's keys, without a userID, and shows or asks for no one else's."""
    answer = went(browser, bank.client_id, bank.pushed())
    assert (answer["state"], answer["iss"]) == ("xyz", bank.stack.origin)
    told = bank.token(answer["code"]).json()
    assert (told["token_type"], told["scope"], told["expires_in"]) == ("DPoP", "service", 3600)
    token = told["access_token"]
    assert bank.call("credentials/list", {}, token).json() == {"credentialIDs": [taro.credential_id]}
    assert error_of(bank.call("credentials/list", {"userID": taro.user_id}, token)) == refused("userID parameter MUST be null")
    assert bank.call("credentials/info", {"credentialID": taro.credential_id}, token).status_code == 200
    no_such = refused("Invalid parameter credentialID")
    assert error_of(bank.call("credentials/info", {"credentialID": hanako.credential_id}, token)) == no_such
    body = {"credentialID": hanako.credential_id, "numSignatures": 1, "hashes": [GOOD], "hashAlgorithmOID": SHA256}
    assert error_of(bank.call("credentials/authorize", body, token)) == no_such


@pytest.mark.parametrize("how", ["details of CSC 2.2", "details of CSC 2.0", "parameters"])
def test_credential_token_signs_what_was_approved_once(bank: Fapi, browser: Browser, taro: Signer, how: str) -> None:
    """The passkey approves these hashes; the token then signs them, as bearer alone, once."""
    asked = {
        "details of CSC 2.2": {"scope": "credential", "authorization_details": credential_details(taro.credential_id)},
        "details of CSC 2.0": {"authorization_details": credential_details(taro.credential_id, type="credential"), "scope": "credential"},
        "parameters": {
            "scope": "credential",
            "credentialID": taro.credential_id,
            "numSignatures": "1",
            "hashes": GOOD.replace("+", "-").replace("/", "_").rstrip("="),
            "hashAlgorithmOID": SHA256,
        },
    }[how]
    told = bank.tokens(browser, **asked)
    token = told["access_token"]
    assert (told["scope"], "refresh_token" in told, 0 < told["expires_in"] <= 120) == ("credential", False, True)
    assert ("authorization_details" in told) is (how != "parameters")
    certificate = taro_certificate(bank, taro, token)
    body = sign_body(taro.credential_id, "", [GOOD])
    del body["SAD"]
    other = body | {"hashes": [b64(bytes(32))]}
    assert error_of(bank.call("signatures/signHash", other, token)) == refused("Hash is not authorized by the SAD.")
    signed = bank.call("signatures/signHash", body, token)
    assert signed.status_code == 200, signed.text
    assert has_signed(certificate, from_b64(signed.json()["signatures"][0]), DIGEST)
    assert error_of(bank.call("signatures/signHash", body, token)) == refused("Invalid parameter SAD")


@pytest.mark.parametrize("kind", [RAR, "credential"])
def test_details_may_say_all_that_csc_2_2_knows(bank: Fapi, browser: Browser, taro: Signer, kind: str) -> None:
    """The number of signatures, and of each hash what it is of, in either spelling that wallets send."""
    digests = [DIGEST, DIGEST[::-1]]
    documents = [{"hash": b64(one), "label": word, "hashType": word} for one, word in zip(digests, ("dtbsr", "DTBSR"), strict=True)]
    more: dict[str, Any] = {"type": kind, "numSignatures": 2, "documentDigests": documents, "locations": [bank.stack.origin]}
    details = credential_details(taro.credential_id, **more)
    told = bank.tokens(browser, "credential", authorization_details=details)
    assert told["authorization_details"] == json.loads(details)
    certificate = taro_certificate(bank, taro, told["access_token"])
    body = sign_body(taro.credential_id, "", [b64(one) for one in digests], SAD=ABSENT)
    signed = bank.call("signatures/signHash", body, told["access_token"])
    assert signed.status_code == 200, signed.text
    signatures = signed.json()["signatures"]
    assert [has_signed(certificate, from_b64(one), digest) for one, digest in zip(signatures, digests, strict=True)] == [True, True]


def test_credential_token_may_come_as_sad_beside_a_service_token(bank: Fapi, browser: Browser, taro: Signer) -> None:
    """CSC 2.0 §11.10: with the service token of the same holder, and of no other key."""
    service = bank.tokens(browser)["access_token"]
    sad = bank.tokens(browser, "credential", authorization_details=credential_details(taro.credential_id))["access_token"]
    thief = Fapi(bank.stack)
    stolen = thief.tokens(browser)["access_token"]
    body = sign_body(taro.credential_id, sad, [GOOD])
    assert error_of(thief.call("signatures/signHash", body, stolen)) == refused("Invalid parameter SAD")
    own, bank.dpop_key = bank.dpop_key, new_key()
    elsewhere = bank.form("/oauth2/token", {"grant_type": "client_credentials"}).json()["access_token"]
    assert error_of(bank.call("signatures/signHash", body, elsewhere)) == refused("Invalid parameter SAD")
    bank.dpop_key = own
    assert bank.call("signatures/signHash", body, service).status_code == 200


def test_revoked_credential_token_signs_nothing_in_either_place(bank: Fapi, browser: Browser, taro: Signer) -> None:
    """Neither as bearer nor as SAD."""
    service = bank.tokens(browser)["access_token"]
    sad = bank.tokens(browser, "credential", authorization_details=credential_details(taro.credential_id))["access_token"]
    assert bank.form("/oauth2/revoke", {"token": sad}).status_code == 204
    body = sign_body(taro.credential_id, sad, [GOOD])
    assert error_of(bank.call("signatures/signHash", body, service)) == refused("Invalid parameter SAD")
    assert error_of(bank.call("signatures/signHash", body, sad)) == refused("The access token is not valid", "invalid_token", 401)


def test_credential_token_is_for_its_credential_only(bank: Fapi, browser: Browser, taro: Signer, hanako: Signer) -> None:
    """It shows its own credential, and opens no method of scope `service`."""
    token = bank.tokens(browser, "credential", authorization_details=credential_details(taro.credential_id))["access_token"]
    assert bank.call("credentials/info", {"credentialID": taro.credential_id}, token).status_code == 200
    assert error_of(bank.call("credentials/info", {"credentialID": hanako.credential_id}, token)) == refused(
        "Invalid parameter credentialID"
    )
    for method in ("credentials/list", "credentials/authorize", "credentials/authorizeCheck"):
        answer = bank.call(method, {}, token)
        assert error_of(answer) == refused("The access token is not for this", "insufficient_scope", 403)


def test_credential_token_shows_no_other_key_of_its_signer(bank: Fapi, browse: Browse) -> None:
    """Of somebody with two keys, the one that was approved with."""
    person = Person(bank.stack)
    second = browse(bank.stack).register(link_of(new_enrollment_url(bank.stack, person.user_id))).json()["credential_id"]
    own = browse(bank.stack, person.passkey).signed_in()
    token = bank.tokens(own, "credential", authorization_details=credential_details(person.credential_id))["access_token"]
    told = [bank.call("credentials/info", {"credentialID": one}, token).status_code for one in (person.credential_id, second)]
    assert told == [200, 400]


def test_refresh_gives_new_access_tokens_until_it_is_revoked(bank: Fapi, browser: Browser) -> None:
    """The refresh token stays the same; revoking it ends every access token that came of it."""
    told = bank.tokens(browser)
    fields = {"grant_type": "refresh_token", "refresh_token": told["refresh_token"]}
    fresh = bank.form("/oauth2/token", fields).json()
    assert "refresh_token" not in fresh
    tokens = [told["access_token"], fresh["access_token"]]
    assert [bank.call("credentials/list", {}, one).status_code for one in tokens] == [200, 200]
    rival = Fapi(bank.stack)
    assert error_of(rival.form("/oauth2/token", fields)) == refused("Invalid parameter refresh_token", "invalid_grant")
    assert bank.form("/oauth2/revoke", {"token": told["refresh_token"]}).status_code == 204
    assert [bank.call("credentials/list", {}, one).status_code for one in tokens] == [401, 401]
    assert error_of(bank.form("/oauth2/token", fields)) == refused("Invalid parameter refresh_token", "invalid_grant")


def test_introspection_tells_the_holder_alone(bank: Fapi, browser: Browser, taro: Signer) -> None:
    """What a token is worth, with what it is bound to; another application is told what it is told of none at all."""
    token = bank.tokens(browser, "credential", authorization_details=credential_details(taro.credential_id))["access_token"]
    told = bank.form("/oauth2/introspect", {"token": token}).json()
    expected = {"active": True, "scope": "credential", "client_id": bank.client_id, "sub": taro.user_id, "token_type": "DPoP"}
    assert expected.items() <= told.items()
    assert told["cnf"] == {"jkt": bank.dpop_key.thumbprint()}
    assert told["authorization_details"][0]["credentialID"] == taro.credential_id
    for one, asked in ((Fapi(bank.stack), token), (bank, "unknown")):
        assert one.form("/oauth2/introspect", {"token": asked}).json() == {"active": False}


def test_refusal_comes_back_as_access_denied(bank: Fapi, browser: Browser, taro: Signer) -> None:
    """UserRejectsAuthentication: from the page of either scope, with state and iss, and nothing is granted."""
    for changes in ({}, {"scope": "credential", "authorization_details": credential_details(taro.credential_id)}):
        answer = went(browser, bank.client_id, bank.pushed(**changes), agree=False)
        assert (answer["error"], answer["state"], answer["iss"]) == ("access_denied", "xyz", bank.stack.origin)
        assert "code" not in answer


def test_credential_of_another_signer_comes_back_as_access_denied(bank: Fapi, browser: Browser, hanako: Signer) -> None:
    """Taro is not asked to approve with Hanako's key, and the application learns no more than that."""
    request_uri = bank.pushed("credential", authorization_details=credential_details(hanako.credential_id))
    answer = brought(browser.get(opened(browser, bank.client_id, request_uri)))
    assert (answer["error"], "code" in answer) == ("access_denied", False)
    unknown = bank.pushed("credential", authorization_details=credential_details("A" * 22))
    same = brought(browser.get(opened(browser, bank.client_id, unknown)))
    assert same == answer


def test_only_the_browser_that_brought_the_request_is_led_back(bank: Fapi, browser: Browser, taro: Signer, browse: Browse) -> None:
    """Who approves elsewhere sees the usual end there; the code goes to the browser that came from the application, and to no other."""
    other = browse(bank.stack, taro.passkey).signed_in()
    page = opened(browser, bank.client_id, bank.pushed("credential", authorization_details=credential_details(taro.credential_id)))
    approval = browser.get(page).headers["location"]
    handle = approval.removeprefix("/approve/")
    assert browser.get(page).headers["location"] == approval  # asked once, however often it is opened
    assert other.get(page).status_code == 404
    assert other.approve(handle).status_code == 200
    assert other.get(approval).status_code == 200
    assert bank.token(brought(browser.get(approval))["code"]).status_code == 200
    assert browser.get(approval).status_code == 200  # the code was redeemed: the page stays


def test_preview_of_the_link_uses_nothing_up(bank: Fapi, browser: Browser, browse: Browse) -> None:
    """Whoever is not signed in is sent to sign in, and comes back; the request is used by the signer."""
    request_uri = bank.pushed()
    stranger = browse(bank.stack)
    page = opened(stranger, bank.client_id, request_uri)
    assert stranger.get(page).headers["location"] == f"/sign-in?next={page}"
    assert f'data-next="{page}"' in stranger.get(f"/sign-in?next={page}").text
    assert "code" in went(browser, bank.client_id, request_uri)


def test_account_token_names_who_is_to_answer(stack: Stack, browser: Browser, taro: Signer, hanako: Signer) -> None:
    """CSC 2.0 §8.3.2: of an application with a secret; for another signer's account, the browser is asked to sign in."""
    shop = Secretive(stack)
    page = opened(browser, shop.client_id, shop.pushed(account_token=shop.account_token(taro.user_id)))
    assert browser.get(page).status_code == 200
    page = opened(browser, shop.client_id, shop.pushed(account_token=shop.account_token(hanako.user_id)))
    assert browser.get(page).headers["location"] == f"/sign-in?next={page}"
    used = shop.account_token(taro.user_id)
    shop.pushed(account_token=used)
    wrong = [used, shop.account_token(taro.user_id, azp="other"), shop.account_token(taro.user_id, iat=1), "x.y.z", "x"]
    for token in wrong:
        assert error_of(shop.push(account_token=token)) == refused("Invalid parameter account_token")


def test_application_with_a_secret_may_take_plain_bearer_tokens(stack: Stack, browser: Browser, taro: Signer) -> None:
    """By its policy; with a proof they are bound all the same."""
    shop = Secretive(stack)
    told = shop.token(shop.code(browser), proof=None).json()
    assert told["token_type"] == "Bearer"
    answer = shop.call("credentials/list", {}, told["access_token"], proof=None, scheme="Bearer")
    assert answer.json() == {"credentialIDs": [taro.credential_id]}
    bound = shop.tokens(browser)
    assert bound["token_type"] == "DPoP"


def test_answer_names_the_registered_address_only(bank: Fapi, browser: Browser) -> None:
    """The answer is a 303 from a GET, with the code in the query and nothing else of ours."""
    page = opened(browser, bank.client_id, bank.pushed(state="a b&c=d"))
    browser.post(page, {"agree": True})
    answer = browser.get(page)
    assert (answer.status_code, answer.content) == (303, b"")
    assert answer.headers["location"].startswith(f"{REDIRECT_URI}?code=")
    assert brought(answer)["state"] == "a b&c=d"
    assert arrive(browser, bank.client_id, "urn:ietf:params:oauth:request_uri:" + page.removeprefix("/access/")).status_code == 400


class Secretive(Fapi):
    """An application with a secret, which proves a key only where a test wants it to."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(stack)
        self.client_id, self.secret = new_client(stack, redirect_uris=[REDIRECT_URI])

    def form(self, path: str, fields: dict[str, Any], proof: Any = True, **headers: str) -> httpx2.Response:
        shown = {"client_assertion": ABSENT, "client_assertion_type": ABSENT, "client_id": self.client_id, "client_secret": self.secret}
        return super().form(path, shown | fields, proof, **headers)

    def account_token(self, user_id: str, **changes: Any) -> str:
        key = SymmetricJwk.from_bytes(hashlib.sha256(self.secret.encode()).digest(), alg="HS256")
        claims = {"sub": user_id, "iat": int(time.time()), "jti": uuid.uuid4().hex, "azp": self.client_id}
        return sign(key, claims | changes, "HS256")


def taro_certificate(bank: Fapi, taro: Signer, token: str) -> bytes:
    told = bank.call("credentials/info", {"credentialID": taro.credential_id}, token).json()
    return from_b64(told["cert"]["certificates"][0])


def from_b64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
