"""Pushes, from the application's request to the phone and back: real processes, a push service of the test's own."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.flow.browser import Browse, Browser
from tests.flow.parties import Person, new_application
from tests.flow.polls import wait_until
from tests.flow.pushed import PATIENCE_S, Subscriber, id_in, progress, wait_progress
from tests.flow.records import Records
from tests.flow.wire import new_hash
from tests.harness.browser_keys import BrowserKeys
from tests.harness.push_service import PushService, push_service
from tests.harness.signer import Signer
from tests.harness.stack import ROOT, SHA256, Application, Stack

LIFE_S = 180


@pytest.fixture
def shop(telling: Stack) -> Application:
    return new_application(telling)


@pytest.fixture
def person(telling: Stack) -> Signer:
    return Person(telling)


@pytest.fixture
def browser(browse: Browse, telling: Stack, person: Signer) -> Browser:
    return browse(telling, person.passkey).signed_in()


@pytest.fixture
def phone(browser: Browser, service: PushService) -> Subscriber:
    """The person's phone, which takes pushes."""
    return Subscriber(browser, service).subscribe()


def test_a_push_says_an_opaque_id_and_nothing_else(shop: Application, person: Signer, phone: Subscriber) -> None:
    """Beside it the same sentences for everybody: nothing of the request, the application or the signer; and all are as long."""
    handles = [shop.authorize(person.credential_id, description=text)["handle"] for text in ("契約", "A much longer matter " * 20)]
    messages = phone.messages(2)
    ids = [id_in(one) for one in messages]
    assert len(set(ids)) == 2
    assert not set(ids) & set(handles)
    constant = [str(one).replace(id_in(one), "") for one in messages]
    assert constant[0] == constant[1]
    origin = phone.browser.stack.origin
    assert messages[0] == {
        "web_push": 8030,
        "notification": {
            "title": "Natsuin",
            "body": "You are asked to sign. Tap to see by whom.",
            "lang": "en",
            "navigate": f"{origin}/push/{ids[0]}",
            "tag": ids[0],
            "silent": False,
        },
    }
    assert len({len(push.body) for push in phone.pushes(2)}) == 1


def test_the_push_service_is_told_how_long_it_matters(shop: Application, person: Signer, phone: Subscriber) -> None:
    """TTL is the time left, urgency is high, the topic is one for an authorization and says nothing about it (RFC 8030 §5)."""
    handle = shop.authorize(person.credential_id)["handle"]
    (push,) = phone.pushes()
    assert LIFE_S - 30 <= int(push.headers["ttl"]) <= LIFE_S
    assert push.headers["urgency"] == "high"
    assert len(push.headers["topic"]) == 32
    assert push.headers["topic"] not in handle


def test_the_application_learns_how_far_it_came(shop: Application, person: Signer, phone: Subscriber, browse: Browse) -> None:
    """waiting, delivered, opened: the first by the service worker's word without a session, the last when the page is shown."""
    asked = shop.authorize(person.credential_id)
    handle = asked["handle"]
    assert asked["progress"] == "waiting"
    (push_id,) = phone.ids()
    assert progress(shop, handle) == "waiting"
    stranger = browse(phone.browser.stack)
    for _ in range(2):
        answer = stranger.post("/push/delivered", {"id": push_id})
        assert (answer.status_code, answer.json()) == (200, {"path": f"/approve/{handle}"})
    assert progress(shop, handle) == "delivered"
    led = phone.browser.get(f"/push/{push_id}")
    assert (led.status_code, led.headers["location"]) == (303, f"/approve/{handle}")
    assert progress(shop, handle) == "delivered"
    phone.browser.get(led.headers["location"])
    assert progress(shop, handle) == "opened"


def test_a_push_that_is_tapped_counts_as_delivered(shop: Application, person: Signer, phone: Subscriber, browse: Browse) -> None:
    """Safari shows a declarative push without any script; it leads to the sign-in where nobody is signed in."""
    handle = shop.authorize(person.credential_id)["handle"]
    (push_id,) = phone.ids()
    assert browse(phone.browser.stack).get(f"/push/{push_id}").headers["location"] == f"/approve/{handle}"
    assert progress(shop, handle) == "delivered"


def test_a_made_up_id_delivers_nothing(shop: Application, person: Signer, phone: Subscriber) -> None:
    """Neither the handle, which the application knows, nor anything else; the answer tells nothing."""
    handle = shop.authorize(person.credential_id)["handle"]
    phone.pushes()
    for wrong in (handle, "A" * 22, "", "x" * 500, person.credential_id):
        assert phone.browser.post("/push/delivered", {"id": wrong}).json() == {"path": "/"}
        if len(wrong) == 22:
            assert phone.browser.get(f"/push/{wrong}").headers["location"] == "/"
    assert progress(shop, handle) == "waiting"


def test_every_phone_of_the_signer_is_told_and_no_other(
    telling: Stack, shop: Application, person: Signer, phone: Subscriber, browse: Browse, service: PushService
) -> None:
    """Each with an id of its own."""
    second = Subscriber(browse(telling, person.add_phone()).signed_in(), service).subscribe()
    other = Person(telling)
    foreign = Subscriber(browse(telling, other.passkey).signed_in(), service).subscribe()
    shop.authorize(person.credential_id)
    assert phone.ids() != second.ids()
    shop.authorize(other.credential_id)
    foreign.pushes()
    assert (phone.came(), second.came(), foreign.came()) == (1, 1, 1)


def test_without_a_phone_that_takes_pushes_the_application_is_told_at_once(shop: Application, person: Signer) -> None:
    """So that it shows the link instead."""
    assert shop.authorize(person.credential_id)["progress"] == "no_device"


@pytest.mark.parametrize("how", ["declined", "approved"])
def test_answered_on_another_phone_takes_the_notification_back(
    telling: Stack, shop: Application, person: Signer, phone: Subscriber, browse: Browse, service: PushService, how: str
) -> None:
    """The second push has the tag and topic of the first, and replaces it; the phone that was tapped gets none."""
    second = Subscriber(browse(telling, person.add_phone()).signed_in(), service).subscribe()
    handle = shop.authorize(person.credential_id)["handle"]
    second.browser.get(f"/push/{second.ids()[0]}")
    phone.pushes()
    answer = second.browser.refuse(handle) if how == "declined" else second.browser.approve(handle)
    assert answer.status_code == 200, answer.text
    first, last = phone.messages(2)
    assert first["notification"]["tag"] == last["notification"]["tag"]
    assert last["notification"]["body"] == "Nothing is to do any more: the request has ended."
    assert last["notification"]["silent"]
    topics = {push.headers["topic"] for push in phone.pushes(2)}
    assert len(topics) == 1
    assert second.came() == 1


def test_a_request_that_nobody_answered_takes_its_notification_back(
    telling: Stack, shop: Application, person: Signer, phone: Subscriber
) -> None:
    """When its time is over."""
    handle = shop.authorize(person.credential_id)["handle"]
    phone.pushes()
    Records(telling).change("UPDATE authorizations SET expires = ? WHERE id = ?", int(time.time()), handle)
    assert phone.messages(2)[1]["notification"]["body"].startswith("Nothing is to do any more")


def test_a_subscription_that_is_over_is_forgotten(shop: Application, person: Signer, phone: Subscriber, service: PushService) -> None:
    """410 or 404: the phone gets no more, and the application learns that there is none."""
    service.answers.append((410, {}))
    handle = shop.authorize(person.credential_id)["handle"]
    phone.pushes()
    wait_progress(shop, handle, "no_device")
    assert shop.authorize(person.credential_id)["progress"] == "no_device"
    assert phone.came() == 1
    assert phone.browser.get("/notifications", Accept="application/json").json() == {"devices": []}


def test_a_push_service_that_refuses_us_alarms_the_operator(
    telling: Stack, shop: Application, person: Signer, phone: Subscriber, service: PushService
) -> None:
    """403: said in the log and by the doctor; nothing is sent there until the browser subscribes anew."""
    service.answers.append((403, {}))
    wait_progress(shop, shop.authorize(person.credential_id)["handle"], "no_device")
    assert "ALARM: a push service refuses us (HTTP 403)" in telling.log("push")
    told = {one["part"]: one for one in telling.natsuin("doctor", expect=1)["findings"]}
    assert not told["push"]["ok"]
    assert "1 " in told["push"]["state"]
    assert shop.authorize(person.credential_id)["progress"] == "no_device"
    phone.subscribe()
    assert telling.natsuin("doctor")["ok"]
    assert shop.authorize(person.credential_id)["progress"] == "waiting"
    phone.pushes(2)


def test_a_push_service_that_is_busy_is_tried_again_when_it_says(
    shop: Application, person: Signer, phone: Subscriber, service: PushService
) -> None:
    """429 and 503 with `Retry-After`: one push in the end, the same id each time."""
    service.answers += [(429, {"Retry-After": "1"}), (503, {"Retry-After": "0"})]
    shop.authorize(person.credential_id)
    assert len(set(phone.ids(3))) == 1


def test_a_hundred_starts_push_no_more_than_allowed(telling: Stack, shop: Application, person: Signer, phone: Subscriber) -> None:
    """Three may wait at once, the others get 429 and `Retry-After`; five pushes go out in ten minutes, what comes after waits unpushed."""
    hashed = {"hashAlgorithmOID": SHA256, "numSignatures": 1}
    open_ones: list[str] = []
    progresses: list[str] = []
    refused = 0
    for number in range(100):
        answer = shop.post("credentials/authorize", {"credentialID": person.credential_id} | hashed | {"hashes": [new_hash()]})
        if answer.status_code == 202:
            open_ones.append(answer.json()["handle"])
            wait_looked_at(telling, open_ones[-1])
            progresses.append(progress(shop, open_ones[-1]))
            continue
        assert answer.status_code == 429
        assert 0 < int(answer.headers["retry-after"]) <= LIFE_S
        refused += 1
        if number % 10 == 9:  # the signer says no, so that there is room for one more
            assert phone.browser.refuse(open_ones.pop()).status_code == 200
    assert (len(progresses), refused) == (12, 88)
    assert progresses == ["waiting"] * 5 + ["inbox"] * 7
    assert len([one for one in phone.messages(5) if "asked" in one["notification"]["body"]]) == 5
    assert {one["id"] for one in phone.browser.get("/inbox").json()["waiting"]} == set(open_ones)


def wait_looked_at(stack: Stack, handle: str) -> None:
    """Wait until the push process has seen an authorization."""
    deadline = time.monotonic() + PATIENCE_S
    while Records(stack).one("SELECT told IS NULL AND told_at IS NULL FROM authorizations WHERE id = ?", handle):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_test_push_comes_to_this_phone(phone: Subscriber) -> None:
    """Its service worker's word is seen on the page; the next may be asked for a little later."""
    before = phone.browser.get("/notifications", Accept="application/json").json()["devices"]
    assert phone.browser.post("/push/test", {}).status_code == 200
    assert phone.browser.post("/push/test", {}).status_code == 429
    (message,) = phone.messages()
    assert message["notification"]["body"] == "Notifications come to this phone."
    assert phone.browser.post("/push/delivered", {"id": id_in(message)}).json() == {"path": "/"}
    after = phone.browser.get("/notifications", Accept="application/json").json()["devices"]
    assert after[0]["last_seen"] >= before[0]["last_seen"]
    assert after[0]["current"]


def test_signing_out_ends_the_pushes(shop: Application, person: Signer, phone: Subscriber) -> None:
    """And a browser that is not signed in subscribes nothing."""
    assert phone.browser.post("/sign-out", {}).status_code == 200
    assert shop.authorize(person.credential_id)["progress"] == "no_device"
    for path in ("/push/subscribe", "/push/unsubscribe", "/push/test"):
        assert phone.browser.post(path, phone.as_json()).status_code == 401


def test_signing_in_again_takes_the_subscription_along(shop: Application, person: Signer, phone: Subscriber) -> None:
    """In the same browser, by the same signer; then it ends with the new session."""
    phone.browser.signed_in()
    shop.authorize(person.credential_id)
    phone.pushes()
    assert phone.browser.get("/notifications", Accept="application/json").json()["devices"][0]["current"]
    phone.browser.post("/sign-out", {})
    assert shop.authorize(person.credential_id)["progress"] == "no_device"


def test_a_removed_device_gets_no_more_pushes(
    telling: Stack, shop: Application, person: Signer, browser: Browser, browse: Browse, service: PushService
) -> None:
    """Also where its session is still open somewhere."""
    second = Subscriber(browse(telling, person.add_phone()).signed_in(), service).subscribe()
    assert shop.authorize(person.credential_id)["progress"] == "waiting"
    second.pushes()
    (device,) = [one for one in browser.own()["devices"] if not one["current"]]
    assert browser.change("remove_passkey", device["id"]).status_code == 200
    assert shop.authorize(person.credential_id)["progress"] == "no_device"


def test_an_address_is_one_signers_only(
    telling: Stack, shop: Application, person: Signer, phone: Subscriber, browse: Browse, service: PushService
) -> None:
    """Who only knows the address takes nothing over; the same browser with another signer does."""
    other = Person(telling)
    thief = browse(telling, other.passkey).signed_in()
    refused = thief.post("/push/subscribe", phone.as_json() | {"keys": BrowserKeys().as_json()})
    assert (refused.status_code, refused.json()) == (400, {"error": "endpoint_refused"})
    thief.post("/push/unsubscribe", {"endpoint": phone.endpoint})
    shop.authorize(person.credential_id)
    phone.pushes()
    assert thief.post("/push/subscribe", phone.as_json()).status_code == 200
    assert shop.authorize(person.credential_id)["progress"] == "no_device"
    shop.authorize(other.credential_id)
    phone.pushes(2)


def test_hostile_addresses_are_refused_at_the_door(browser: Browser, service: PushService) -> None:
    """Before anything is kept."""
    with push_service() as inside:
        for endpoint in (inside.endpoint("x"), "https://127.0.0.1/", "https://fcm.googleapis.com.evil.example/", "", None, 5):
            answer = browser.post("/push/subscribe", {"endpoint": endpoint, "keys": BrowserKeys().as_json()})
            assert answer.status_code == 400
        malformed: tuple[object, ...] = ({}, {"p256dh": "x", "auth": "x"}, {"p256dh": 1, "auth": None}, [])
        for keys in malformed:
            assert browser.post("/push/subscribe", {"endpoint": service.endpoint("x"), "keys": keys}).status_code == 400
    assert inside.came == []
    assert browser.get("/notifications", Accept="application/json").json() == {"devices": []}


def test_what_came_while_the_push_process_was_dead_is_sent_when_it_lives(
    telling: Stack, shop: Application, person: Signer, phone: Subscriber
) -> None:
    """Killed, as a power cut does; once each."""
    telling.kill("push")
    handles = [shop.authorize(person.credential_id)["handle"] for _ in range(2)]
    assert {progress(shop, handle) for handle in handles} == {"waiting"}
    telling.start("push")
    assert len(set(phone.ids(2))) == 2
    shop.authorize(person.credential_id)
    phone.pushes(3)
    assert phone.came() == 3


def test_a_queue_that_is_lost_costs_time_only(telling: Stack, shop: Application, person: Signer, phone: Subscriber) -> None:
    """Redis dies with everything in it, while the push process is away and while it runs."""
    telling.kill("push")
    shop.authorize(person.credential_id)
    telling.kill("redis")
    telling.start("redis", "push")
    phone.pushes()
    telling.kill("redis")
    telling.start("redis")
    shop.renew_token()
    shop.authorize(person.credential_id)
    phone.pushes(2)


def is_at_work(process: subprocess.Popen[bytes]) -> bool:
    """Tell whether it has begun: from then on it takes SIGTERM for a wish to end."""
    (caught,) = re.findall(r"^SigCgt:\s*([0-9a-f]+)$", Path(f"/proc/{process.pid}/status").read_text(), re.MULTILINE)
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)


@contextmanager
def ending(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that does not outlive the test, also where that fails."""
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_two_push_processes_send_each_push_once(telling: Stack, shop: Application, phone: Subscriber) -> None:
    """On the same queue and the same database."""
    started = subprocess.Popen([sys.executable, "-m", "app.notify"], env=telling.environment, cwd=ROOT, start_new_session=True)
    with ending(started) as second:
        wait_until(lambda: is_at_work(second))
        people = [Person(telling) for _ in range(6)]
        with ThreadPoolExecutor(6) as threads:
            phones = list(threads.map(lambda one: Subscriber(Browser(telling, one.passkey).signed_in(), phone.service).subscribe(), people))
            for _ in range(3):
                list(threads.map(lambda one: shop.authorize(one.credential_id), people))
        for one in phones:
            assert len(set(one.ids(3))) == 3
            one.browser.close()
        second.send_signal(signal.SIGTERM)
        assert second.wait(20) == 0
    assert [one.came() for one in phones] == [3] * 6


def test_the_language_is_the_one_that_the_phone_reads(shop: Application, telling: Stack, service: PushService, browse: Browse) -> None:
    """As it was when the phone subscribed last."""
    person = Person(telling)
    browser = browse(telling, person.passkey).signed_in()
    browser.http.headers["Accept-Language"] = "ja"
    phone = Subscriber(browser, service).subscribe()
    shop.authorize(person.credential_id)
    assert phone.messages()[0]["notification"]["body"] == "署名の依頼が届いています。押して依頼元をご確認ください。"


def test_a_language_that_is_switched_to_is_the_pushes_too(shop: Application, telling: Stack, service: PushService, browse: Browse) -> None:
    """Whichever device it was switched on: this one subscribed in another."""
    person = Person(telling)
    phone = Subscriber(browse(telling, person.passkey).signed_in(), service).subscribe()
    browse(telling, person.passkey).signed_in().get("/account?lang=ja")
    shop.authorize(person.credential_id)
    assert phone.messages()[0]["notification"]["lang"] == "ja"


def test_the_public_key_is_what_pushes_are_signed_with(browser: Browser, phone: Subscriber, person: Signer, shop: Application) -> None:
    """RFC 8292 §3.2: `k` is the key that the browser subscribed with."""
    shop.authorize(person.credential_id)
    key = browser.get("/push/key").json()["key"]
    assert phone.pushes()[0].headers["authorization"].endswith(f"k={key}")
