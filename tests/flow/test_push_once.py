"""Each push once: where an application repeats its request after a lost answer, and where a push process dies with a job in hand."""

import signal
import time
from contextlib import closing

import httpx2
import pytest
from redis import Redis

from app.config import read_config
from app.store.push_jobs import GROUP, STALE_MS
from app.store.push_queue import STREAM
from tests.flow.browser import Browse
from tests.flow.parties import Person, new_application
from tests.flow.polls import wait_until
from tests.flow.pushed import Subscriber
from tests.flow.records import Records
from tests.flow.test_repeat import ask, make_older
from tests.flow.wire import authorize_body
from tests.harness.mortal import start_mortal
from tests.harness.push_service import PushService
from tests.harness.signer import Signer
from tests.harness.stack import Stack


@pytest.fixture
def person(telling: Stack) -> Signer:
    return Person(telling)


@pytest.fixture
def phone(browse: Browse, telling: Stack, person: Signer, service: PushService) -> Subscriber:
    """The person's phone, which takes pushes."""
    return Subscriber(browse(telling, person.passkey).signed_in(), service).subscribe()


def test_a_request_that_is_repeated_after_its_answer_was_lost_is_pushed_once(telling: Stack, person: Signer, phone: Subscriber) -> None:
    """The worker dies when it has recorded the request and before it answers; 16 seconds later the same words are a new one, and pushed."""
    shop, records = new_application(telling), Records(telling)
    body = authorize_body(person.credential_id)
    dying = start_mortal(telling, "web", "after", "app.csc.authorize:ask_signer")
    with pytest.raises(httpx2.TransportError):
        shop.post("credentials/authorize", body)
    assert dying.wait(30) == -signal.SIGKILL
    recorded = records.one("SELECT id FROM authorizations WHERE credential_id = ?", person.credential_id)
    phone.pushes()
    del telling.processes["web"]
    telling.start("web")
    records.change("UPDATE authorizations SET created = ? WHERE id = ?", int(time.time()), recorded)  # as if that had taken no time
    assert ask(shop, body)["handle"] == recorded
    make_older(telling, recorded, 16)
    assert ask(shop, body)["handle"] != recorded
    assert len(set(phone.ids(2))) == 2
    assert phone.came() == 2


def test_what_a_push_process_had_in_hand_when_it_died_is_done_by_the_next(telling: Stack, phone: Subscriber) -> None:
    """A test push, which only the queue knows of: taken, not finished, and given to another after half a minute; then it is out."""
    dying = start_mortal(telling, "push", "before", "app.notify.worker:deliver_test")
    assert phone.browser.post("/push/test", {}).status_code == 200
    assert dying.wait(30) == -signal.SIGKILL
    del telling.processes["push"]
    with closing(Redis.from_url(read_config(telling.environment).redis_url)) as redis:
        (held,) = redis.xpending_range(STREAM, GROUP, "-", "+", 10)
        telling.start("push")
        assert phone.came() == 0
        redis.xclaim(STREAM, GROUP, "one that died", 0, [held["message_id"]], idle=STALE_MS)  # as half a minute later
        (message,) = phone.messages()
        assert message["notification"]["body"] == "Notifications come to this phone."
        wait_until(lambda: redis.xpending(STREAM, GROUP)["pending"] == 0)
        wait_until(lambda: redis.xrange(STREAM, held["message_id"], held["message_id"]) == [])
