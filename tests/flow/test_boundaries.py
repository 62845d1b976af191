"""What is one application's or one signer's is no other's to use, and no page of another site may act for a signer."""

import re
from typing import Any

import pytest

from app.routes import POST
from tests.flow.browser import Browse, Browser
from tests.flow.wire import DIGEST, UNKNOWN_ID, b64, error_of, refused
from tests.harness.signer import Signer
from tests.harness.stack import Application

GOOD = b64(DIGEST)
BAD_SAD = refused("Invalid parameter SAD")
FOR_PHONES = {path for path, _ in POST if not path.startswith(("/csc/", "/oauth2/"))}


def test_sad_is_of_use_only_to_the_application_that_asked(shop: Application, rival: Application, taro: Signer) -> None:
    """A stolen SAD with the right hashes under another application's token is a bad SAD, and stays unspent."""
    handle = shop.authorize(taro.credential_id, DIGEST)["handle"]
    taro.approve(handle)
    sad = shop.sad(handle)
    assert error_of(rival.sign(taro.credential_id, sad, [GOOD])) == BAD_SAD
    assert error_of(rival.sign(taro.credential_id, sad, [GOOD], Idempotency_Key="x")) == BAD_SAD
    assert shop.sign(taro.credential_id, sad, [GOOD]).status_code == 200


def test_idempotency_key_is_of_use_only_to_the_application_that_chose_it(shop: Application, rival: Application, taro: Signer) -> None:
    """Another application that knows SAD and key gets no copy of the signature."""
    handle = shop.authorize(taro.credential_id, DIGEST)["handle"]
    taro.approve(handle)
    sad = shop.sad(handle)
    assert shop.sign(taro.credential_id, sad, [GOOD], Idempotency_Key="order 47").status_code == 200
    assert error_of(rival.sign(taro.credential_id, sad, [GOOD], Idempotency_Key="order 47")) == BAD_SAD


def test_handle_is_of_use_only_to_the_application_that_asked(shop: Application, rival: Application, taro: Signer) -> None:
    """Another application can't collect with it once it is approved, and its tries don't slow the owner down."""
    handle = shop.authorize(taro.credential_id)["handle"]
    taro.approve(handle)
    assert error_of(rival.post("credentials/authorizeCheck", {"handle": handle})) == refused("Invalid parameter handle")
    assert shop.post("credentials/authorizeCheck", {"handle": handle}).status_code == 200


def test_sad_is_for_one_credential(shop: Application, taro: Signer, hanako: Signer) -> None:
    """Two approvals of the same hash by two signers: each SAD fits its own credential only."""
    sads = []
    for signer in (taro, hanako):
        handle = shop.authorize(signer.credential_id, DIGEST)["handle"]
        signer.approve(handle)
        sads.append(shop.sad(handle))
    assert error_of(shop.sign(taro.credential_id, sads[1], [GOOD])) == refused("Invalid parameter credentialID")
    assert error_of(shop.sign(hanako.credential_id, sads[0], [GOOD])) == refused("Invalid parameter credentialID")
    assert shop.sign(taro.credential_id, sads[0], [GOOD]).status_code == 200
    assert shop.sign(hanako.credential_id, sads[1], [GOOD]).status_code == 200


def test_inbox_shows_a_signer_their_own(shop: Application, taro: Signer, hanako: Signer) -> None:
    """What one signer is asked stands in no other's list."""
    handle = shop.authorize(taro.credential_id)["handle"]
    assert handle in [one.id for one in taro.inbox()]
    assert handle not in [one.id for one in hanako.inbox()]


def test_two_requests_at_once_are_never_swapped(shop: Application, taro: Signer, taros_browser: Browser) -> None:
    """The passkey's answer to one request approves no other, of the same signer and application, over the same hash."""
    one, other = (shop.authorize(taro.credential_id, DIGEST)["handle"] for _ in range(2))
    answer = taros_browser.assertion(one)
    wrong = taros_browser.post(f"/approve/{other}", {"credential": answer, "code": None})
    assert (wrong.status_code, wrong.json()) == (400, {"error": "evidence_refused"})
    assert taros_browser.look(other)["state"] == "pending"
    assert taros_browser.post(f"/approve/{one}", {"credential": answer, "code": None}).json() == {"state": "approved"}


def test_passkey_of_another_signer_approves_nothing(shop: Application, taro: Signer, hanako: Signer, taros_browser: Browser) -> None:
    """With Taro's session and Hanako's passkey over Taro's transaction: refused."""
    handle = shop.authorize(taro.credential_id)["handle"]
    options = taros_browser.look(handle)["publicKey"] | {"allowCredentials": []}
    answer = hanako.passkey.get(options, taros_browser.stack.origin)
    wrong = taros_browser.post(f"/approve/{handle}", {"credential": answer, "code": None})
    assert (wrong.status_code, wrong.json()) == (400, {"error": "evidence_refused"})
    assert taros_browser.refuse(handle).status_code == 200


FOREIGN: dict[str, dict[str, str | None]] = {
    "no origin": {"Origin": None},
    "an opaque origin": {"Origin": "null"},
    "another site": {"Origin": "https://evil.example"},
    "another port": {"Origin": "http://localhost:1"},
    "another scheme": {"Origin": "https://localhost"},
    "our origin with a path": {"Origin": "OURS/"},
    "our origin as a prefix": {"Origin": "OURS.evil.example"},
    "cross-site": {"Sec_Fetch_Site": "cross-site"},
    "same-site": {"Sec_Fetch_Site": "same-site"},
    "none": {"Sec_Fetch_Site": "none"},
}


@pytest.mark.parametrize("case", FOREIGN)
def test_no_page_of_another_site_acts_for_a_signer(shop: Application, taro: Signer, taros_browser: Browser, case: str) -> None:
    """Every POST of the phone's door is refused with 403 under a foreign or missing origin, session and right body or not."""
    headers = {name: value.replace("OURS", taros_browser.stack.origin) if value else value for name, value in FOREIGN[case].items()}
    handle = shop.authorize(taro.credential_id)["handle"]
    bodies: dict[str, dict[str, Any]] = {
        "/enroll/options": {"link": "x"},
        "/enroll/key": {"link": "x", "credential": None},
        "/enroll": {"link": "x", "credential": None},
        "/enroll/application": {"link": "x"},
        "/enroll/application/signed": {"link": "x", "signed": "", "credential": None},
        "/sign-in/options": {},
        "/sign-in": {"ceremony": "x", "credential": {}},
        "/sign-out": {},
        f"/approve/{handle}": {"credential": taros_browser.assertion(handle), "code": None},
        f"/approve/{handle}/refuse": {"reason": "declined"},
        f"/approve/{handle}/later": {},
        "/quiet": {"hours": 1},
        "/s": {"code": "x"},
        "/account/add": {},
        f"/account/add/{UNKNOWN_ID}/refuse": {},
        f"/account/devices/{UNKNOWN_ID}/rename": {"name": "x"},
        "/account/change": {"change": "destroy", "of": taro.credential_id},
        f"/account/change/{UNKNOWN_ID}": {"credential": {}},
        f"/account/recovery/{UNKNOWN_ID}/stop": {},
        "/recover/options": {"code": "x"},
        "/recover": {"code": "x", "credential": {}},
        "/new-device/options": {"link": "x"},
        "/new-device": {"link": "x", "credential": {}},
        "/new-device/state": {"link": "x"},
        "/freeze": {"for": "hour"},
        "/account/otp/offer": {},
        "/account/otp/serial": {"serial": "x"},
        "/second-way": {},
        "/receipt": {"credential_id": taro.credential_id},
        "/sign-in/otp": {"authorization": handle, "asked": "x", "token": 0, "pin": "739154", "code": "123456"},
        "/account/replacement/stop": {},
        f"/account/reminders/{UNKNOWN_ID}/dismiss": {},
        "/push/subscribe": {"endpoint": "https://fcm.googleapis.com/x", "keys": {}},
        "/push/unsubscribe": {"endpoint": "https://fcm.googleapis.com/x"},
        "/push/test": {},
        "/push/delivered": {"id": UNKNOWN_ID},
        f"/agree/{UNKNOWN_ID}": {"agree": True},
        f"/access/{UNKNOWN_ID}": {"agree": True},
    }
    assert {re.sub(rf"{handle}|{UNKNOWN_ID}", "{id}", path) for path in bodies} == FOR_PHONES
    for path, body in bodies.items():
        answer = taros_browser.post(path, body, **headers)
        assert (answer.status_code, answer.json()) == (403, {"error": "forbidden"}), path
    assert taros_browser.look(handle)["state"] == "pending"  # and the session lives
    taros_browser.refuse(handle)


def test_two_origins_are_none(taros_browser: Browser) -> None:
    """A header given twice could be read in two ways."""
    ours = taros_browser.stack.origin
    answer = taros_browser.http.post("/sign-in/options", json={}, headers=[("Origin", ours), ("Origin", ours)])
    assert (answer.status_code, answer.json()) == (403, {"error": "forbidden"})


def test_without_a_session_scripts_get_401_and_people_are_sent_to_sign_in(shop: Application, taro: Signer, browse: Browse) -> None:
    """Nothing about the request is told; the sign-in page is asked to come back."""
    stranger = browse(shop.stack)
    handle = shop.authorize(taro.credential_id)["handle"]
    for answer in (
        stranger.get("/inbox", Accept="application/json"),
        stranger.get(f"/approve/{handle}", Accept="application/json"),
        stranger.post(f"/approve/{handle}", {"credential": {}, "code": None}),
        stranger.refuse(handle),
    ):
        assert (answer.status_code, answer.json()) == (401, {"error": "session_required"})
    for path, target in (("/", "/sign-in?next=/"), (f"/approve/{handle}", f"/sign-in?next=/approve/{handle}")):
        page = stranger.get(path)
        assert (page.status_code, page.headers["location"], page.content) == (303, target, b"")
    taro.refuse(handle)


@pytest.mark.parametrize("cookie", ["", "nonsense", "A" * 43, "捺印".encode().decode("latin-1"), "a=b; natsuin=c"])
def test_made_up_session_is_none(browse: Browse, shop: Application, cookie: str) -> None:
    """A cookie that was never given is no session, and no error."""
    answer = browse(shop.stack).http.get(
        "/inbox", headers=[(b"Accept", b"application/json"), (b"Cookie", b"natsuin=" + cookie.encode("latin-1"))]
    )
    assert answer.status_code == 401
