"""The access token of scope `credential` at every method that takes a SAD, in v1 and v2: it opens no other, and can be taken back."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest

from tests.flow.browser import Browser
from tests.flow.fapi import Fapi, credential_details
from tests.flow.polls import wait_until
from tests.flow.streams import Events
from tests.flow.test_sign_doc import digest_element
from tests.flow.wire import DIGEST, UNKNOWN_ID, b64, error_of, refused
from tests.harness.signer import Signer
from tests.harness.stack import ECDSA_SHA256, SHA256, Stack

GOOD = b64(DIGEST)
V2 = {"hashes": [GOOD], "signAlgo": ECDSA_SHA256}
V1 = {"hash": [GOOD], "hashAlgo": SHA256, "signAlgo": ECDSA_SHA256}
DOCUMENTS = {"documentDigests": [digest_element(DIGEST)]}
LATER = {"operationMode": "A"}
USES: dict[str, tuple[str, dict[str, Any]]] = {
    "signHash": ("v2/signatures/signHash", V2),
    "signHash later": ("v2/signatures/signHash", V2 | LATER),
    "signDoc": ("v2/signatures/signDoc", DOCUMENTS),
    "signDoc later": ("v2/signatures/signDoc", DOCUMENTS | LATER),
    "extendTransaction": ("v2/credentials/extendTransaction", {"hashes": [GOOD], "hashAlgorithmOID": SHA256}),
    "signHash of v1": ("v1/signatures/signHash", V1),
    "extendTransaction of v1": ("v1/credentials/extendTransaction", {"hash": [GOOD]}),
}
FOR_SERVICE = (
    "v2/credentials/list",
    "v2/credentials/authorize",
    "v2/credentials/authorizeCheck",
    "v2/credentials/getChallenge",
    "v1/credentials/list",
    "v1/credentials/authorize",
)
NO_SAD = refused("Invalid parameter SAD")


@pytest.fixture(scope="module")
def bank(stack: Stack) -> Fapi:
    return Fapi(stack)


@pytest.fixture(scope="module")
def browser(stack: Stack, taro: Signer) -> Iterator[Browser]:
    with closing(Browser(stack, taro.passkey)) as made:
        yield made.signed_in()


def token_for(bank: Fapi, browser: Browser, signer: Signer) -> str:
    told = bank.tokens(browser, "credential", authorization_details=credential_details(signer.credential_id))
    return str(told["access_token"])


@pytest.mark.parametrize("how", USES)
def test_it_is_taken_as_bearer_alone_until_it_is_revoked(bank: Fapi, browser: Browser, taro: Signer, hanako: Signer, how: str) -> None:
    """With no other SAD beside it, for no other credential; and once revoked also not as SAD beside a token of scope `service`."""
    method, fields = USES[how]
    body = {"credentialID": taro.credential_id} | fields
    token, service = token_for(bank, browser, taro), bank.tokens(browser)["access_token"]
    assert error_of(bank.call(method, body | {"SAD": "another"}, token)) == NO_SAD
    assert bank.call(method, body | {"credentialID": hanako.credential_id}, token).status_code == 400
    taken = bank.call(method, body, token)
    assert taken.status_code == 200, taken.text
    revoked = token_for(bank, browser, taro)
    assert bank.form("/oauth2/revoke", {"token": revoked}).status_code == 204
    assert error_of(bank.call(method, body | {"SAD": revoked}, service)) == NO_SAD
    assert error_of(bank.call(method, body, revoked))[0] == 401


def test_it_is_no_key_to_another_of_its_holder(bank: Fapi, browser: Browser, taro: Signer) -> None:
    """With one as bearer and another as SAD it is not clear which is meant: refused, and neither is used up."""
    one, other = token_for(bank, browser, taro), token_for(bank, browser, taro)
    body = {"credentialID": taro.credential_id} | V2
    assert error_of(bank.call("signatures/signHash", body | {"SAD": other}, one)) == NO_SAD
    assert [bank.call("signatures/signHash", body, token).status_code for token in (one, other)] == [200, 200]


def test_it_opens_no_method_of_scope_service(bank: Fapi, browser: Browser, taro: Signer) -> None:
    token = token_for(bank, browser, taro)
    for method in FOR_SERVICE:
        assert error_of(bank.call(method, {}, token)) == refused("The access token is not for this", "insufficient_scope", 403), method


def test_answer_is_fetched_with_the_token_that_asked_for_it(bank: Fapi, browser: Browser, taro: Signer) -> None:
    """Or with a token of scope `service` of this signer; not with another credential token."""
    token, other, service = token_for(bank, browser, taro), token_for(bank, browser, taro), bank.tokens(browser)["access_token"]
    asked = bank.call("signatures/signHash", {"credentialID": taro.credential_id} | V2 | LATER, token).json()
    body = {"requestID": asked["responseID"]}
    wait_until(lambda: bank.call("signatures/signPolling", body, token).status_code == 200)
    assert bank.call("signatures/signPolling", body, service).json()["signatures"]
    assert error_of(bank.call("signatures/signPolling", body, other)) == refused("Invalid parameter requestID")
    null = refused("userID parameter SHALL be null")
    assert error_of(bank.call("signatures/signPolling", body | {"userID": taro.user_id}, service)) == null


def test_a_bound_token_hears_events_until_it_is_taken_back(bank: Fapi, browser: Browser, taro: Signer) -> None:
    """One proof opens the stream; whether the token is good is looked at with every word."""
    service = bank.tokens(browser)["access_token"]
    asked = {"credentialID": taro.credential_id, "numSignatures": 1, "hashes": [GOOD], "hashAlgorithmOID": SHA256}
    handle = bank.call("credentials/authorize", asked, service).json()["handle"]
    path = f"/authorizations/{handle}/events"
    with ExitStack() as opened:
        headers = {"Authorization": f"DPoP {service}", "DPoP": bank.proof("GET", path, service)}
        stream = opened.enter_context(Events(bank.http, path, **headers))
        assert stream.next()["state"] == "pending"
        assert browser.get(f"/approve/{handle}").status_code == 200
        assert stream.next()["progress"] == "opened"
        assert bank.form("/oauth2/revoke", {"token": service}).status_code == 204
        taro.refuse(handle)
        assert stream.next() is None
    assert bank.call("credentials/info", {"credentialID": UNKNOWN_ID}, service).status_code == 401
