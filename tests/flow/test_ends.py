"""How authorizations end, as applications, phones and people are told: refused, expired, and no two ends for one request."""

import time

import httpx2
import pytest

from app.authorization import settle
from tests.flow.browser import Browse, Browser, below_style
from tests.flow.later import worker_ahead
from tests.flow.parties import Person, new_application, new_enrollment_url
from tests.flow.polls import wait_until
from tests.flow.records import Records
from tests.flow.wire import error_of, refused
from tests.harness.signer import Signer
from tests.harness.stack import Application, Stack

CHECK = "/csc/v2/credentials/authorizeCheck"
EXPIRED = refused("The signer did not decide in time", "authorization_expired")
LIFE_S = 180


def bearer(application: Application) -> dict[str, str]:
    return {"Authorization": f"Bearer {application.token}"}


def cookie(browser: Browser) -> dict[str, str]:
    return {"Cookie": f"natsuin={browser.http.cookies['natsuin']}", "Origin": browser.stack.origin}


@pytest.mark.parametrize("reason", ["declined", "not_me", "wrong_document"])
def test_refusal_is_told_with_its_reason(shop: Application, taro: Signer, taros_browser: Browser, reason: str) -> None:
    """The application gets `access_denied` with state and reason, each time it asks; the page says that it is refused."""
    handle = shop.authorize(taro.credential_id)["handle"]
    assert taros_browser.refuse(handle, reason).json()["state"] == "refused"
    for prefer in ({}, {"Prefer": "wait=5"}):
        answer = shop.post("credentials/authorizeCheck", {"handle": handle}, **prefer)
        assert error_of(answer) == refused("The signer refused", "access_denied")
        assert (answer.json()["state"], answer.json()["reason"]) == ("refused", reason)
    seen = taros_browser.look(handle)
    assert (seen["state"], seen["reason"], seen["publicKey"], seen["expires_in"]) == ("refused", reason, None, 0)
    assert taros_browser.get(f"/approve/{handle}").status_code == 200


@pytest.mark.parametrize(("first", "state"), [("approve", "approved"), ("refuse", "refused")])
def test_what_is_decided_stays_decided(shop: Application, taro: Signer, taros_browser: Browser, first: str, state: str) -> None:
    """After either answer both are refused with 409 and the state, and the state stays."""
    handle = shop.authorize(taro.credential_id)["handle"]
    assertion = taros_browser.assertion(handle)
    assert (taros_browser.approve(handle) if first == "approve" else taros_browser.refuse(handle)).status_code == 200
    for answer in (
        taros_browser.post(f"/approve/{handle}", {"credential": assertion, "code": None}),
        taros_browser.refuse(handle),
        taros_browser.refuse(handle, "not_me"),
    ):
        assert answer.status_code == 409
        assert (answer.json()["error"], answer.json()["state"]) == ("ended", state)
    assert taros_browser.look(handle)["state"] == state
    assert handle not in [one["id"] for one in taros_browser.get("/inbox", Accept="application/json").json()["waiting"]]


def test_used_approval_stays_signed(shop: Application, taro: Signer, taros_browser: Browser) -> None:
    """The signer sees that it was signed, and can't take it back."""
    asked = shop.authorize(taro.credential_id)
    taros_browser.approve(asked["handle"])
    shop.sign(taro.credential_id, shop.sad(asked["handle"]), asked["hashes"])
    assert taros_browser.look(asked["handle"])["state"] == "signed"
    answer = taros_browser.refuse(asked["handle"])
    assert (answer.status_code, answer.json()["state"]) == (409, "signed")


def test_what_nobody_decided_expires(shop: Application, taro: Signer, taros_browser: Browser) -> None:
    """After its time it is `expired` to the application and the signer, who can neither approve nor refuse it any more."""
    asked, told, tried = (shop.authorize(taro.credential_id)["handle"] for _ in range(3))
    assertion = taros_browser.assertion(tried)
    with worker_ahead(shop.stack, LIFE_S + 1) as later:
        for prefer in ({}, {"Prefer": "wait=5"}):
            answer = later.post(CHECK, json={"handle": asked}, headers=bearer(shop) | prefer)
            assert error_of(answer) == EXPIRED
            assert answer.json()["state"] == "expired"
        page = later.get(f"/approve/{told}", headers=cookie(taros_browser) | {"Accept": "application/json"})
        assert (page.json()["state"], page.json()["publicKey"]) == ("expired", None)
        approving = later.post(f"/approve/{tried}", json={"credential": assertion, "code": None}, headers=cookie(taros_browser))
        assert (approving.status_code, approving.json()["state"]) == (409, "expired")
    for handle in (asked, told, tried):
        assert taros_browser.refuse(handle).json()["state"] == "expired"
        assert taros_browser.look(handle)["state"] == "expired"


def test_expiry_wakes_a_held_poll(shop: Application, taro: Signer) -> None:
    """A poll that is held at the end is answered then, not when its own time is over."""
    handle = shop.authorize(taro.credential_id)["handle"]
    with worker_ahead(shop.stack, LIFE_S - 2) as later:
        began = time.monotonic()
        assert error_of(later.post(CHECK, json={"handle": handle}, headers=bearer(shop) | {"Prefer": "wait=60"})) == EXPIRED
        assert time.monotonic() - began < 30


def test_time_ends_what_nobody_asks_for(stack: Stack, records: Records, browse: Browse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every worker ends by itself what ran out of time, also after one whose record at the SAM can't be believed."""
    monkeypatch.setattr(settle, "SWEEP_S", 0.1)
    shop, signer = new_application(stack), Person(stack)
    spoilt, forgotten = (shop.authorize(signer.credential_id)["handle"] for _ in range(2))
    browse(stack, signer.passkey).signed_in().approve(spoilt)
    records.change_in_sam("UPDATE approvals SET seal = zeroblob(32) WHERE authorization_id = ?", spoilt)
    with worker_ahead(stack, LIFE_S + 1):
        wait_until(lambda: records.state(forgotten) == "expired")
    assert records.state(spoilt) == "approved"


def test_record_that_the_sam_does_not_believe_gives_no_sad(stack: Stack, records: Records, browse: Browse) -> None:
    """In doubt the answer is no for now, in the standard's form."""
    shop, signer = new_application(stack), Person(stack)
    handle = shop.authorize(signer.credential_id)["handle"]
    browse(stack, signer.passkey).signed_in().approve(handle)
    records.change_in_sam("UPDATE approvals SET usable_until = usable_until + 1 WHERE authorization_id = ?", handle)
    answer = shop.post("credentials/authorizeCheck", {"handle": handle})
    assert error_of(answer) == refused("Try again", "temporarily_unavailable", 503)
    assert answer.headers["retry-after"] == "2"


def test_expired_token_is_told_from_an_unknown_one(shop: Application) -> None:
    """After its hour a token is `expired_token`, so that the application fetches another."""
    with worker_ahead(shop.stack, 3_601) as later:
        answer = later.post("/csc/v2/credentials/list", json={"userID": "u"}, headers=bearer(shop))
    assert error_of(answer) == refused("The access token has expired", "expired_token", 401)
    assert answer.headers["www-authenticate"] == 'Bearer error="expired_token"'


def test_expired_link_gets_the_answer_of_an_unknown_one(stack: Stack) -> None:
    """An enrolment link that is over is no better than one that was never given."""
    link = new_enrollment_url(stack).partition("#")[2]
    with worker_ahead(stack, 8 * 86_400) as later:
        over, unknown = (
            later.post("/enroll/options", json={"link": one}, headers={"Origin": stack.origin}) for one in (link, "never.given")
        )
    assert (over.status_code, over.json()) == (404, {"error": "link_unknown"})
    assert (over.status_code, over.content) == (unknown.status_code, unknown.content)


def test_pages_say_how_it_ended(shop: Application, taro: Signer, taros_browser: Browser) -> None:
    """The address of the approval page stays good, and shows another page then."""
    handle = shop.authorize(taro.credential_id)["handle"]
    pages: list[httpx2.Response] = [taros_browser.get(f"/approve/{handle}")]
    taros_browser.refuse(handle)
    pages.append(taros_browser.get(f"/approve/{handle}"))
    assert [page.status_code for page in pages] == [200, 200]
    assert "challenge" in below_style(pages[0])
    assert "challenge" not in below_style(pages[1])


def test_the_other_device_is_told_where_it_was_approved(stack: Stack, shop: Application, browse: Browse) -> None:
    """Two devices have the page open; who comes second is refused with the state, and the page names the first."""
    person = Signer(stack)
    desk = browse(stack, person.add_phone("書斎のパソコン")).signed_in()
    phone = browse(stack, person.passkey).signed_in()
    handle = shop.authorize(person.credential_id)["handle"]
    late = phone.assertion(handle)
    assert desk.approve(handle).status_code == 200
    answer = phone.post(f"/approve/{handle}", {"credential": late, "code": None})
    assert (answer.status_code, answer.json()["state"]) == (409, "approved")
    assert "書斎のパソコン" in phone.get(f"/approve/{handle}").text
