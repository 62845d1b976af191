"""How a request stands, as an event stream for its application: each step at once, the end as the last word, and nobody else's to hear."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx2
import pytest

from app.event_stream import MOST
from tests.flow.browser import Browser
from tests.flow.streams import Events
from tests.flow.wire import UNKNOWN_ID, error_of, refused
from tests.harness.signer import Signer
from tests.harness.stack import Application, Stack

UNKNOWN = refused("Invalid parameter handle")
NO_TOKEN = refused("The access token is not valid", "invalid_token", 401)
Listen = Callable[[str, str], Events]


@pytest.fixture
def listen(stack: Stack) -> Iterator[Listen]:
    """Open streams that end with the test."""
    with ExitStack() as opened:
        http = opened.enter_context(httpx2.Client(base_url=stack.origin))
        yield lambda handle, token: opened.enter_context(
            Events(http, f"/authorizations/{handle}/events", Authorization=f"Bearer {token}", Origin="https://shop.example.jp")
        )


def error(listened: Events) -> tuple[int, str, str]:
    return error_of(listened.refusal())


def test_a_page_hears_each_step_and_the_end(shop: Application, taro: Signer, taros_browser: Browser, listen: Listen) -> None:
    """By the secret of the one request, from whatever site; the approval is told without the SAD, and then the stream ends."""
    asked = shop.authorize(taro.credential_id)
    handle = asked["handle"]
    assert asked["events_url"] == f"{shop.stack.origin}/authorizations/{handle}/events"
    page, backend = listen(handle, asked["events_token"]), listen(handle, shop.token)
    assert page.headers["access-control-allow-origin"] == "*"
    assert page.headers["content-type"].startswith("text/event-stream")
    for one in (page, backend):
        assert one.next()["state"] == "pending"
    assert taros_browser.get(f"/approve/{handle}").status_code == 200
    for one in (page, backend):
        assert next_with(one, progress="opened") == {"state": "pending", "progress": "opened"}
    taro.approve(handle)
    for one in (page, backend):
        assert next_with(one, state="approved") == {"state": "approved", "factor": "passkey"}
        assert one.next() is None


def next_with(events: Events, **wanted: Any) -> Any:
    """Give what is told next that is so."""
    while (told := events.next()) is not None:
        if wanted.items() <= told.items():
            return told
    return None


def test_a_refusal_is_told_with_its_reason(shop: Application, taro: Signer, listen: Listen) -> None:
    """Also to who comes only afterwards."""
    asked = shop.authorize(taro.credential_id)
    taro.refuse(asked["handle"], "wrong_document")
    late = listen(asked["handle"], asked["events_token"])
    assert (late.next(), late.next()) == ({"state": "refused", "reason": "wrong_document"}, None)


def test_nobody_elses_request_is_heard(shop: Application, rival: Application, taro: Signer, listen: Listen) -> None:
    """Another application's token is told what a made-up handle gets; another request's secret is no token at all."""
    asked, other = shop.authorize(taro.credential_id), shop.authorize(taro.credential_id)
    handle = asked["handle"]
    assert error(listen(handle, rival.token)) == error(listen(UNKNOWN_ID, rival.token)) == UNKNOWN
    for token in (other["events_token"], asked["code_key"], asked["code_token"], "x"):
        assert error(listen(handle, token)) == error(listen(UNKNOWN_ID, token)) == NO_TOKEN
    checked = shop.stack.http.post(
        "/csc/v2/credentials/authorizeCheck", json={"handle": handle}, headers={"Authorization": f"Bearer {asked['events_token']}"}
    )
    assert error_of(checked) == NO_TOKEN
    for one in (asked, other):
        taro.refuse(one["handle"])


def test_a_revoked_token_hears_no_more(shop: Application, taro: Signer, taros_browser: Browser, listen: Listen) -> None:
    token = shop.token
    handle = shop.authorize(taro.credential_id)["handle"]
    stream = listen(handle, token)
    assert stream.next()["state"] == "pending"
    ended = shop.stack.http.post("/oauth2/revoke", data={"token": token}, auth=(shop.client_id, shop.client_secret))
    shop.renew_token()
    assert ended.status_code == 204
    taros_browser.refuse(handle)
    assert next_with(stream, state="refused") is None


def test_one_request_holds_so_many_streams_and_no_more(shop: Application, taro: Signer, listen: Listen) -> None:
    asked = shop.authorize(taro.credential_id)
    held = [listen(asked["handle"], asked["events_token"]) for _ in range(MOST)]
    for one in held:
        assert one.next()["state"] == "pending"
    assert listen(asked["handle"], asked["events_token"]).refusal().status_code == 429
    taro.refuse(asked["handle"])


def test_a_browser_is_told_that_it_may_ask(stack: Stack) -> None:
    """The preflight of a page elsewhere (Fetch, CORS); no other route answers one so."""
    answer = stack.http.options(f"/authorizations/{UNKNOWN_ID}/events")
    assert (answer.status_code, answer.headers["access-control-allow-headers"]) == (204, "Authorization")
    assert "access-control-allow-origin" not in stack.http.options("/csc/v2/credentials/authorizeCheck").headers
    assert "access-control-allow-credentials" not in answer.headers
