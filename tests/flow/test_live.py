"""Pages that hear at once what changed: from whichever worker, through a lost Redis, no longer than the session, and not without bound."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from app.event_stream import MOST
from tests.flow.browser import Browse, Browser
from tests.flow.parties import Person, new_application
from tests.flow.streams import Stream
from tests.harness.signer import Signer
from tests.harness.stack import Application, Stack

Open = Callable[[Browser, str], Stream]


@pytest.fixture
def listen() -> Iterator[Open]:
    """Open streams that end with the test."""
    with ExitStack() as opened:
        yield lambda browser, path: opened.enter_context(Stream(browser, path))


def ids(told: dict[str, list[dict[str, str]]]) -> set[str]:
    return {one["id"] for one in told["waiting"]}


def test_inbox_hears_what_comes_and_goes(stack: Stack, shop: Application, browse: Browse, listen: Open) -> None:
    person = Person(stack)
    browser = browse(stack, person.passkey).signed_in()
    stream = listen(browser, "/inbox/events")
    assert (stream.status, stream.next()) == (200, {"waiting": []})
    asked = shop.authorize(person.credential_id, description="contract")
    told = stream.next()
    assert [(one["id"], one["description"]) for one in told["waiting"]] == [(asked["handle"], "contract")]
    person.refuse(asked["handle"])
    assert stream.next() == {"waiting": []}


def test_approval_page_hears_that_it_was_answered_elsewhere(stack: Stack, shop: Application, browse: Browse, listen: Open) -> None:
    """Two phones race: the one that lost is told."""
    person = Person(stack)
    handle = shop.authorize(person.credential_id)["handle"]
    browser = browse(stack, person.passkey).signed_in()
    stream = listen(browser, f"/approve/{handle}/events")
    assert stream.next() == {"state": "pending", "another": False}
    person.approve(handle)
    assert stream.next() == {"state": "approved", "another": False}


def test_approval_page_hears_that_another_request_waits_and_is_gone_again(
    stack: Stack, shop: Application, browse: Browse, listen: Open
) -> None:
    person = Person(stack)
    handle = shop.authorize(person.credential_id)["handle"]
    stream = listen(browse(stack, person.passkey).signed_in(), f"/approve/{handle}/events")
    assert stream.next() == {"state": "pending", "another": False}
    second = shop.authorize(person.credential_id)["handle"]
    assert stream.next() == {"state": "pending", "another": True}
    person.refuse(second)
    assert stream.next() == {"state": "pending", "another": False}


def test_nobody_hears_of_what_is_anothers(shop: Application, taro: Signer, stack: Stack, hanako: Signer, browse: Browse) -> None:
    handle = shop.authorize(taro.credential_id)["handle"]
    stranger, hers = browse(stack), browse(stack, hanako.passkey).signed_in()
    for path in ("/inbox/events", f"/approve/{handle}/events"):
        assert stranger.get(path, Accept="application/json").status_code == 401
        assert stranger.get(path, Accept="text/event-stream").status_code == 204  # a page's stream then tries no more
    assert hers.get(f"/approve/{handle}/events", Accept="application/json").status_code == 404


def test_stream_ends_with_its_session(stack: Stack, browse: Browse, listen: Open) -> None:
    """Signing out in one tab ends what another one hears, at once; another device of the signer hears on."""
    person = Person(stack)
    here, there = (browse(stack, person.passkey).signed_in() for _ in range(2))
    ending, staying = listen(here, "/inbox/events"), listen(there, "/inbox/events")
    assert ending.next() == staying.next() == {"waiting": []}
    assert here.post("/sign-out", {}).status_code == 200
    assert ending.next() is None
    shop = new_application(stack)
    assert ids({"waiting": [{"id": shop.authorize(person.credential_id)["handle"]}]}) == ids(staying.next())


def test_one_signer_holds_so_many_streams_and_no_more(stack: Stack, browse: Browse, listen: Open) -> None:
    """In one worker; the next one is told to ask now and then, and when one ends there is room again."""
    person = Person(stack)
    browser = browse(stack, person.passkey).signed_in()
    held = [listen(browser, "/inbox/events") for _ in range(MOST)]
    assert [stream.next() for stream in held] == [{"waiting": []}] * MOST
    refused = browser.get("/inbox/events", Accept="application/json")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "2")
    assert browser.get("/inbox", Accept="application/json").status_code == 200


def test_streams_of_every_worker_hear_it(fragile: Stack, browse: Browse, listen: Open) -> None:
    """With two workers, more streams than one of them would give a signer are held, so both hold some; all are told."""
    person, shop = Person(fragile), new_application(fragile)
    streams: list[Stream] = []
    for _ in range(200):
        stream = listen(browse(fragile, person.passkey).signed_in(), "/inbox/events")
        if stream.status == 200:
            assert stream.next() == {"waiting": []}
            streams.append(stream)
        if len(streams) > MOST:
            break
    assert len(streams) == MOST + 1
    handle = shop.authorize(person.credential_id)["handle"]
    assert [ids(stream.next()) for stream in streams] == [{handle}] * len(streams)


def test_streams_live_through_a_lost_redis(fragile: Stack, browse: Browse, listen: Open) -> None:
    """While Redis is gone nothing is told; an empty one knows no session, so the stream ends, and a new sign-in hears what waits."""
    person, shop = Person(fragile), new_application(fragile)
    browser = browse(fragile, person.passkey).signed_in()
    stream = listen(browser, "/inbox/events")
    assert stream.next() == {"waiting": []}
    handle = shop.authorize(person.credential_id)["handle"]
    assert ids(stream.next()) == {handle}
    fragile.kill("redis")
    fragile.start("redis")
    assert stream.next() is None
    again = listen(browser.signed_in(), "/inbox/events")
    assert ids(again.next()) == {handle}
