"""OAuth clients that nobody here wrote, unmodified: Authlib; requests_oauth2client, which does PAR, DPoP, assertions and CIBA itself."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from msgspec import Raw
from requests_oauth2client import BackChannelAuthenticationPollingJob, DPoPToken, OAuth2Client, PrivateKeyJwt

from tests.flow.browser import Browser
from tests.flow.fapi import REDIRECT_URI, credential_details, new_key
from tests.flow.parties import new_client
from tests.flow.wire import DIGEST, b64, sign_body
from tests.harness.signer import Signer
from tests.harness.stack import Stack

VERIFIER = "v" * 50


@pytest.fixture(scope="module")
def browser(stack: Stack, taro: Signer) -> Iterator[Browser]:
    with closing(Browser(stack, taro.passkey)) as made:
        yield made.signed_in()


def walk(browser: Browser, address: str) -> str:
    """Send the signer's browser to an address, let her say yes, and give the address at which the application gets its answer."""
    parts = urlsplit(address)
    page = browser.http.get(parts.path, params=parse_qs(parts.query)).headers["location"]
    first = browser.get(page)
    if first.status_code == 303:
        page = first.headers["location"]
        assert browser.approve(page.removeprefix("/approve/")).status_code == 200
    else:
        assert browser.post(page, {"agree": True}).status_code == 200
    return str(browser.get(page).headers["location"])


def test_authlib_gets_tokens_by_client_credentials_and_by_code(stack: Stack, browser: Browser, taro: Signer) -> None:
    """With a secret: client credentials; then code with PKCE and PAR, refresh, revocation. Authlib has no DPoP."""
    client_id, secret = new_client(stack, redirect_uris=[REDIRECT_URI])
    endpoint = f"{stack.origin}/oauth2/token"
    with OAuth2Session(client_id, secret, token_endpoint=endpoint) as own:
        own.fetch_token(grant_type="client_credentials")
        assert own.post(f"{stack.origin}/csc/v2/credentials/list", json={"userID": taro.user_id}).json() == {
            "credentialIDs": [taro.credential_id]
        }
    with OAuth2Session(client_id, secret, redirect_uri=REDIRECT_URI, scope="service", code_challenge_method="S256") as session:
        url, state = session.create_authorization_url(f"{stack.origin}/oauth2/authorize", code_verifier=VERIFIER)
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert asked["code_challenge"] == create_s256_code_challenge(VERIFIER)
        pushed = requests.post(f"{stack.origin}/oauth2/pushed_authorize", data=asked, auth=(client_id, secret), timeout=30).json()
        back = walk(browser, f"{stack.origin}/oauth2/authorize?client_id={client_id}&request_uri={pushed['request_uri']}")
        told = session.fetch_token(endpoint, authorization_response=back, state=state, code_verifier=VERIFIER)
        assert told["token_type"] == "Bearer"
        listed = session.post(f"{stack.origin}/csc/v2/credentials/list", json={})
        assert listed.json() == {"credentialIDs": [taro.credential_id]}
        fresh = session.refresh_token(endpoint, refresh_token=told["refresh_token"])
        assert fresh["access_token"] != told["access_token"]
        assert session.revoke_token(f"{stack.origin}/oauth2/revoke", told["refresh_token"]).status_code == 204
        assert session.post(f"{stack.origin}/csc/v2/credentials/list", json={}).status_code == 401


class Foreign:
    """requests_oauth2client, configured by nothing but the server's metadata and its own key."""

    def __init__(self, stack: Stack) -> None:
        self.key = new_key().with_kid_thumbprint()
        keys = Raw(json.dumps({"keys": [self.key.public_jwk().to_dict()]}).encode())
        client_id, _ = new_client(stack, jwks=keys, redirect_uris=[REDIRECT_URI])
        told = requests.get(f"{stack.origin}/.well-known/oauth-authorization-server", timeout=30).json()
        self.client = OAuth2Client(
            token_endpoint=told["token_endpoint"],
            authorization_endpoint=told["authorization_endpoint"],
            pushed_authorization_request_endpoint=told["pushed_authorization_request_endpoint"],
            backchannel_authentication_endpoint=told["backchannel_authentication_endpoint"],
            revocation_endpoint=told["revocation_endpoint"],
            introspection_endpoint=told["introspection_endpoint"],
            jwks_uri=told["jwks_uri"],
            issuer=told["issuer"],
            authorization_response_iss_parameter_supported=told["authorization_response_iss_parameter_supported"],
            redirect_uri=REDIRECT_URI,
            auth=PrivateKeyJwt(client_id, self.key, alg="ES256", aud=told["issuer"]),
            dpop_bound_access_tokens=True,
            id_token_signed_response_alg="ES256",
            testing=True,  # http, which nobody but localhost has
        )


@pytest.fixture(scope="module")
def foreign(stack: Stack) -> Foreign:
    return Foreign(stack)


def test_foreign_client_gets_bound_tokens_by_client_credentials(foreign: Foreign, stack: Stack, taro: Signer) -> None:
    """Assertion and proof are its own, and it takes the nonces that the server wants by itself."""
    token = foreign.client.client_credentials(scope="service")
    assert isinstance(token, DPoPToken)
    answer = requests.post(f"{stack.origin}/csc/v2/credentials/list", json={"userID": taro.user_id}, auth=token, timeout=30)
    assert answer.json() == {"credentialIDs": [taro.credential_id]}


@pytest.mark.parametrize("scope", ["service", "credential"])
def test_foreign_client_goes_the_whole_way_by_code(foreign: Foreign, stack: Stack, browser: Browser, taro: Signer, scope: str) -> None:
    """PAR, PKCE, a code bound to its DPoP key, `iss` and `state` checked by the client itself."""
    details: dict[str, Any] = {"authorization_details": credential_details(taro.credential_id)} if scope == "credential" else {}
    asked = foreign.client.authorization_request(scope=scope, nonce=None, **details)
    pushed = foreign.client.pushed_authorization_request(asked)
    answer = asked.validate_callback(walk(browser, str(pushed)))
    token = foreign.client.authorization_code(answer, validate=False)  # there is no ID token in this flow
    assert isinstance(token, DPoPToken)
    if scope == "service":
        listed = requests.post(f"{stack.origin}/csc/v2/credentials/list", json={}, auth=token, timeout=30)
        assert listed.json() == {"credentialIDs": [taro.credential_id]}
        assert foreign.client.refresh_token(token).access_token != token.access_token
        assert foreign.client.revoke_refresh_token(token) is True
    else:
        body = {name: value for name, value in sign_body(taro.credential_id, "", [b64(DIGEST)]).items() if name != "SAD"}
        assert requests.post(f"{stack.origin}/csc/v2/signatures/signHash", json=body, auth=token, timeout=30).status_code == 200


def test_foreign_client_polls_a_backchannel_authentication(foreign: Foreign, stack: Stack, taro: Signer) -> None:
    """Its own polling job, at the interval that it was told."""
    begun = foreign.client.backchannel_authentication_request(
        scope="openid credential",
        login_hint=taro.user_id,
        binding_message="foreign",
        authorization_details=credential_details(taro.credential_id),
    )
    job = BackChannelAuthenticationPollingJob(foreign.client, begun)
    assert job() is None
    taro.approve(next(one.id for one in taro.inbox() if one.description == "foreign"))
    token = job()
    assert isinstance(token, DPoPToken)
    introspected: Any = foreign.client.introspect_token(token.access_token)
    assert (introspected["active"], introspected["sub"]) == (True, taro.user_id)
