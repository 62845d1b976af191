"""
What is one application's is useless to another, and what is one signer's to a token that another signer granted, on every route: one
table over the whole URL table.

Each row uses something of the shop's as the thief, beside the same call with something made up: both get one answer, and afterwards all
that is the shop's still works for the shop.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from app.routes import DELETE, GET, POST
from tests.flow.browser import Browser
from tests.flow.fapi import REDIRECT_URI, URN, b64url, credential_details, went
from tests.flow.parties import Person, new_application
from tests.flow.test_sign_doc import digest_element, element
from tests.flow.wire import DIGEST, UNKNOWN_ID, authorize_body, b64, error_of, refused, sign_body
from tests.harness.signer import Signer
from tests.harness.stack import ECDSA_SHA256, SHA256, Application, Stack

MADE_UP_SAD = "A" * 100
MADE_UP_TOKEN = "A" * 43
CALLBACK_URL = "https://shop.example.jp/called"
MODE_LATER = {"operationMode": "A"}


@dataclass
class Scene:
    """
    The shop with a signer who agreed to it alone, one request that waits and one that is approved; and a thief who knows it all.

    The thief is another application, or the shop itself with a token that another signer granted.
    """

    shop: Application
    thief: Application
    person: Signer
    browser: Browser
    waiting: dict[str, Any]
    approved: dict[str, Any]
    sad: str

    def call(self, method: str, body: dict[str, Any]) -> httpx2.Response:
        return self.thief.post(method, body)

    def call_v1(self, method: str, body: dict[str, Any]) -> httpx2.Response:
        return self.shop.stack.http.post(f"/csc/v1/{method}", json=body, headers={"Authorization": f"Bearer {self.thief.token}"})

    def request(self, verb: str, path: str, token: str | None = None) -> httpx2.Response:
        return self.shop.stack.http.request(verb, path, headers={"Authorization": f"Bearer {token or self.thief.token}"})

    def form(self, path: str, fields: dict[str, str], secret: str) -> httpx2.Response:
        return self.shop.stack.http.post(path, data=fields, auth=(self.thief.client_id, secret))


Pair = tuple[httpx2.Response, httpx2.Response]
Use = Callable[[Scene], list[Pair]]


def nothing(_: Scene) -> list[Pair]:
    """The route takes nothing that is anybody's."""
    return []


def listed(scene: Scene) -> list[Pair]:
    asked = [{"userID": user, "credentialInfo": True} for user in (scene.person.user_id, "nobody")]
    return [(scene.call("credentials/list", asked[0]), scene.call("credentials/list", asked[1]))]


def described(scene: Scene) -> list[Pair]:
    one, other = ({"credentialID": which, "certInfo": True} for which in (scene.person.credential_id, UNKNOWN_ID))
    return [(scene.call("credentials/info", one), scene.call("credentials/info", other))]


def asked(scene: Scene) -> list[Pair]:
    """The credential; and the very words in which the shop asked a moment ago."""
    body = authorize_body(scene.person.credential_id)
    return [
        (scene.call("credentials/authorize", one), scene.call("credentials/authorize", one | {"credentialID": UNKNOWN_ID}))
        for one in (body, body | {"userID": scene.person.user_id}, scene.waiting["body"])
    ]


def checked(scene: Scene) -> list[Pair]:
    unknown = scene.call("credentials/authorizeCheck", {"handle": UNKNOWN_ID})
    return [(scene.call("credentials/authorizeCheck", {"handle": one["handle"]}), unknown) for one in (scene.waiting, scene.approved)]


def asked_with_a_file(scene: Scene) -> list[Pair]:
    """A file that can't be prepared: that is not even looked at for a credential of another."""
    broken = {"content": b64(b"no PDF"), "mediaType": "application/pdf", "signature_format": "P"}
    one, other = (authorize_body(which, documents=[broken]) for which in (scene.person.credential_id, UNKNOWN_ID))
    return [(scene.call("credentials/authorize", one), scene.call("credentials/authorize", other))]


def asked_any_way(scene: Scene) -> list[Pair]:
    return asked(scene) + asked_with_a_file(scene)


def challenged(scene: Scene) -> list[Pair]:
    one, other = ({"credentialID": which, "authObjectID": "mobile"} for which in (scene.person.credential_id, UNKNOWN_ID))
    return [(scene.call("credentials/getChallenge", one), scene.call("credentials/getChallenge", other))]


def extended(scene: Scene) -> list[Pair]:
    stolen, made_up = (
        {"credentialID": scene.person.credential_id, "SAD": sad, "hashes": [b64(DIGEST)], "hashAlgorithmOID": SHA256}
        for sad in (scene.sad, MADE_UP_SAD)
    )
    return [(scene.call("credentials/extendTransaction", stolen), scene.call("credentials/extendTransaction", made_up))]


def signed(scene: Scene) -> list[Pair]:
    """At once, and later."""
    stolen, made_up = (sign_body(scene.person.credential_id, sad, [b64(DIGEST)]) for sad in (scene.sad, MADE_UP_SAD))
    return [
        (scene.call("signatures/signHash", stolen | mode), scene.call("signatures/signHash", made_up | mode)) for mode in ({}, MODE_LATER)
    ]


def documents_signed(scene: Scene) -> list[Pair]:
    """Digests at once and later; and a document."""
    digests: dict[str, Any] = {"documentDigests": [digest_element(DIGEST)]}
    pairs = []
    for body in (digests, digests | MODE_LATER, {"documents": [element()]}):
        asked = ({"credentialID": scene.person.credential_id, "SAD": sad} | body for sad in (scene.sad, MADE_UP_SAD))
        stolen, made_up = (scene.call("signatures/signDoc", one) for one in asked)
        pairs.append((stolen, made_up))
    return pairs


def polled(scene: Scene) -> list[Pair]:
    """An answer that there is: that nothing was signed, so that the SAD is still good."""
    other = sign_body(scene.person.credential_id, scene.sad, [b64(bytes(32))])
    response_id = scene.shop.post("signatures/signHash", other | MODE_LATER).json()["responseID"]
    made_up = scene.call("signatures/signPolling", {"requestID": UNKNOWN_ID})
    return [(scene.call("signatures/signPolling", {"requestID": response_id}), made_up)]


def logged_out(scene: Scene) -> list[Pair]:
    """Off here; where it is on, `tests/flow/test_login.py` tries another application's token."""
    stolen, made_up = (scene.call("auth/revoke", {"token": token}) for token in (scene.shop.token, MADE_UP_TOKEN))
    return [(stolen, made_up)]


def listed_v1(scene: Scene) -> list[Pair]:
    one, other = ({"userID": user} for user in (scene.person.user_id, "nobody"))
    return [(scene.call_v1("credentials/list", one), scene.call_v1("credentials/list", other))]


def described_v1(scene: Scene) -> list[Pair]:
    one, other = ({"credentialID": which} for which in (scene.person.credential_id, UNKNOWN_ID))
    return [(scene.call_v1("credentials/info", one), scene.call_v1("credentials/info", other))]


def asked_v1(scene: Scene) -> list[Pair]:
    one, other = ({"credentialID": which, "numSignatures": 1, "hash": [b64(DIGEST)]} for which in (scene.person.credential_id, UNKNOWN_ID))
    return [(scene.call_v1("credentials/authorize", one), scene.call_v1("credentials/authorize", other))]


def extended_v1(scene: Scene) -> list[Pair]:
    one, other = ({"credentialID": scene.person.credential_id, "SAD": sad, "hash": [b64(DIGEST)]} for sad in (scene.sad, MADE_UP_SAD))
    return [(scene.call_v1("credentials/extendTransaction", one), scene.call_v1("credentials/extendTransaction", other))]


def signed_v1(scene: Scene) -> list[Pair]:
    one, other = (
        {"credentialID": scene.person.credential_id, "SAD": sad, "hash": [b64(DIGEST)], "hashAlgo": SHA256, "signAlgo": ECDSA_SHA256}
        for sad in (scene.sad, MADE_UP_SAD)
    )
    return [(scene.call_v1("signatures/signHash", one), scene.call_v1("signatures/signHash", other))]


def token_given(scene: Scene) -> list[Pair]:
    """The shop's secret under the thief's name; the shop's code, refresh token and backchannel request, which then still work for it."""
    fields = {"grant_type": "client_credentials"}
    pairs = [(scene.form("/oauth2/token", fields, scene.shop.client_secret), scene.form("/oauth2/token", fields, MADE_UP_TOKEN))]
    verifier, code = a_code(scene.shop, scene.browser)
    redeeming = {"grant_type": "authorization_code", "redirect_uri": REDIRECT_URI, "code_verifier": verifier}
    begun = scene.shop.stack.http.post(
        "/oauth2/backchannel_authentication", data=backchannel(scene.person), auth=(scene.shop.client_id, scene.shop.client_secret)
    ).json()
    polling = {"grant_type": "urn:openid:params:grant-type:ciba"}
    refreshing = {"grant_type": "refresh_token"}
    refresh_token = service_tokens(scene.shop, scene.browser)["refresh_token"]
    for given, name, value in (
        (redeeming, "code", code),
        (polling, "auth_req_id", begun["auth_req_id"]),
        (refreshing, "refresh_token", refresh_token),
    ):
        stolen, made_up = (scene.form("/oauth2/token", given | {name: one}, scene.thief.client_secret) for one in (value, MADE_UP_TOKEN))
        pairs.append((stolen, made_up))
    own = (scene.shop.client_id, scene.shop.client_secret)
    for good in (redeeming | {"code": code}, refreshing | {"refresh_token": refresh_token}):
        assert scene.shop.stack.http.post("/oauth2/token", data=good, auth=own).status_code == 200
    waits = scene.shop.stack.http.post("/oauth2/token", data=polling | {"auth_req_id": begun["auth_req_id"]}, auth=own)
    assert waits.json()["error"] == "authorization_pending"
    for one in scene.person.inbox():
        if one.id != scene.waiting["handle"]:
            scene.person.refuse(one.id)
    return pairs


def token_revoked(scene: Scene) -> list[Pair]:
    """Revoking answers alike whether there is such a token or not (RFC 7009 §2.2); the shop's lives on."""
    refresh_token = service_tokens(scene.shop, scene.browser)["refresh_token"]
    made_up = scene.form("/oauth2/revoke", {"token": MADE_UP_TOKEN}, scene.thief.client_secret)
    pairs = [
        (scene.form("/oauth2/revoke", {"token": one}, scene.thief.client_secret), made_up) for one in (scene.shop.token, refresh_token)
    ]
    refreshing = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    again = scene.shop.stack.http.post("/oauth2/token", data=refreshing, auth=(scene.shop.client_id, scene.shop.client_secret))
    assert again.status_code == 200
    return pairs


def introspected(scene: Scene) -> list[Pair]:
    refresh_token = service_tokens(scene.shop, scene.browser)["refresh_token"]
    made_up = scene.form("/oauth2/introspect", {"token": MADE_UP_TOKEN}, scene.thief.client_secret)
    assert made_up.json() == {"active": False}
    return [
        (scene.form("/oauth2/introspect", {"token": one}, scene.thief.client_secret), made_up) for one in (scene.shop.token, refresh_token)
    ]


def pushed(scene: Scene) -> list[Pair]:
    """To have a code brought to the shop."""
    asked, _ = authorization_request()
    here, there = (
        scene.form("/oauth2/pushed_authorize", asked | {"redirect_uri": uri}, scene.thief.client_secret)
        for uri in (REDIRECT_URI, "https://nobody.example.jp/callback")
    )
    return [(here, there)]


def brought(scene: Scene) -> list[Pair]:
    """The shop's request under the thief's id."""
    asked, _ = authorization_request()
    own = scene.shop.stack.http.post("/oauth2/pushed_authorize", data=asked, auth=(scene.shop.client_id, scene.shop.client_secret))
    stolen, made_up = (
        scene.browser.http.get("/oauth2/authorize", params={"client_id": scene.thief.client_id, "request_uri": uri})
        for uri in (own.json()["request_uri"], URN + UNKNOWN_ID)
    )
    return [(stolen, made_up)]


def asked_backchannel(scene: Scene) -> list[Pair]:
    one, other = backchannel(scene.person), backchannel(scene.person) | {"login_hint": "nobody"}
    path = "/oauth2/backchannel_authentication"
    return [(scene.form(path, one, scene.thief.client_secret), scene.form(path, other, scene.thief.client_secret))]


def withdrawn(scene: Scene) -> list[Pair]:
    """By the thief's token; and by the secret of the event stream, which a page has."""
    made_up = scene.request("DELETE", f"/authorizations/{UNKNOWN_ID}")
    pairs = [(scene.request("DELETE", f"/authorizations/{one['handle']}"), made_up) for one in (scene.waiting, scene.approved)]
    path = f"/authorizations/{scene.waiting['handle']}"
    return [*pairs, (scene.request("DELETE", path, scene.waiting["events_token"]), scene.request("DELETE", path, MADE_UP_TOKEN))]


def heard(scene: Scene) -> list[Pair]:
    """By the thief's token; and by the secret of another request."""
    made_up = scene.request("GET", f"/authorizations/{UNKNOWN_ID}/events")
    path = f"/authorizations/{scene.waiting['handle']}/events"
    others = scene.request("GET", path, scene.approved["events_token"]), scene.request("GET", path, MADE_UP_TOKEN)
    return [(scene.request("GET", path), made_up), others]


TABLE: dict[tuple[str, str], Use] = {
    ("POST", "/csc/v2/info"): nothing,
    ("POST", "/csc/v2/credentials/list"): listed,
    ("POST", "/csc/v2/credentials/info"): described,
    ("POST", "/csc/v2/credentials/authorize"): asked_any_way,
    ("POST", "/csc/v2/credentials/getChallenge"): challenged,
    ("POST", "/csc/v2/credentials/extendTransaction"): extended,
    ("POST", "/csc/v2/signatures/signDoc"): documents_signed,
    ("POST", "/csc/v2/signatures/signPolling"): polled,
    ("POST", "/csc/v2/signatures/timestamp"): nothing,
    ("POST", "/csc/v2/auth/login"): nothing,
    ("POST", "/csc/v2/auth/revoke"): logged_out,
    ("POST", "/csc/v1/info"): nothing,
    ("POST", "/csc/v1/auth/login"): nothing,
    ("POST", "/csc/v1/auth/revoke"): logged_out,
    ("POST", "/csc/v1/credentials/list"): listed_v1,
    ("POST", "/csc/v1/credentials/info"): described_v1,
    ("POST", "/csc/v1/credentials/authorize"): asked_v1,
    ("POST", "/csc/v1/credentials/extendTransaction"): extended_v1,
    ("POST", "/csc/v1/signatures/signHash"): signed_v1,
    ("POST", "/csc/v1/signatures/timestamp"): nothing,
    ("POST", "/csc/v2/credentials/authorizeCheck"): checked,
    ("POST", "/csc/v2/signatures/signHash"): signed,
    ("POST", "/oauth2/token"): token_given,
    ("POST", "/oauth2/revoke"): token_revoked,
    ("POST", "/oauth2/introspect"): introspected,
    ("POST", "/oauth2/pushed_authorize"): pushed,
    ("POST", "/oauth2/backchannel_authentication"): asked_backchannel,
    ("GET", "/oauth2/authorize"): brought,
    ("GET", "/oauth2/jwks"): nothing,
    ("DELETE", "/authorizations/{id}"): withdrawn,
    ("GET", "/authorizations/{id}/events"): heard,
}
FOR_APPLICATIONS = ("/csc/", "/oauth2/", "/authorizations/")
WITH_TOKENS = [one for one in TABLE if not one[1].startswith("/oauth2/")]  # there an application shows its secret, whoever's token it has
ALIKE_WITHOUT_ERROR = ("credentials/list", "/oauth2/revoke", "/oauth2/introspect")


def test_the_table_has_every_route_for_applications() -> None:
    """A new route needs a row."""
    served = {(verb, path) for verb, rows in (("POST", POST), ("GET", GET), ("DELETE", DELETE)) for path, _ in rows}
    assert {one for one in served if one[1].startswith(FOR_APPLICATIONS)} == TABLE.keys()


@pytest.fixture(scope="module")
def parties(stack: Stack) -> Iterator[tuple[Application, Signer, Browser]]:
    """The shop, and its signer with a browser."""
    shop = new_application(stack, for_all=False, redirect_uris=[REDIRECT_URI])
    person = Person(stack)
    with closing(Browser(stack, person.passkey)) as browser:
        browser.signed_in()
        assert browser.post(f"/agree/{shop.client_id}", {"agree": True}).status_code == 200
        yield shop, person, browser


@pytest.fixture(scope="module")
def other(stack: Stack) -> Application:
    """Another application."""
    return new_application(stack, for_all=False)


@pytest.fixture(scope="module")
def neighbour(stack: Stack, parties: tuple[Application, Signer, Browser]) -> Application:
    """The shop, with the token that another signer granted."""
    shop, _, _ = parties
    bound = Application(stack, shop.client_id, shop.client_secret)
    with closing(Browser(stack, Person(stack).passkey)) as browser:
        bound.token = service_tokens(shop, browser.signed_in())["access_token"]
    assert len(bound.post("credentials/list", {}).json()["credentialIDs"]) == 1
    return bound


@pytest.fixture
def scene(request: pytest.FixtureRequest, parties: tuple[Application, Signer, Browser], thief: str) -> Iterator[Scene]:
    shop, person, browser = parties
    approved = shop.authorize(person.credential_id, DIGEST)
    person.approve(approved["handle"])
    sad = shop.sad(approved["handle"])
    body = authorize_body(person.credential_id)
    waiting = shop.post("credentials/authorize", body)
    assert waiting.status_code == 202, waiting.text
    yield Scene(shop, request.getfixturevalue(thief), person, browser, waiting.json() | {"body": body}, approved, sad)
    person.refuse(waiting.json()["handle"])


def authorization_request() -> tuple[dict[str, str], str]:
    """Compose a request for scope `service`, and give it with its verifier."""
    verifier = b64url(os.urandom(32))
    asked = {"response_type": "code", "redirect_uri": REDIRECT_URI, "scope": "service", "code_challenge_method": "S256"}
    return asked | {"code_challenge": b64url(hashlib.sha256(verifier.encode()).digest())}, verifier


def a_code(shop: Application, browser: Browser) -> tuple[str, str]:
    """Let a signer allow it; gives verifier and code."""
    asked, verifier = authorization_request()
    pushed = shop.stack.http.post("/oauth2/pushed_authorize", data=asked, auth=(shop.client_id, shop.client_secret))
    return verifier, went(browser, shop.client_id, pushed.json()["request_uri"])["code"]


def service_tokens(shop: Application, browser: Browser) -> dict[str, Any]:
    verifier, code = a_code(shop, browser)
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI, "code_verifier": verifier}
    answer = shop.stack.http.post("/oauth2/token", data=fields, auth=(shop.client_id, shop.client_secret))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def backchannel(person: Signer) -> dict[str, str]:
    return {"scope": "openid", "login_hint": person.user_id, "authorization_details": credential_details(person.credential_id)}


def seen(answer: httpx2.Response) -> tuple[int, bytes]:
    """Give an answer without the number of its request, which pages show."""
    return answer.status_code, answer.content.replace(answer.headers["x-request-id"].encode(), b"")


@pytest.mark.parametrize("thief", ["other"])
@pytest.mark.parametrize(("verb", "path"), TABLE)
def test_what_is_one_applications_is_useless_to_another(scene: Scene, verb: str, path: str) -> None:
    require_useless(scene, verb, path)


@pytest.mark.parametrize("thief", ["neighbour"])
@pytest.mark.parametrize(("verb", "path"), WITH_TOKENS)
def test_what_is_one_signers_is_useless_to_the_token_of_another(scene: Scene, verb: str, path: str) -> None:
    """Though it is the same application's."""
    require_useless(scene, verb, path)


def test_address_that_is_registered_for_one_application_is_nobodys_for_another(stack: Stack) -> None:
    """Naming it as `response_uri` gets what a made-up one gets, and spends nothing."""
    new_application(stack, callback_url=CALLBACK_URL)
    thief, person = new_application(stack), Person(stack)
    asked = thief.authorize(person.credential_id, DIGEST)
    person.approve(asked["handle"])
    sad = thief.sad(asked["handle"])
    documents = {"credentialID": person.credential_id, "SAD": sad, "documentDigests": [digest_element(DIGEST)]}
    for method, body in (
        ("signatures/signHash", sign_body(person.credential_id, sad, [b64(DIGEST)])),
        ("signatures/signDoc", documents),
    ):
        uris = (CALLBACK_URL, "https://nobody.example.jp/called")
        named, made_up = (thief.post(method, body | MODE_LATER | {"response_uri": uri}) for uri in uris)
        assert seen(named) == seen(made_up)
        assert error_of(named) == refused("Invalid parameter response_uri")
    assert thief.sign(person.credential_id, sad, asked["hashes"]).status_code == 200


def require_useless(scene: Scene, verb: str, path: str) -> None:
    for stolen, made_up in TABLE[verb, path](scene):
        assert seen(stolen) == seen(made_up)
        assert stolen.status_code >= 400 or path.endswith(ALIKE_WITHOUT_ERROR)
    assert scene.shop.post("credentials/list", {"userID": scene.person.user_id}).json()["credentialIDs"] == [scene.person.credential_id]
    waits = scene.shop.post("credentials/authorizeCheck", {"handle": scene.waiting["handle"]}, Prefer="wait=1")
    assert waits.status_code == 202
    assert scene.shop.sad(scene.approved["handle"]) == scene.sad
    assert scene.shop.sign(scene.person.credential_id, scene.sad, [b64(DIGEST)]).status_code == 200
