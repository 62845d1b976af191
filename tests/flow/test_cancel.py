"""An application takes back what it asked: told to the phone, once and for all, and never over an approval."""

import httpx2
import pytest

from tests.flow.browser import Browser
from tests.flow.parties import Person, new_application
from tests.flow.polls import Poll
from tests.flow.streams import Stream
from tests.flow.wire import DIGEST, UNKNOWN_ID, b64, error_of, refused
from tests.harness.signer import Signer
from tests.harness.stack import Application, Stack

WITHDRAWN = refused("The request was withdrawn", "authorization_cancelled")
UNKNOWN = refused("Invalid parameter handle")


def cancel(application: Application, handle: str) -> httpx2.Response:
    return application.stack.http.delete(f"/authorizations/{handle}", headers={"Authorization": f"Bearer {application.token}"})


def test_what_is_withdrawn_can_be_approved_no_more(shop: Application, taro: Signer, taros_browser: Browser) -> None:
    """The held poll, the page's stream, and whoever approves a moment later hear of it; asking again changes nothing."""
    handle = shop.authorize(taro.credential_id)["handle"]
    answer = taros_browser.assertion(handle)
    with Stream(taros_browser, f"/approve/{handle}/events") as stream, Poll(shop, handle) as poll:
        assert stream.next()["state"] == "pending"
        assert (cancel(shop, handle).status_code, cancel(shop, handle).json()) == (200, {"handle": handle, "state": "cancelled"})
        assert error_of(poll.answer()) == WITHDRAWN
        assert stream.next()["state"] == "cancelled"
    late = taros_browser.post(f"/approve/{handle}", {"credential": answer, "code": None})
    assert (late.status_code, late.json()["state"]) == (409, "cancelled")
    assert "withdrawn" in taros_browser.get(f"/approve/{handle}").text
    assert handle not in [one["id"] for one in taros_browser.get("/inbox", Accept="application/json").json()["waiting"]]


def test_an_approval_stands(shop: Application, taro: Signer) -> None:
    """Who withdraws too late is told so, and may use the approval all the same."""
    handle = shop.authorize(taro.credential_id, DIGEST)["handle"]
    taro.approve(handle)
    late = cancel(shop, handle)
    assert error_of(late) == refused("The signer has approved already; an approval that nobody uses lapses", "already_approved")
    assert late.json()["state"] == "approved"
    assert shop.sign(taro.credential_id, shop.sad(handle), [b64(DIGEST)]).status_code == 200


def test_a_refusal_stands(shop: Application, taro: Signer) -> None:
    handle = shop.authorize(taro.credential_id)["handle"]
    taro.refuse(handle, "wrong_document")
    late = cancel(shop, handle)
    assert error_of(late) == refused("The signer refused", "access_denied")
    assert (late.json()["state"], late.json()["reason"]) == ("refused", "wrong_document")


@pytest.mark.parametrize("made_up", [UNKNOWN_ID, "x", "%00"])
def test_nobody_elses_is_withdrawn(shop: Application, rival: Application, taro: Signer, made_up: str) -> None:
    """Another application's and a made-up handle get one answer, and the request waits on."""
    handle = shop.authorize(taro.credential_id)["handle"]
    assert error_of(cancel(rival, handle)) == error_of(cancel(rival, made_up)) == UNKNOWN
    without = shop.stack.http.delete(f"/authorizations/{handle}")
    assert error_of(without) == refused("Malformed authorization header.")
    assert handle in [one.id for one in taro.inbox()]
    cancel(shop, handle)


def test_withdrawing_while_the_sam_is_away_decides_nothing(fragile: Stack) -> None:
    """503, and asking again when it is back withdraws."""
    shop, person = new_application(fragile), Person(fragile)
    handle = shop.authorize(person.credential_id)["handle"]
    fragile.kill("sam")
    assert error_of(cancel(shop, handle)) == refused("Try again", "temporarily_unavailable", 503)
    fragile.start("sam")
    assert cancel(shop, handle).json()["state"] == "cancelled"
