"""The history: every signature that was asked for, with its end and its evidence, and whatever happened to keys and devices."""

import hashlib
import json

import pytest

from demo.passkey import to_base64url
from tests.flow.browser import Browse, Browser
from tests.flow.later import worker_ahead
from tests.flow.parties import Person
from tests.flow.wire import UNKNOWN_ID
from tests.harness.signer import Signer
from tests.harness.stack import Application, Stack


@pytest.fixture
def person(stack: Stack) -> Person:
    return Person(stack)


@pytest.fixture
def browser(stack: Stack, person: Person, browse: Browse) -> Browser:
    return browse(stack, person.passkey).signed_in()


def test_every_end_is_told(shop: Application, person: Person, browser: Browser) -> None:
    """Signed, approved, declined, not me, newest first; what still waits is not in it."""
    asked = [shop.authorize(person.credential_id, documentLabels=[f"{number}.pdf"]) for number in range(5)]
    signed, approved, declined, not_me, _waiting = (one["handle"] for one in asked)
    for handle in (signed, approved):
        browser.approve(handle)
    shop.sign(person.credential_id, shop.sad(signed), asked[0]["hashes"])
    browser.refuse(declined)
    browser.refuse(not_me, "not_me")
    told = {one["id"]: one for one in browser.history()["entries"]}
    ends = {handle: (told[handle]["state"], told[handle]["reason"]) for handle in told}
    assert ends == {
        signed: ("signed", None),
        approved: ("approved", None),
        declined: ("refused", "declined"),
        not_me: ("refused", "not_me"),
    }
    assert [told[handle]["documents"] for handle in (signed, declined)] == [[{"label": "0.pdf"}], [{"label": "2.pdf"}]]
    page = browser.get("/history", Accept_Language="en").text
    for words in ("Signed", "Approved", "Declined", "Refused and reported", told[signed]["reference"]):
        assert words in page


def test_evidence_is_what_was_shown_and_signed(shop: Application, person: Person, browser: Browser) -> None:
    """The canonical bytes, and the challenge that the passkey signed, which anyone can compute from them."""
    handle = shop.authorize(person.credential_id, documentLabels=["契約書.pdf"])["handle"]
    seen = browser.look(handle)
    browser.approve(handle)
    detail = browser.get(f"/history/{handle}", Accept="application/json").json()
    raw = detail["evidence"]["transaction"].encode()
    assert to_base64url(raw) == seen["transaction"]
    assert detail["evidence"]["challenge"] == seen["publicKey"]["challenge"]
    assert detail["evidence"]["challenge"] == to_base64url(hashlib.sha256(b"natsuin/v1/sign\0" + raw).digest())
    assert "".join(detail["certificate"]) == json.loads(raw)["certificate_sha256"]
    assert detail["approved_with"] == "Device"
    page = browser.get(f"/history/{handle}", Accept_Language="ja").text
    for words in ("契約書.pdf", detail["reference"], detail["evidence"]["challenge"]):
        assert words in page


def test_history_is_paged(shop: Application, person: Person, browser: Browser) -> None:
    """Twenty on a page, without gaps or doubles, to the end; the pages lead from one to the next."""
    handles = []
    for _ in range(23):
        handles.append(shop.authorize(person.credential_id)["handle"])
        browser.refuse(handles[-1])
    first = browser.history()
    second = browser.history(first["next"])
    assert (len(first["entries"]), len(second["entries"]), second["next"]) == (20, 3, None)
    assert {one["id"] for one in first["entries"] + second["entries"]} == set(handles)
    places = [(one["place"], one["id"]) for one in first["entries"] + second["entries"]]
    assert places == sorted(places, reverse=True)
    assert f"/history?before={first['next']}" in browser.get("/history").text


@pytest.mark.parametrize("before", ["nonsense", "1.x", "1." + "A" * 22, "9" * 30 + "." + "A" * 22, "-1", "１." + "A" * 22])
def test_made_up_place_is_no_error(taros_browser: Browser, before: str) -> None:
    """The beginning, or nothing older."""
    assert taros_browser.get("/history", Accept="application/json").status_code == 200
    answer = taros_browser.http.get("/history", params={"before": before}, headers={"Accept": "application/json"})
    assert answer.status_code == 200


def test_history_is_nobody_elses(shop: Application, taro: Signer, person: Person, browser: Browser, browse: Browse) -> None:
    """Another signer's entry looks like one that never was; so does a request that still waits, which has a page of its own."""
    handle = shop.authorize(taro.credential_id)["handle"]
    taro.refuse(handle)
    waiting = shop.authorize(person.credential_id)["handle"]
    other = browse(shop.stack, Person(shop.stack).passkey).signed_in()
    other.post("/freeze", {"for": "hour"})
    (event,) = other.history()["entries"]
    assert other.get(f"/history/{event['id']}").status_code == 200
    for entry in (handle, waiting, event["id"], UNKNOWN_ID):
        answer = browser.get(f"/history/{entry}", Accept="application/json")
        assert (answer.status_code, answer.json()) == (404, {"error": "not_found"})
    stranger = browse(shop.stack)
    assert stranger.get("/history").headers["location"] == "/sign-in?next=/history"
    assert stranger.get("/account", Accept="application/json").status_code == 401


def test_account_page_says_what_the_certificate_says(taro: Signer, taros_browser: Browser, shop: Application) -> None:
    """Holder, issuer, end, serial number, and the fingerprint of the very certificate that applications get."""
    (key,) = [one for one in taros_browser.own()["keys"] if one["credential_id"] == taro.credential_id]
    body = {"credentialID": taro.credential_id, "certInfo": True}
    info = shop.post("credentials/info", body).json()["cert"]
    assert "".join(key["serial"]) == info["serialNumber"]
    assert f"CN={key['holder']}" in info["subjectDN"]
    assert f"CN={key['issuer']}" in info["issuerDN"]
    page = taros_browser.get("/account", Accept_Language="ja").text
    for words in (key["holder"], key["issuer"], " ".join(key["serial"]), *key["fingerprint"]):
        assert words in page


def test_old_events_are_in_the_history_only(stack: Stack, browser: Browser) -> None:
    """The start page tells what happened in seven days."""
    (device,) = browser.own()["devices"]
    browser.post(f"/account/devices/{device['id']}/rename", {"name": "孫の iPad"})
    assert "孫の iPad" in browser.get("/").text
    session = {"Cookie": f"natsuin={browser.http.cookies['natsuin']}"}
    with worker_ahead(stack, 7 * 86_400 + 2) as later:
        assert "孫の iPad" not in later.get("/", headers=session).text
        assert "孫の iPad" in later.get("/history", headers=session).text
