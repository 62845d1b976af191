"""
The negative modules of the OpenID conformance suite for FAPI 2.0, one test each, named as they are there.

`fapi2-security-profile-final-…` of conformance-suite 12f2a4d; what they look at is FAPI 2.0 Security Profile §5.3.2.
"""

import json
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from jwskate import Jwk

from tests.flow.browser import Browser
from tests.flow.fapi import ASSERTION, REDIRECT_URI, URN, Fapi, arrive, credential_details, new_key, opened, redeemed_at_once, went
from tests.flow.later import worker_ahead
from tests.flow.wire import ABSENT, UNKNOWN_ID, error_of, refused
from tests.harness.signer import Signer
from tests.harness.stack import Stack

BAD_CODE = refused("Authorization code is invalid or expired", "invalid_grant")
LIST = "credentials/list"


@pytest.fixture(scope="module")
def bank(stack: Stack) -> Fapi:
    """An application that shows itself by assertions."""
    return Fapi(stack)


@pytest.fixture(scope="module")
def browser(stack: Stack, taro: Signer) -> Iterator[Browser]:
    """Taro's browser, signed in."""
    with closing(Browser(stack, taro.passkey)) as made:
        yield made.signed_in()


def test_attempt_reuse_authorization_code(bank: Fapi, browser: Browser) -> None:
    """A code works once; brought again, it ends what came of it (RFC 9700 §4.2.4)."""
    code = bank.code(browser)
    token = bank.token(code).json()["access_token"]
    assert bank.call(LIST, {}, token).status_code == 200
    assert error_of(bank.token(code)) == BAD_CODE
    assert bank.call(LIST, {}, token).status_code == 401


def test_code_that_many_redeem_at_once_gives_tokens_once(bank: Fapi, browser: Browser) -> None:
    """By one conditional UPDATE, whatever each has read before."""
    assert redeemed_at_once(bank, browser) == [200] + [400] * 7


def test_attempt_to_use_expired_auth_code(bank: Fapi, browser: Browser) -> None:
    """After a minute."""
    code = bank.code(browser)
    with worker_ahead(bank.stack, 61) as later:
        now = int(time.time()) + 61
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI, "code_verifier": bank.verifier}
        shown = {"client_assertion": bank.assertion(iat=now, exp=now + 60), "client_assertion_type": ASSERTION}
        nonce = later.post("/oauth2/token", data=fields | shown, headers={"DPoP": bank.proof("POST", "/oauth2/token", iat=now)})
        bank.nonce = nonce.headers.get("dpop-nonce", bank.nonce)
        shown["client_assertion"] = bank.assertion(iat=now, exp=now + 60)
        answer = later.post("/oauth2/token", data=fields | shown, headers={"DPoP": bank.proof("POST", "/oauth2/token", iat=now)})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert bank.token(code).status_code == 200  # by a clock that is right it was in time


# What is wrong with a proof to a resource, and what it is called.
PROOFS: dict[str, dict[str, Any]] = {
    "typ": {"header": {"typ": "jwt"}},
    "no jwk": {"header": {"jwk": None}},
    "private jwk": {"header": {"jwk": "PRIVATE"}},
    "shared jwk": {"header": {"jwk": {"kty": "oct", "k": "AAAA"}}},
    "jwk of another key": {"header": {"jwk": "OTHER"}},
    "no htm": {"htm": ABSENT},
    "another htm": {"htm": "GET"},
    "no htu": {"htu": ABSENT},
    "another htu": {"htu": "https://elsewhere.example/csc/v2/credentials/list"},
    "htu of another path": {"htu": "PATH"},
    "no iat": {"iat": ABSENT},
    "iat of an hour ago": {"iat": -3600},
    "iat of a minute from now": {"iat": 61},
    "iat that is no number": {"iat": "now"},
    "no jti": {"jti": ABSENT},
    "long jti": {"jti": "x" * 201},
    "no ath": {"ath": ABSENT},
    "another ath": {"ath": "x" * 43},
    "exp that is over": {"exp": -1},
    "nbf of a minute from now": {"nbf": 61},
}


@pytest.mark.parametrize("case", PROOFS)
def test_dpop_negative_tests(bank: Fapi, browser: Browser, case: str) -> None:
    """Each defect of a proof is `invalid_dpop_proof`, with the algorithms that would do."""
    token = _token(bank, browser)
    changes = dict(PROOFS[case])
    for name in ("iat", "exp", "nbf"):
        if isinstance(changes.get(name), int):
            changes[name] += int(time.time())
    if changes.get("htu") == "PATH":
        changes["htu"] = f"{bank.stack.origin}/csc/v2/credentials/info"
    jwk = changes.get("header", {}).get("jwk")
    if jwk in ("PRIVATE", "OTHER"):
        changes["header"] = {"jwk": bank.dpop_key.to_dict() if jwk == "PRIVATE" else new_key().public_jwk().to_dict()}
    answer = bank.call(LIST, {}, token, bank.proof("POST", f"/csc/v2/{LIST}", token, **changes))
    assert error_of(answer)[:2] == (401, "invalid_dpop_proof")
    assert answer.headers["www-authenticate"].startswith('DPoP error="invalid_dpop_proof", algs="PS256 ES256')


def test_dpop_proof_is_taken_once(bank: Fapi, browser: Browser) -> None:
    """The very same proof again, with the same nonce, is a replay; also at the token endpoint."""
    token = _token(bank, browser)
    proof = bank.proof("POST", f"/csc/v2/{LIST}", token)
    assert [bank.call(LIST, {}, token, proof).status_code for _ in range(2)] == [200, 401]
    proof = bank.proof("POST", "/oauth2/token")
    grant = {"grant_type": "client_credentials"}
    assert [bank.form("/oauth2/token", grant, proof).status_code for _ in range(2)] == [200, 400]


def test_dpop_proof_must_hold_the_nonce(bank: Fapi, browser: Browser) -> None:
    """RFC 9449 §8, §9: without the nonce, or with another, the answer tells the right one."""
    token, grant = _token(bank, browser), {"grant_type": "client_credentials"}
    for nonce in (ABSENT, "other"):
        answer = bank.call(LIST, {}, token, bank.proof("POST", f"/csc/v2/{LIST}", token, nonce=nonce))
        assert error_of(answer)[:2] == (401, "use_dpop_nonce")
        right = bank.proof("POST", f"/csc/v2/{LIST}", token, nonce=answer.headers["dpop-nonce"])
        assert bank.call(LIST, {}, token, right).status_code == 200
        answer = bank.form("/oauth2/token", grant, bank.proof("POST", "/oauth2/token", nonce=nonce))
        assert error_of(answer)[:2] == (400, "use_dpop_nonce")
        right = bank.proof("POST", "/oauth2/token", nonce=answer.headers["dpop-nonce"])
        assert bank.form("/oauth2/token", grant, right).status_code == 200


def test_two_dpop_headers_are_none(bank: Fapi, browser: Browser) -> None:
    """RFC 9449 §4.3 step 1."""
    token = _token(bank, browser)
    proof = ("DPoP", bank.proof("POST", f"/csc/v2/{LIST}", token))
    answer = bank.http.post(f"/csc/v2/{LIST}", json={}, headers=[proof, proof, ("Authorization", f"DPoP {token}")])
    assert error_of(answer)[:2] == (401, "invalid_dpop_proof")


def test_check_dpop_proof_nbf_exp(bank: Fapi, browser: Browser) -> None:
    """A proof may say nbf and exp, where they hold."""
    token, now = _token(bank, browser), int(time.time())
    assert bank.call(LIST, {}, token, bank.proof("POST", f"/csc/v2/{LIST}", token, nbf=now - 1, exp=now + 60)).status_code == 200


@pytest.mark.parametrize("seconds", [-10, 10])
def test_ensure_dpop_proof_with_iat_10_seconds_before_and_after_succeeds(bank: Fapi, browser: Browser, seconds: int) -> None:
    """Clocks differ."""
    token = _token(bank, browser)
    proof = bank.proof("POST", f"/csc/v2/{LIST}", token, iat=int(time.time()) + seconds)
    assert bank.call(LIST, {}, token, proof).status_code == 200


def test_ensure_mismatched_dpop_jkt_fails(bank: Fapi) -> None:
    """A pushed request whose proof is of another key than its dpop_jkt (RFC 9449 §10.1)."""
    answer = bank.push(proof=True, dpop_jkt=new_key().thumbprint())
    assert error_of(answer) == refused("Invalid parameter dpop_jkt")
    assert bank.push(proof=True, dpop_jkt=bank.dpop_key.thumbprint()).status_code == 201


@pytest.mark.parametrize("how", ["dpop_jkt", "proof"])
def test_ensure_token_endpoint_fails_with_mismatched_dpop_jkt_and_proof_jkt(bank: Fapi, browser: Browser, how: str) -> None:
    """A code that is bound to one key is not redeemed with another."""
    other, own = new_key(), bank.dpop_key
    changes: dict[str, Any] = {"dpop_jkt": other.thumbprint()} if how == "dpop_jkt" else {"proof": True}
    code = bank.code(browser, **changes)
    bank.dpop_key = own if how == "dpop_jkt" else other
    assert error_of(bank.token(code)) == refused("The code is bound to another key", "invalid_grant")
    bank.dpop_key = own


def test_ensure_holder_of_key_required(bank: Fapi, browser: Browser) -> None:
    """No token without a proof; and no use of one without it, with another key, or as a plain bearer token."""
    code = bank.code(browser)
    assert error_of(bank.token(code, proof=None))[:2] == (400, "invalid_dpop_proof")
    token = bank.token(code).json()["access_token"]
    assert error_of(bank.call(LIST, {}, token, proof=None))[:2] == (401, "invalid_dpop_proof")
    other = bank.proof("POST", f"/csc/v2/{LIST}", token, new_key())
    assert error_of(bank.call(LIST, {}, token, other))[:2] == (401, "invalid_token")
    for proof in (None, bank.proof("POST", f"/csc/v2/{LIST}", token)):
        assert error_of(bank.call(LIST, {}, token, proof, scheme="Bearer"))[:2] == (401, "invalid_token")


VARIANTS = (
    "https://shop.example.jp/callback/",
    "https://shop.example.jp/callback?x=1",
    "https://shop.example.jp/callback#x",
    "https://shop.example.jp/callback/../other",
    "https://shop.example.jp/Callback",
    "https://SHOP.example.jp/callback",
    "https://shop.example.jp:443/callback",
    "https://shop.example.jp./callback",
    "https://a@shop.example.jp/callback",
    "https://shop.example.jp@evil.example/callback",
    "https://shop.example.jp.evil.example/callback",
    "https://evil.example/callback",
    "http://shop.example.jp/callback",
    "//shop.example.jp/callback",
    "https://shop.example.jp/callback%20",
    "https://shop.example.jp/%63allback",
    "https://shop.example.jp\\callback",
    " https://shop.example.jp/callback",
    "javascript:alert(1)",
    "",
    ABSENT,
)


@pytest.mark.parametrize("uri", VARIANTS, ids=str)
def test_ensure_registered_redirect_uri(bank: Fapi, uri: Any) -> None:
    """Exactly a registered one, character by character."""
    assert error_of(bank.push(redirect_uri=uri)) == refused("Invalid parameter redirect_uri")


def test_redirect_uri_of_the_token_request_is_the_same(bank: Fapi, browser: Browser) -> None:
    """Another registered one, or none, does not redeem the code."""
    code = bank.code(browser)
    another = refused("redirect_uri parameter does not match redirect_uri parameter of authorization request", "invalid_grant")
    for uri in ("https://shop.example.jp/other", ABSENT):
        assert error_of(bank.token(code, redirect_uri=uri)) == another
    assert bank.token(code).status_code == 200


@pytest.mark.parametrize("response_type", ["code id_token", "token", "id_token", "", ABSENT])
def test_ensure_response_type_code_id_token_and_token_fail(bank: Fapi, response_type: Any) -> None:
    """`code`, and nothing else."""
    assert error_of(bank.push(response_type=response_type)) == refused("Invalid parameter response_type", "unsupported_response_type")


def test_ensure_unsigned_authorization_request_without_using_par_fails(bank: Fapi, browser: Browser) -> None:
    """Parameters in the browser's address are not looked at: a page says that the request can't be used."""
    answer = browser.http.get("/oauth2/authorize", params=bank.authorization())
    assert (answer.status_code, "location" in answer.headers) == (400, False)
    assert answer.headers["content-type"].startswith("text/html")


def test_par_attempt_reuse_request_uri(bank: Fapi, browser: Browser) -> None:
    """A request that its signer has answered leads nowhere any more."""
    request_uri = bank.pushed()
    assert "code" in went(browser, bank.client_id, request_uri)
    answer = arrive(browser, bank.client_id, request_uri)
    assert (answer.status_code, "location" in answer.headers) == (400, False)


def test_par_attempt_to_use_expired_request_uri(bank: Fapi) -> None:
    """After ninety seconds."""
    request_uri = bank.pushed()
    with worker_ahead(bank.stack, 91) as later:
        answer = later.get("/oauth2/authorize", params={"client_id": bank.client_id, "request_uri": request_uri})
        assert (answer.status_code, "location" in answer.headers) == (400, False)


def test_request_uri_is_of_use_to_its_application_only(bank: Fapi, browser: Browser) -> None:
    """Another's client_id, an unknown one, or two of them: one answer."""
    request_uri = bank.pushed()
    answers = [
        arrive(browser, Fapi(bank.stack).client_id, request_uri),
        arrive(browser, bank.client_id, URN + UNKNOWN_ID),
        arrive(browser, bank.client_id, "https://evil.example/request"),
        browser.http.get("/oauth2/authorize", params=[("client_id", bank.client_id), *[("request_uri", request_uri)] * 2]),
    ]
    assert [one.status_code for one in answers] == [400] * 4
    assert opened(browser, bank.client_id, request_uri).startswith("/access/")


AUDIENCES = {
    "PAREndpointAsAudience": "/oauth2/pushed_authorize",
    "PARTokenEndpointAsAudience": "/oauth2/token",
    "issuer with a slash": "/",
}


@pytest.mark.parametrize("case", AUDIENCES)
def test_par_endpoint_and_token_endpoint_as_audience_fail(bank: Fapi, case: str) -> None:
    """The audience of an assertion is the issuer."""
    answer = bank.push(client_assertion=bank.assertion(aud=bank.stack.origin + AUDIENCES[case]))
    assert error_of(answer)[:2] == (401, "invalid_client")


def test_par_endpoint_as_array_audience_fails(bank: Fapi) -> None:
    """As one string, not as a list, even of the right one."""
    for audience in ([bank.stack.origin], [bank.stack.origin, "https://other.example"], ABSENT):
        assert error_of(bank.push(client_assertion=bank.assertion(aud=audience)))[:2] == (401, "invalid_client")


def test_client_assertion_is_taken_once_and_in_time(bank: Fapi) -> None:
    """Replayed, over, from the future, too long, without jti, by another key, for another application, without a signature: refused."""
    now = int(time.time())
    once = bank.assertion()
    assert bank.push(client_assertion=once).status_code == 201
    rival, rsa = Fapi(bank.stack), Jwk.generate(alg="RS256")
    wrong = [
        once,
        bank.assertion(exp=now - 1),
        bank.assertion(exp=ABSENT),
        bank.assertion(exp=now + 3600),
        bank.assertion(iat=now + 61),
        bank.assertion(nbf=now + 61),
        bank.assertion(jti=ABSENT),
        bank.assertion(iss=rival.client_id),
        bank.assertion(sub=rival.client_id),
        bank.assertion(key=new_key()),
        bank.assertion(key=rsa, alg="RS256"),
        unsigned(bank.assertion()),
        "x.y.z",
        "",
    ]
    assert [error_of(bank.push(client_assertion=one))[:2] for one in wrong] == [(401, "invalid_client")] * len(wrong)
    for seconds in (-10, 10):
        assert bank.push(client_assertion=bank.assertion(iat=now + seconds, nbf=now + seconds)).status_code == 201


def test_assertion_of_one_application_is_no_others(bank: Fapi) -> None:
    """A rival's assertion under our client_id, and ours under the rival's."""
    rival = Fapi(bank.stack)
    for one, other in ((bank, rival), (rival, bank)):
        answer = one.push(client_assertion=other.assertion())
        assert error_of(answer)[:2] == (401, "invalid_client")


def test_application_shows_itself_in_its_registered_way_only(bank: Fapi) -> None:
    """A secret, right or wrong, is not taken from who has keys; nor two ways at once."""
    for fields in ({"client_secret": "x"}, {}):
        sent: dict[str, Any] = {"client_assertion": ABSENT, "client_assertion_type": ABSENT} | fields
        assert error_of(bank.push(**sent))[:2] == (401, "invalid_client")
    assert error_of(bank.push(client_secret="x")) == refused("Two ways of client authorization")
    assert error_of(bank.push(client_assertion_type="x"))[:2] == (401, "invalid_client")


@pytest.mark.parametrize("challenge", [ABSENT, "", "short", "x" * 44, "=" * 43])
def test_par_ensure_pkce_required(bank: Fapi, challenge: Any) -> None:
    """No request without a challenge that S256 can have made."""
    assert error_of(bank.push(code_challenge=challenge)) == refused("Invalid parameter code_challenge")


def test_par_ensure_pkce_code_verifier_required(bank: Fapi, browser: Browser) -> None:
    """And no token without the verifier."""
    code = bank.code(browser)
    assert error_of(bank.token(code, code_verifier=ABSENT)) == refused("Invalid parameter code_verifier", "invalid_grant")


@pytest.mark.parametrize("method", ["plain", ABSENT, "s256"])
def test_par_ensure_plain_pkce_rejected(bank: Fapi, method: Any) -> None:
    """Also where the method is left out, which means plain."""
    assert error_of(bank.push(code_challenge_method=method)) == refused("Invalid parameter code_challenge")


def test_par_incorrect_pkce_code_verifier_rejected(bank: Fapi, browser: Browser) -> None:
    """Another verifier; the right one still redeems the code."""
    code = bank.code(browser)
    assert error_of(bank.token(code, code_verifier="x" * 43)) == refused("Invalid parameter code_verifier", "invalid_grant")
    assert bank.token(code).status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_par_reject_invalid_http_verb(bank: Fapi, method: str) -> None:
    """POST only (RFC 9126 §2.3)."""
    assert bank.http.request(method, "/oauth2/pushed_authorize").status_code == 405


@pytest.mark.parametrize("name", ["request_uri", "request"])
def test_par_reject_request_uri_in_par_authorization_request_and_form_params(bank: Fapi, name: str) -> None:
    """A pushed request does not point at another."""
    assert error_of(bank.push(**{name: bank.pushed()})) == refused("Invalid parameter request_uri")


def test_par_without_duplicate_parameters(bank: Fapi, browser: Browser) -> None:
    """The browser carries nothing but client_id and request_uri, which is enough; what else it carries changes nothing."""
    asked = {"client_id": bank.client_id, "request_uri": bank.pushed(), "scope": "credential", "redirect_uri": "https://evil.example/"}
    page = browser.http.get("/oauth2/authorize", params=asked).headers["location"]
    assert browser.get(page, Accept="application/json").json()["scope"] == "service"


def test_code_is_of_use_to_its_application_only(bank: Fapi, browser: Browser) -> None:
    """A rival that has code and verifier gets what it gets for no code, and does not use it up."""
    code, rival = bank.code(browser), Fapi(bank.stack)
    rival.verifier = bank.verifier
    for given in (code, "unknown"):
        assert error_of(rival.token(given)) == refused("Invalid parameter code", "invalid_grant")
    assert bank.token(code).status_code == 200


DETAILS: dict[str, str] = {
    "no JSON": "{",
    "no list": "{}",
    "empty": "[]",
    "two": "[{},{}]",
    "another type": json.dumps([{"type": "payment_initiation"}]),
}
CHANGES: dict[str, dict[str, Any]] = {
    "no credentialID": {"credentialID": ABSENT},
    "no hashes": {"documentDigests": []},
    "a hash that is none": {"documentDigests": [{"hash": "x", "label": "a"}]},
    "a label that hides": {"documentDigests": [{"hash": "A" * 43 + "=", "label": "\u202e"}]},
    "hashes of documents": {"documentDigests": [{"hash": "A" * 43 + "=", "hashType": "SDR"}]},
    "another count": {"numSignatures": 2},
    "SHA-1": {"hashAlgorithmOID": "1.3.14.3.2.26"},
    "unknown field": {"amount": 1},
    "a qualifier": {"signatureQualifier": "eu_eidas_qes"},
    "elsewhere": {"locations": ["https://other.example/csc/v2"]},
}


@pytest.mark.parametrize("case", [*DETAILS, *CHANGES])
def test_authorization_details_are_read_strictly(bank: Fapi, taro: Signer, case: str) -> None:
    """RFC 9396 §5: what is unknown, missing, or can't be signed or shown is `invalid_authorization_details`."""
    details = DETAILS.get(case) or credential_details(taro.credential_id, **CHANGES[case])
    assert error_of(bank.push("credential", authorization_details=details))[:2] == (400, "invalid_authorization_details")


SCOPES = {"openid": "openid", "two": "service credential", "unknown": "profile", "wrong case": "Service"}


@pytest.mark.parametrize("case", SCOPES)
def test_unknown_scopes_are_refused(bank: Fapi, case: str) -> None:
    """One of the two; an ID token is CIBA's."""
    assert error_of(bank.push(SCOPES[case])) == refused("Invalid parameter scope", "invalid_scope")


def _token(bank: Fapi, browser: Browser) -> str:
    """Give a token that tests share, and with it a nonce that is good."""
    if not bank.access_token:
        bank.access_token = bank.tokens(browser)["access_token"]
    assert bank.call(LIST, {}, bank.access_token).status_code == 200
    return bank.access_token


def unsigned(jwt: str) -> str:
    """Say that no signature is needed, and bring none."""
    claims = jwt.split(".")[1]
    return "eyJhbGciOiJub25lIn0." + claims + "."
