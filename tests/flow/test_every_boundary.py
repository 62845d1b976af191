"""
What is one application's is useless to another, on every route: one table over the whole URL table.

Each row uses something of the shop's as another application, beside the same call with something made up: both get one answer, and
afterwards all that is the shop's still works for the shop.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from app.routes import DELETE, GET, POST
from tests.flow.browser import Browser
from tests.flow.parties import Person, new_application
from tests.flow.wire import DIGEST, UNKNOWN_ID, authorize_body, b64, sign_body
from tests.harness.signer import Signer
from tests.harness.stack import ECDSA_SHA256, SHA256, Application, Stack

MADE_UP_SAD = "A" * 100
MADE_UP_TOKEN = "A" * 43


@dataclass
class Scene:
    """The shop with a signer who agreed to it alone, one request that waits and one that is approved; and a thief who knows it all."""

    shop: Application
    thief: Application
    person: Signer
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
    one, other = authorize_body(scene.person.credential_id), authorize_body(UNKNOWN_ID)
    unknown = scene.call("credentials/authorize", other)
    return [
        (scene.call("credentials/authorize", body), unknown)
        for body in (one, one | {"userID": scene.person.user_id}, scene.waiting["body"])
    ]


def checked(scene: Scene) -> list[Pair]:
    unknown = scene.call("credentials/authorizeCheck", {"handle": UNKNOWN_ID})
    return [(scene.call("credentials/authorizeCheck", {"handle": one["handle"]}), unknown) for one in (scene.waiting, scene.approved)]


def signed(scene: Scene) -> list[Pair]:
    stolen, made_up = (sign_body(scene.person.credential_id, sad, [b64(DIGEST)]) for sad in (scene.sad, MADE_UP_SAD))
    return [(scene.call("signatures/signHash", stolen), scene.call("signatures/signHash", made_up))]


def token_given(scene: Scene) -> list[Pair]:
    """The shop's secret under the thief's name."""
    fields = {"grant_type": "client_credentials"}
    return [(scene.form("/oauth2/token", fields, scene.shop.client_secret), scene.form("/oauth2/token", fields, MADE_UP_TOKEN))]


def token_revoked(scene: Scene) -> list[Pair]:
    """Revoking answers alike whether there is such a token or not (RFC 7009 §2.2); the shop's lives on."""
    return [
        (
            scene.form("/oauth2/revoke", {"token": scene.shop.token}, scene.thief.client_secret),
            scene.form("/oauth2/revoke", {"token": MADE_UP_TOKEN}, scene.thief.client_secret),
        )
    ]


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


def challenged(scene: Scene) -> list[Pair]:
    one, other = ({"credentialID": which, "authObjectID": "mobile"} for which in (scene.person.credential_id, UNKNOWN_ID))
    return [(scene.call("credentials/getChallenge", one), scene.call("credentials/getChallenge", other))]


def extended(scene: Scene) -> list[Pair]:
    body = {"credentialID": scene.person.credential_id, "hashes": [b64(DIGEST)], "hashAlgorithmOID": SHA256}
    stolen, made_up = (scene.call("credentials/extendTransaction", body | {"SAD": sad}) for sad in (scene.sad, MADE_UP_SAD))
    return [(stolen, made_up)]


def signed_on_documents(scene: Scene) -> list[Pair]:
    element = {"hashes": [b64(DIGEST)], "hashAlgorithmOID": SHA256, "signature_format": "P", "conformance_level": "AdES-B-B"}
    body = {"credentialID": scene.person.credential_id, "documentDigests": [element | {"signAlgo": ECDSA_SHA256}]}
    stolen, made_up = (scene.call("signatures/signDoc", body | {"SAD": sad}) for sad in (scene.sad, MADE_UP_SAD))
    return [(stolen, made_up)]


def polled(scene: Scene) -> list[Pair]:
    """What the shop has signed later, and waits for."""
    handle = scene.shop.authorize(scene.person.credential_id, DIGEST)["handle"]
    scene.person.approve(handle)
    later = sign_body(scene.person.credential_id, scene.shop.sad(handle), [b64(DIGEST)]) | {"operationMode": "A"}
    accepted = scene.shop.post("signatures/signHash", later)
    assert accepted.status_code == 200, accepted.text
    stolen = scene.call("signatures/signPolling", {"responseID": accepted.json()["responseID"]})
    return [(stolen, scene.call("signatures/signPolling", {"responseID": UNKNOWN_ID}))]


def logged_out(scene: Scene) -> list[Pair]:
    """Off here; where it is on, `tests/flow/test_login.py` tries another application's token."""
    stolen, made_up = (scene.call("auth/revoke", {"token": token}) for token in (scene.shop.token, MADE_UP_TOKEN))
    return [(stolen, made_up)]


def listed_in_v1(scene: Scene) -> list[Pair]:
    return [(scene.call_v1("credentials/list", {"userID": scene.person.user_id}), scene.call_v1("credentials/list", {"userID": "nobody"}))]


def described_in_v1(scene: Scene) -> list[Pair]:
    one, other = (scene.call_v1("credentials/info", {"credentialID": which}) for which in (scene.person.credential_id, UNKNOWN_ID))
    return [(one, other)]


def asked_in_v1(scene: Scene) -> list[Pair]:
    body = {"numSignatures": 1, "hash": [b64(DIGEST)]}
    one, other = (
        scene.call_v1("credentials/authorize", body | {"credentialID": which}) for which in (scene.person.credential_id, UNKNOWN_ID)
    )
    return [(one, other)]


def extended_in_v1(scene: Scene) -> list[Pair]:
    body = {"credentialID": scene.person.credential_id, "hash": [b64(DIGEST)]}
    stolen, made_up = (scene.call_v1("credentials/extendTransaction", body | {"SAD": sad}) for sad in (scene.sad, MADE_UP_SAD))
    return [(stolen, made_up)]


def signed_in_v1(scene: Scene) -> list[Pair]:
    body = {"credentialID": scene.person.credential_id, "hash": [b64(DIGEST)], "hashAlgo": SHA256, "signAlgo": ECDSA_SHA256}
    stolen, made_up = (scene.call_v1("signatures/signHash", body | {"SAD": sad}) for sad in (scene.sad, MADE_UP_SAD))
    return [(stolen, made_up)]


TABLE: dict[tuple[str, str], Use] = {
    ("POST", "/csc/v2/info"): nothing,
    ("POST", "/csc/v2/credentials/list"): listed,
    ("POST", "/csc/v2/credentials/info"): described,
    ("POST", "/csc/v2/credentials/authorize"): asked,
    ("POST", "/csc/v2/credentials/authorizeCheck"): checked,
    ("POST", "/csc/v2/signatures/signHash"): signed,
    ("POST", "/csc/v2/credentials/getChallenge"): challenged,
    ("POST", "/csc/v2/credentials/extendTransaction"): extended,
    ("POST", "/csc/v2/signatures/signDoc"): signed_on_documents,
    ("POST", "/csc/v2/signatures/signPolling"): polled,
    ("POST", "/csc/v2/signatures/timestamp"): nothing,
    ("POST", "/csc/v2/auth/login"): nothing,
    ("POST", "/csc/v2/auth/revoke"): logged_out,
    ("POST", "/csc/v1/info"): nothing,
    ("POST", "/csc/v1/auth/login"): nothing,
    ("POST", "/csc/v1/auth/revoke"): logged_out,
    ("POST", "/csc/v1/credentials/list"): listed_in_v1,
    ("POST", "/csc/v1/credentials/info"): described_in_v1,
    ("POST", "/csc/v1/credentials/authorize"): asked_in_v1,
    ("POST", "/csc/v1/credentials/extendTransaction"): extended_in_v1,
    ("POST", "/csc/v1/signatures/signHash"): signed_in_v1,
    ("POST", "/csc/v1/signatures/timestamp"): nothing,
    ("POST", "/oauth2/token"): token_given,
    ("POST", "/oauth2/revoke"): token_revoked,
    ("DELETE", "/authorizations/{id}"): withdrawn,
    ("GET", "/authorizations/{id}/events"): heard,
}
FOR_APPLICATIONS = ("/csc/", "/oauth2/", "/authorizations/")


def test_the_table_has_every_route_for_applications() -> None:
    """A new route needs a row."""
    served = {(verb, path) for verb, rows in (("POST", POST), ("GET", GET), ("DELETE", DELETE)) for path, _ in rows}
    assert {one for one in served if one[1].startswith(FOR_APPLICATIONS)} == TABLE.keys()


@pytest.fixture(scope="module")
def parties(stack: Stack) -> tuple[Application, Application, Signer]:
    """The shop, the thief, and the shop's signer."""
    shop, thief, person = new_application(stack, for_all=False), new_application(stack, for_all=False), Person(stack)
    person_agrees(stack, person, shop)
    return shop, thief, person


@pytest.fixture
def scene(parties: tuple[Application, Application, Signer]) -> Iterator[Scene]:
    shop, thief, person = parties
    approved = shop.authorize(person.credential_id, DIGEST)
    person.approve(approved["handle"])
    sad = shop.sad(approved["handle"])
    body = authorize_body(person.credential_id)
    waiting = shop.post("credentials/authorize", body)
    assert waiting.status_code == 202, waiting.text
    yield Scene(shop, thief, person, waiting.json() | {"body": body}, approved, sad)
    person.refuse(waiting.json()["handle"])


def person_agrees(stack: Stack, person: Signer, application: Application) -> None:
    browser = Browser(stack, person.passkey).signed_in()
    assert browser.post(f"/agree/{application.client_id}", {"agree": True}).status_code == 200
    browser.close()


def seen(answer: httpx2.Response) -> tuple[int, bytes]:
    return answer.status_code, answer.content


@pytest.mark.parametrize(("verb", "path"), TABLE)
def test_what_is_one_applications_is_useless_to_another(scene: Scene, verb: str, path: str) -> None:
    for stolen, made_up in TABLE[verb, path](scene):
        assert seen(stolen) == seen(made_up)
        assert stolen.status_code >= 400 or path in ("/csc/v1/credentials/list", "/csc/v2/credentials/list", "/oauth2/revoke")
    assert scene.shop.post("credentials/list", {"userID": scene.person.user_id}).json()["credentialIDs"] == [scene.person.credential_id]
    waits = scene.shop.post("credentials/authorizeCheck", {"handle": scene.waiting["handle"]}, Prefer="wait=1")
    assert waits.status_code == 202
    assert scene.shop.sad(scene.approved["handle"]) == scene.sad
    assert scene.shop.sign(scene.person.credential_id, scene.sad, [b64(DIGEST)]).status_code == 200
