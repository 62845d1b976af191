"""Access tokens: `oauth2/token` for client credentials, `oauth2/revoke`, and the Authorization header (CSC 2.0 §8.3.3, §8.3.4, §10)."""

import base64
from typing import Any

import httpx2
import pytest

from app.csc import info, v1
from tests.flow.parties import new_application
from tests.flow.wire import error_of, refused
from tests.harness.stack import Application, Stack

GRANT = {"grant_type": "client_credentials"}
CIBA = "urn:openid:params:grant-type:ciba"
NO_CLIENT = refused("Missing parameter client_id")
BAD_CLIENT = refused("Invalid parameter client_id")
BAD_SECRET = refused("Invalid parameter client_secret")
NO_AUTHORIZATION = refused("Client authorization required")
BAD_HEADER = refused("Invalid authorization header", "invalid_client", 401)
MALFORMED = refused("Malformed authorization header.")
INVALID_TOKEN = refused("The access token is not valid", "invalid_token", 401)
AUTHENTICATED = [
    f"/csc/{version}/{method}"
    for version, methods in (("v2", info.METHODS), ("v1", v1.METHODS))
    for method in (*methods, *info.TIMESTAMP_METHODS)  # those for logging in: tests/flow/test_login.py
]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
# What is wrong, and where: fields of the form. ID and SECRET stand for the right ones.
CLIENT = {"client_id": "ID", "client_secret": "SECRET"}
TOKEN_REFUSALS: dict[str, tuple[dict[str, Any], tuple[int, str, str]]] = {
    "no grant_type": (CLIENT, refused("Missing parameter grant_type")),
    "empty grant_type": (CLIENT | {"grant_type": ""}, refused("Missing parameter grant_type")),
    "password": (CLIENT | {"grant_type": "password"}, refused("Invalid parameter grant_type")),
    "no code": (CLIENT | {"grant_type": "authorization_code"}, refused("Missing parameter code")),
    "unknown code": (CLIENT | {"grant_type": "authorization_code", "code": "x"}, refused("Invalid parameter code", "invalid_grant")),
    "no refresh_token": (CLIENT | {"grant_type": "refresh_token"}, refused("Missing parameter refresh_token")),
    "unknown refresh_token": (
        CLIENT | {"grant_type": "refresh_token", "refresh_token": "x"},
        refused("Invalid parameter refresh_token", "invalid_grant"),
    ),
    "no auth_req_id": (CLIENT | {"grant_type": CIBA}, refused("Missing parameter auth_req_id")),
    "unknown auth_req_id": (CLIENT | {"grant_type": CIBA, "auth_req_id": "x"}, refused("Invalid parameter auth_req_id", "invalid_grant")),
    "scope credential": (CLIENT | GRANT | {"scope": "credential"}, refused("Invalid parameter scope", "invalid_scope")),
    "no client": (GRANT, NO_AUTHORIZATION),
    "a secret without a client": (GRANT | {"client_secret": "SECRET"}, NO_CLIENT),
    "empty client_id": (GRANT | {"client_id": "", "client_secret": "SECRET"}, NO_CLIENT),
    "unknown client": (GRANT | {"client_id": "nobody", "client_secret": "SECRET"}, BAD_CLIENT),
    "no secret": (GRANT | {"client_id": "ID"}, BAD_SECRET),
    "wrong secret": (GRANT | {"client_id": "ID", "client_secret": "wrong"}, BAD_SECRET),
    "secret with a space": (GRANT | {"client_id": "ID", "client_secret": "SECRET "}, BAD_SECRET),
}
REVOKE_REFUSALS: dict[str, tuple[dict[str, Any], tuple[int, str, str]]] = {
    "no token": (CLIENT, refused("Missing parameter token")),
    "empty token": (CLIENT | {"token": ""}, refused("Missing parameter token")),
    "unknown hint": (CLIENT | {"token": "x", "token_type_hint": "sad"}, refused("Invalid parameter token_type_hint")),
    "no client": ({"token": "x"}, NO_AUTHORIZATION),
    "a secret without a client": ({"token": "x", "client_secret": "SECRET"}, NO_CLIENT),
    "unknown client": ({"token": "x", "client_id": "nobody", "client_secret": "SECRET"}, BAD_CLIENT),
    "wrong secret": ({"token": "x", "client_id": "ID", "client_secret": "wrong"}, BAD_SECRET),
}


def send(application: Application, path: str, fields: dict[str, str], **headers: str) -> httpx2.Response:
    """Send a form, with the application's id and secret in place of their names."""
    names = {"ID": application.client_id, "SECRET": application.client_secret, "SECRET ": application.client_secret + " "}
    return application.stack.http.post(path, data={name: names.get(value, value) for name, value in fields.items()}, headers=headers)


def basic(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


@pytest.mark.parametrize("case", TOKEN_REFUSALS)
def test_token_is_refused_with_the_words_of_the_table(shop: Application, case: str) -> None:
    """Each bad request for a token gets its own error and description."""
    fields, expected = TOKEN_REFUSALS[case]
    assert error_of(send(shop, "/oauth2/token", fields)) == expected


@pytest.mark.parametrize("case", REVOKE_REFUSALS)
def test_revocation_is_refused_with_the_words_of_the_table(shop: Application, case: str) -> None:
    """Each bad request to revoke gets its own error and description."""
    fields, expected = REVOKE_REFUSALS[case]
    assert error_of(send(shop, "/oauth2/revoke", fields)) == expected


@pytest.mark.parametrize("path", ["/oauth2/token", "/oauth2/revoke"])
@pytest.mark.parametrize("header", ["Basic", "Basic *", "Basic bm9jb2xvbg==", "Basic /w==", "Bearer abc", "Digest x", ""])
def test_malformed_client_authorization_is_401(shop: Application, path: str, header: str) -> None:
    """A header that is not HTTP Basic is `invalid_client`, and says what would be (RFC 6749 §5.2)."""
    answer = send(shop, path, GRANT | {"token": "x"}, Authorization=header)
    assert error_of(answer) == BAD_HEADER
    assert answer.headers["www-authenticate"].startswith("Basic ")


def test_client_is_authorized_in_one_way_at_a_time(shop: Application) -> None:
    """Two headers, or a header and a secret in the form, are refused, even where both are right (RFC 6749 §2.3)."""
    right = basic(shop.client_id, shop.client_secret)
    answer = shop.stack.http.post("/oauth2/token", data=GRANT, headers=[("Authorization", right), ("Authorization", right)])
    assert error_of(answer) == BAD_HEADER
    assert error_of(send(shop, "/oauth2/token", GRANT | CLIENT, Authorization=right)) == refused("Two ways of client authorization")


def test_client_id_in_the_form_is_that_of_the_header(shop: Application, rival: Application) -> None:
    """It may be there, and names nobody else."""
    right = basic(shop.client_id, shop.client_secret)
    assert send(shop, "/oauth2/token", GRANT | {"client_id": "ID"}, Authorization=right).status_code == 200
    assert error_of(send(shop, "/oauth2/token", GRANT | {"client_id": rival.client_id}, Authorization=right)) == BAD_CLIENT


@pytest.mark.parametrize(
    ("content", "headers", "expected"),
    [
        (b"grant_type=client_credentials", {"Content-Type": "application/json"}, "Content-Type must be application/x-www-form-urlencoded"),
        (b"grant_type=client_credentials", {}, "Content-Type must be application/x-www-form-urlencoded"),
        (b"grant_type=a&grant_type=b", FORM, "A parameter is given twice"),
        (b"grant_type", FORM, "The form can't be read"),
        (b"grant_type=\xff", FORM, "The form can't be read"),
        (b"&".join(b"a%d=" % number for number in range(51)), FORM, "The form can't be read"),
        (b"", FORM, "Missing parameter grant_type"),
    ],
)
def test_form_is_read_strictly(stack: Stack, content: bytes, headers: dict[str, str], expected: str) -> None:
    """Another type, a field twice, what is no form, or far too many fields: refused."""
    assert error_of(stack.http.post("/oauth2/token", content=content, headers=headers)) == refused(expected)


def test_long_form_is_413(stack: Stack) -> None:
    """A form has at most 10 kB."""
    answer = stack.http.post("/oauth2/token", content=b"a=" + b"x" * 10_000, headers=FORM)
    assert error_of(answer) == refused("The body may have 10000 bytes", status=413)


def test_token_is_given_by_basic_and_by_form(shop: Application) -> None:
    """Both ways give a Bearer token for an hour, of scope `service`, that nobody may store."""
    answers = [
        send(shop, "/oauth2/token", GRANT | CLIENT),
        send(shop, "/oauth2/token", GRANT | {"scope": "service"}, Authorization=basic(shop.client_id, shop.client_secret)),
        send(shop, "/oauth2/token", GRANT | {"client_id": "ID"}, Authorization=basic(shop.client_id, shop.client_secret)),
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        told = answer.json()
        assert (told["token_type"], told["expires_in"], told["scope"]) == ("Bearer", 3600, "service")
        assert works(shop, told["access_token"])
    assert len({answer.json()["access_token"] for answer in answers}) == 3


def test_revoked_token_is_dead_at_once(stack: Stack) -> None:
    """Revoking answers 204; the token is then as good as one never given, and another of the same client lives on."""
    shop = new_application(stack)
    first = shop.token
    shop.renew_token()
    assert send(shop, "/oauth2/revoke", CLIENT | {"token": first, "token_type_hint": "access_token"}).status_code == 204
    assert error_of(ask(shop, f"Bearer {first}")) == INVALID_TOKEN
    assert works(shop, shop.token)


def test_nobody_revokes_the_token_of_another(shop: Application, rival: Application) -> None:
    """Revoking a foreign, unknown or revoked token is no error, says nothing, and does nothing (RFC 7009 §2.2)."""
    for token in (shop.token, "unknown", "捺印"):
        answer = send(rival, "/oauth2/revoke", CLIENT | {"token": token, "token_type_hint": "refresh_token"})
        assert (answer.status_code, answer.content) == (204, b"")
    assert works(shop, shop.token)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer a b",
        "Bearer a,b",
        "Bearer \u00e9",
        "Bearer =a",
        "Basic dGFybzp0YXJv",
        "Token abc",
        "abc",
        "Bearer:abc",
    ],
)
def test_malformed_authorization_header_is_400(shop: Application, header: str | None) -> None:
    """Not of the form `Bearer …`, or not there at all."""
    assert error_of(ask(shop, header)) == MALFORMED


def test_two_authorization_headers_are_400(shop: Application) -> None:
    """Two headers could be read in two ways, even if they are equal."""
    twice = [("Authorization", f"Bearer {shop.token}")] * 2
    assert error_of(shop.stack.http.post("/csc/v2/credentials/list", json={"userID": "u"}, headers=twice)) == MALFORMED


@pytest.mark.parametrize("url", AUTHENTICATED)
def test_every_method_but_info_asks_for_a_token(shop: Application, url: str) -> None:
    """Without one 400, with an unknown one 401 and `WWW-Authenticate`; before anything else is looked at."""
    assert error_of(shop.stack.http.post(url, content=b"not json")) == MALFORMED
    answer = shop.stack.http.post(url, content=b"not json", headers={"Authorization": "Bearer unknown"})
    assert error_of(answer) == INVALID_TOKEN
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'


def test_scheme_is_read_in_any_case(shop: Application) -> None:
    """RFC 9110 §11.1: `bearer` is `Bearer`."""
    assert ask(shop, f"bearer {shop.token}").status_code == 200


def ask(application: Application, header: str | None) -> httpx2.Response:
    """List nobody's credentials under this Authorization header."""
    headers = [] if header is None else [(b"Authorization", header.encode("latin-1"))]
    return application.stack.http.post("/csc/v2/credentials/list", json={"userID": "u"}, headers=headers)


def works(application: Application, token: str) -> bool:
    return ask(application, f"Bearer {token}").status_code == 200
