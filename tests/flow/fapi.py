"""
An application that does OAuth as FAPI 2.0 wants it, and wrong in one thing where a test says so.

Its JWTs are made by another library than the server's.
"""

import base64
import hashlib
import json
import os
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from jwskate import Jwk, Jwt
from msgspec import Raw

from tests.flow.browser import Browser
from tests.flow.parties import new_client
from tests.flow.wire import ABSENT, DIGEST, b64
from tests.harness.stack import SHA256, Stack

REDIRECT_URI = "https://shop.example.jp/callback"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
URN = "urn:ietf:params:oauth:request_uri:"
RAR = "https://cloudsignatureconsortium.org/2025/credential"


def new_key() -> Jwk:
    return Jwk.generate(alg="ES256")


class Fapi:
    """A registered application with a key of its own, and a DPoP key."""

    def __init__(self, stack: Stack, **more: Any) -> None:
        self.stack, self.key, self.dpop_key, self.nonce = stack, new_key(), new_key(), ""
        keys = Raw(json.dumps({"keys": [self.key.public_jwk().to_dict()]}).encode())
        self.client_id, _ = new_client(stack, jwks=keys, redirect_uris=[REDIRECT_URI, "https://shop.example.jp/other"], **more)
        self.http, self.verifier, self.access_token = stack.http, "", ""

    def assertion(self, key: Jwk | None = None, alg: str = "ES256", **changes: Any) -> str:
        """Say who it is; claims given as ABSENT are left out."""
        now = int(time.time())
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.stack.origin,
            "jti": uuid.uuid4().hex,
            "iat": now,
            "exp": now + 60,
        }
        return sign(key or self.key, claims | changes, alg)

    def proof(self, method: str, path: str, access_token: str | None = None, key: Jwk | None = None, **changes: Any) -> str:
        """Prove to hold the DPoP key; `header` changes the header."""
        key = key or self.dpop_key
        claims = {"htm": method, "htu": self.stack.origin + path, "iat": int(time.time()), "jti": uuid.uuid4().hex, "nonce": self.nonce}
        if access_token is not None:
            claims["ath"] = b64url(hashlib.sha256(access_token.encode()).digest())
        header = {"jwk": key.public_jwk().to_dict()} | changes.pop("header", {})
        return sign(key, claims | changes, typ=header.pop("typ", "dpop+jwt"), header=header)

    def form(self, path: str, fields: dict[str, Any], proof: Any = True, **headers: str) -> httpx2.Response:
        """Send a form with assertion and proof; where the server wants its nonce in the proof, once more."""
        authorized = {"client_assertion_type": ASSERTION, "client_assertion": self.assertion()}
        sent = {name: value for name, value in (authorized | fields).items() if value is not ABSENT}
        proving = {"DPoP": self.proof("POST", path) if proof is True else str(proof)} if proof else {}
        answer = self.http.post(path, data=sent, headers=proving | headers)
        if proof is True and "dpop-nonce" in answer.headers:
            self.nonce = answer.headers["dpop-nonce"]
            return self.form(path, fields, proof, **headers)
        return answer

    def authorization(self, scope: str = "service", **changes: Any) -> dict[str, Any]:
        """Compose an authorization request; the verifier is remembered."""
        self.verifier = b64url(os.urandom(32))
        challenge = b64url(hashlib.sha256(self.verifier.encode()).digest())
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": REDIRECT_URI,
            "scope": scope,
            "state": "xyz",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return asked | changes

    def push(self, scope: str = "service", proof: Any = None, **changes: Any) -> httpx2.Response:
        return self.form("/oauth2/pushed_authorize", self.authorization(scope, **changes), proof)

    def pushed(self, scope: str = "service", **changes: Any) -> str:
        """Push a request, and give its request_uri."""
        answer = self.push(scope, **changes)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["request_uri"])

    def token(self, code: str, proof: Any = True, **changes: Any) -> httpx2.Response:
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI, "code_verifier": self.verifier}
        return self.form("/oauth2/token", fields | changes, proof)

    def code(self, browser: Browser, scope: str = "service", **changes: Any) -> str:
        """Go the whole way to a code."""
        return went(browser, self.client_id, self.pushed(scope, **changes))["code"]

    def tokens(self, browser: Browser, scope: str = "service", **changes: Any) -> dict[str, Any]:
        """Go the whole way to tokens."""
        answer = self.token(self.code(browser, scope, **changes))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def call(self, method: str, body: Any, access_token: str, proof: Any = True, scheme: str = "DPoP") -> httpx2.Response:
        """Call a CSC method with a proof, of v2 unless it says so."""
        path = f"/csc/{method}" if method.startswith("v") else f"/csc/v2/{method}"
        headers = {"Authorization": f"{scheme} {access_token}"}
        if proof:
            headers["DPoP"] = self.proof("POST", path, access_token) if proof is True else str(proof)
        answer = self.http.post(path, json=body, headers=headers)
        if proof is True and "dpop-nonce" in answer.headers:
            self.nonce = answer.headers["dpop-nonce"]
            return self.call(method, body, access_token, proof, scheme)
        return answer


def redeemed_at_once(bank: Fapi, browser: Browser) -> list[int]:
    """Redeem one code eight times at once, and give the answers' statuses."""
    code = bank.code(browser)
    assert bank.token("none").status_code == 400  # now the nonce is known
    with ThreadPoolExecutor(8) as pool:
        return sorted(pool.map(lambda _: bank.token(code).status_code, range(8)))


def sign(key: Jwk, claims: dict[str, Any], alg: str = "ES256", typ: str = "JWT", header: dict[str, Any] | None = None) -> str:
    said = {name: value for name, value in claims.items() if value is not ABSENT}
    return str(Jwt.sign(said, key, alg=alg, typ=typ, extra_headers=header or {}))


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def credential_details(credential_id: str, digest: bytes = DIGEST, **changes: Any) -> str:
    """Compose `authorization_details` for one hash."""
    details = {
        "type": RAR,
        "credentialID": credential_id,
        "documentDigests": [{"hash": b64(digest), "label": "contract.pdf"}],
        "hashAlgorithmOID": SHA256,
    }
    return json.dumps([{name: value for name, value in (details | changes).items() if value is not ABSENT}])


def arrive(browser: Browser, client_id: str, request_uri: str) -> httpx2.Response:
    """Open the address to which the application sends the browser."""
    return browser.http.get("/oauth2/authorize", params={"client_id": client_id, "request_uri": request_uri})


def opened(browser: Browser, client_id: str, request_uri: str) -> str:
    """Give the page that the address leads to."""
    answer = arrive(browser, client_id, request_uri)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def went(browser: Browser, client_id: str, request_uri: str, *, agree: bool = True) -> dict[str, str]:
    """Let the signer answer, and give what the browser brings back to the application."""
    page = opened(browser, client_id, request_uri)
    answer = browser.get(page)
    if answer.status_code == 303 and answer.headers["location"].startswith("/approve/"):
        page = answer.headers["location"]
        handle = page.removeprefix("/approve/")
        assert (browser.approve(handle) if agree else browser.refuse(handle)).status_code == 200
    elif answer.status_code == 200:
        assert browser.post(page, {"agree": agree}).json() == {"path": page}
    return brought(browser.get(page))


def brought(answer: httpx2.Response) -> dict[str, str]:
    """Read an answer to the application out of the redirect."""
    assert answer.status_code == 303, answer.text
    target = urlsplit(answer.headers["location"])
    assert f"{target.scheme}://{target.netloc}{target.path}" == REDIRECT_URI
    return {name: values[0] for name, values in parse_qs(target.query, strict_parsing=True).items()}
