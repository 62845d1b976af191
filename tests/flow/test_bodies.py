"""How bodies are read: JSON in UTF-8, one object, each key once, of the right types, within a limit; else the standard's error form."""

import json
from typing import Any

import httpx2
import pytest

from tests.flow.browser import Browser
from tests.flow.records import Records
from tests.flow.wire import DIGEST, authorize_body, b64, error_of, refused
from tests.harness.signer import Signer
from tests.harness.stack import ECDSA_SHA256, Application

NOT_JSON = refused("The body must be one JSON object, each key once")
NOT_JSON_TYPE = refused("Content-Type must be application/json")
TOO_LONG_WITH_DOCUMENTS = refused("The body may have 27666666 bytes", status=413)
TOO_LONG = refused("The body may have 1000000 bytes", status=413)
METHODS = (
    "info",
    "credentials/list",
    "credentials/info",
    "credentials/authorize",
    "credentials/authorizeCheck",
    "signatures/signHash",
)
BAD_BODIES: dict[str, bytes] = {
    "nothing": b"",
    "null": b"null",
    "a list": b"[]",
    "text": b'"info"',
    "a number": b"1",
    "cut off": b'{"credentialID":',
    "two values": b"{}{}",
    "a comment": b"{/* */}",
    "a trailing comma": b'{"lang":"en",}',
    "single quotes": b"{'lang':'en'}",
    "a key twice": b'{"lang":"en","lang":"en"}',
    "a key twice, once escaped": b'{"lang":"en","l\\u0061ng":"en"}',
    "a key twice, further down": b'{"clientData":{"a":1,"a":2}}',
    "NaN": b'{"numSignatures":NaN}',
    "infinity": b'{"numSignatures":-Infinity}',
    "a number of 5,000 digits": b'{"numSignatures":' + b"1" * 5_000 + b"}",
    "deep lists": b'{"a":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    "deep objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "a lone surrogate": b'{"credentialID":"\\ud800"}',
    "surrogates the wrong way round": b'{"credentialID":"\\udc00\\ud800"}',
    "a lone surrogate in a key": b'{"\\udfff":1}',
    "a surrogate in raw bytes": b'{"credentialID":"\xed\xa0\x80"}',
    "bytes that are not UTF-8": b'{"credentialID":"\xff"}',
    "an overlong slash": b'{"credentialID":"\xc0\xaf"}',
    "UTF-16": '{"credentialID":"a"}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "a raw newline in text": b'{"credentialID":"a\nb"}',
    "a NUL after the end": b"{}\x00",
}


def send(application: Application, method: str, content: bytes, content_type: str | None = "application/json") -> httpx2.Response:
    headers = {"Authorization": f"Bearer {application.token}"} | ({"Content-Type": content_type} if content_type is not None else {})
    return application.stack.http.post(f"/csc/v2/{method}", content=content, headers=headers)


@pytest.mark.parametrize("case", BAD_BODIES)
def test_what_is_not_one_clean_json_object_is_refused(shop: Application, records: Records, case: str) -> None:
    """By every method, in the standard's form, and nothing is created."""
    before = records.authorizations()
    for method in METHODS:
        assert error_of(send(shop, method, BAD_BODIES[case])) == NOT_JSON
    assert records.authorizations() == before


@pytest.mark.parametrize(
    "content_type", [None, "", "text/plain", "text/json", "application/x-www-form-urlencoded", "application/json5", "application/jose+json"]
)
def test_body_of_another_type_is_refused(shop: Application, content_type: str | None) -> None:
    """Only `application/json` is read, whatever the body looks like."""
    for method in METHODS:
        assert error_of(send(shop, method, b"{}", content_type)) == NOT_JSON_TYPE


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON", "application/json; charset=utf-8", "application/json ;x=y"]
)
def test_media_type_is_read_as_the_standard_says(shop: Application, content_type: str) -> None:
    """RFC 9110 §8.3: any case, parameters allowed."""
    assert send(shop, "info", b"{}", content_type).status_code == 200


def test_long_body_is_413(shop: Application, records: Records) -> None:
    """10 MB, where no documents come, and one byte more than 1 MB, with a length or in chunks; a body of just 1 MB is read."""
    before = records.authorizations()
    for method in METHODS:
        takes_documents = method == "credentials/authorize"
        assert error_of(send(shop, method, b"x" * 10_000_000)) == (NOT_JSON if takes_documents else TOO_LONG)
    assert error_of(send(shop, "credentials/authorize", b"x" * 27_700_000)) == TOO_LONG_WITH_DOCUMENTS
    exact = b'{"lang":"en"' + b" " * 999_987 + b"}"
    assert send(shop, "info", exact).status_code == 200
    assert error_of(send(shop, "info", exact + b" ")) == TOO_LONG
    chunked = shop.stack.http.post("/csc/v2/info", content=iter([b"x" * 100_000] * 100), headers={"Content-Type": "application/json"})
    assert error_of(chunked) == TOO_LONG
    assert records.authorizations() == before


TEXT: tuple[Any, ...] = (5, 1.5, True, [], ["x"], {})
NEEDED_TEXT = (None, *TEXT)
WRONG: dict[tuple[str, str], tuple[Any, ...]] = {
    ("info", "lang"): TEXT,
    ("credentials/list", "userID"): NEEDED_TEXT,
    ("credentials/list", "credentialInfo"): ("true", 1, 0, None, [], {}),
    ("credentials/list", "certificates"): (5, True, None, [], ["chain"], {}),
    ("credentials/list", "certInfo"): ("false", 1, None, []),
    ("credentials/list", "authInfo"): ("false", 1, None, []),
    ("credentials/list", "onlyValid"): ("false", 1, None, []),
    ("credentials/list", "lang"): TEXT,
    ("credentials/list", "clientData"): TEXT,
    ("credentials/info", "credentialID"): NEEDED_TEXT,
    ("credentials/info", "certificates"): (5, True, None, [], {}),
    ("credentials/info", "certInfo"): ("false", 1, None, []),
    ("credentials/info", "authInfo"): ("false", 1, None, []),
    ("credentials/info", "lang"): TEXT,
    ("credentials/info", "clientData"): TEXT,
    ("credentials/authorize", "credentialID"): NEEDED_TEXT,
    ("credentials/authorize", "numSignatures"): (None, "1", 1.0, True, [], [1], {}),
    ("credentials/authorize", "hashes"): (None, b64(DIGEST), 5, True, {}, {"0": b64(DIGEST)}, [[b64(DIGEST)]], [None], [{}], [True]),
    ("credentials/authorize", "hashAlgorithmOID"): NEEDED_TEXT,
    ("credentials/authorize", "authData"): (None, "mobile", 5, True, {"id": "mobile"}, ["mobile"], [None], [["id", "mobile"]]),
    ("credentials/authorize", "description"): TEXT,
    ("credentials/authorize", "clientData"): TEXT,
    ("credentials/authorize", "userID"): TEXT,
    ("credentials/authorize", "documentLabels"): ("a", 5, True, {}, {"0": "a"}, [None], [5], [["a"]]),
    ("credentials/authorize", "requestedExpiry"): (None, "60", 60.0, True, [], [60], {}),
    ("credentials/authorizeCheck", "handle"): NEEDED_TEXT,
    ("credentials/getChallenge", "credentialID"): NEEDED_TEXT,
    ("credentials/getChallenge", "authObjectID"): NEEDED_TEXT,
    ("credentials/extendTransaction", "credentialID"): NEEDED_TEXT,
    ("credentials/extendTransaction", "SAD"): NEEDED_TEXT,
    ("credentials/extendTransaction", "hashes"): (None, b64(DIGEST), 5, True, {}, [[b64(DIGEST)]], [None], [5]),
    ("credentials/extendTransaction", "hashAlgorithmOID"): NEEDED_TEXT,
    ("credentials/extendTransaction", "clientData"): TEXT,
    ("signatures/signHash", "SAD"): NEEDED_TEXT,
    ("signatures/signHash", "credentialID"): NEEDED_TEXT,
    ("signatures/signHash", "hashes"): (None, b64(DIGEST), 5, True, {}, [[b64(DIGEST)]], [None], [5]),
    ("signatures/signHash", "signAlgo"): NEEDED_TEXT,
    ("signatures/signHash", "signAlgoParams"): TEXT,
    ("signatures/signHash", "hashAlgorithmOID"): TEXT,
    ("signatures/signHash", "operationMode"): (5, True, None, [], ["S"], {}),
    ("signatures/signHash", "clientData"): TEXT,
}


@pytest.mark.parametrize(("method", "field"), WRONG)
def test_field_of_a_wrong_type_is_refused_by_name(shop: Application, taro: Signer, records: Records, method: str, field: str) -> None:
    """Never a 500, never taken for something near: 400 `invalid_request`, the description names the field, and nothing is created."""
    right: dict[str, Any] = {
        "info": {},
        "credentials/list": {"userID": taro.user_id},
        "credentials/info": {"credentialID": taro.credential_id},
        "credentials/authorize": authorize_body(taro.credential_id),
        "credentials/authorizeCheck": {},
        "credentials/getChallenge": {"credentialID": taro.credential_id, "authObjectID": "mobile"},
        "credentials/extendTransaction": {
            "credentialID": taro.credential_id,
            "SAD": "x",
            "hashes": [b64(DIGEST)],
            "hashAlgorithmOID": "2.16.840.1.101.3.4.2.1",
        },
        "signatures/signHash": {"credentialID": taro.credential_id, "SAD": "x", "hashes": [b64(DIGEST)], "signAlgo": ECDSA_SHA256},
    }[method]
    before = records.authorizations()
    for value in WRONG[method, field]:
        status, error, description = error_of(shop.post(method, right | {field: value}))
        assert (status, error) == (400, "invalid_request"), (value, description)
        assert description.endswith(f" {'hash' if field == 'hashes' else field}"), (value, description)
    assert records.authorizations() == before


PHONE_POSTS = (
    "/enroll/options",
    "/enroll/key",
    "/enroll",
    "/sign-in/options",
    "/sign-in",
    "/sign-out",
    f"/approve/{'A' * 22}",
    f"/approve/{'A' * 22}/refuse",
)


@pytest.mark.parametrize("path", PHONE_POSTS)
def test_phone_routes_read_as_strictly(taros_browser: Browser, path: str) -> None:
    """The same bad bodies, another type, and more than 64 kB: a code in JSON, never a 500."""
    headers = {"Origin": taros_browser.stack.origin, "Content-Type": "application/json"}
    for name, content in BAD_BODIES.items():
        answer = taros_browser.http.post(path, content=content, headers=headers)
        assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"}), name
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = taros_browser.http.post(path, content=b"{}", headers=headers | {"Content-Type": content_type})
        assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"}), content_type
    answer = taros_browser.http.post(path, content=json.dumps({"a": "x" * 64_000}).encode(), headers=headers)
    assert (answer.status_code, answer.json()) == (413, {"error": "invalid_request"})


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/enroll/options", {}),
        ("/enroll/options", {"link": 5}),
        ("/enroll/options", {"link": ""}),
        ("/enroll/options", {"link": "a" * 1_001}),
        ("/enroll", {"link": "a", "credential": "x"}),
        ("/enroll", {"link": "a", "credential": []}),
        ("/approve/ID", {}),
        ("/approve/ID", {"credential": None}),
        ("/approve/ID", {"credential": "x"}),
        ("/approve/ID", {"credential": {}, "code": 47}),
        ("/approve/ID/refuse", {}),
        ("/approve/ID/refuse", {"reason": "wrong_code"}),
        ("/approve/ID/refuse", {"reason": "expired"}),
        ("/approve/ID/refuse", {"reason": ["declined"]}),
    ],
)
def test_phone_fields_of_a_wrong_type_are_refused(
    shop: Application, taro: Signer, taros_browser: Browser, path: str, body: dict[str, Any]
) -> None:
    """400 `invalid_request`, and the authorization goes on waiting."""
    handle = shop.authorize(taro.credential_id)["handle"]
    answer = taros_browser.post(path.replace("ID", handle), body)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})
    assert taros_browser.look(handle)["state"] == "pending"
    taros_browser.refuse(handle)


def test_no_depth_is_deep_enough_to_break_what_reads_it_next(shop: Application, taro: Signer, taros_browser: Browser) -> None:
    """An answer of the passkey nested to just below and just above what can be read is refused like any other that is wrong."""
    handle = shop.authorize(taro.credential_id)["handle"]
    headers = {"Origin": taros_browser.stack.origin, "Content-Type": "application/json"}
    for depth in range(900, 1_010, 5):
        content = b'{"credential":' + b'{"id":' * depth + b"1" + b"}" * depth + b"}"
        answer = taros_browser.http.post(f"/approve/{handle}", content=content, headers=headers)
        assert (answer.status_code, answer.json()["error"] in ("evidence_refused", "invalid_request")) == (400, True), depth
    taros_browser.refuse(handle)
