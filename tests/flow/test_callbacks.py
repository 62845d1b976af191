"""Callbacks from the decision to a real https receiver: signed, tried again, and lost for good with no process and no Redis."""

import os
import socket
import ssl
import time
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.flow.called import Called
from tests.flow.fapi import credential_details
from tests.flow.parties import Person, new_application
from tests.flow.polls import wait_until
from tests.flow.records import Records
from tests.flow.wire import error_of, refused
from tests.harness.push_service import PushService, push_service
from tests.harness.signer import Signer
from tests.harness.stack import Stack
from tests.harness.tls import Authority


@pytest.fixture
def person(telling: Stack) -> Signer:
    return Person(telling)


@pytest.fixture
def shop(telling: Stack, receiver: PushService) -> Called:
    return Called(telling, receiver)


def test_each_decision_is_told_once_signed(telling: Stack, shop: Called, person: Signer) -> None:
    """The handle and nothing else, however it was decided: the application asks then what it was. Nothing is told before."""
    approved, refused, cancelled = (shop.ask(person) for _ in range(3))
    person.approve(approved)
    assert shop.told(1) == [approved]
    person.refuse(refused)
    telling.http.delete(f"/authorizations/{cancelled}", headers={"Authorization": f"Bearer {shop.application.token}"})
    assert set(shop.told(3)) == {approved, refused, cancelled}
    (first, *_) = shop.came()
    assert first.body == b'{"handle": "%s"}' % approved.encode()
    assert first.headers["webhook-id"] == approved
    assert first.headers["content-type"] == "application/json"
    assert not {"cookie", "authorization"} & first.headers.keys()


def test_ciba_is_told_by_ping(telling: Stack, shop: Called, person: Signer) -> None:
    """CIBA §10.2: the `auth_req_id` and nothing else, under the bearer token that the application chose; it then asks as ever."""
    client, bearer = (shop.application.client_id, shop.application.client_secret), os.urandom(24).hex()

    def asked(path: str, **fields: str) -> dict[str, Any]:
        answer = telling.http.post(f"/oauth2/{path}", data=fields, auth=client)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    what = {"scope": "openid", "login_hint": person.user_id, "authorization_details": credential_details(person.credential_id)}
    for unfit in ("short", "x" * 21, "two words that are long enough"):
        answer = telling.http.post("/oauth2/backchannel_authentication", data=what | {"client_notification_token": unfit}, auth=client)
        assert error_of(answer) == refused("Invalid parameter client_notification_token")
    begun = asked("backchannel_authentication", client_notification_token=bearer, **what)
    (waiting,) = person.inbox()
    person.approve(waiting.id)
    (ping,) = shop.receiver.wait_for(shop.name, 1)
    assert Webhook(shop.secret).verify(ping.body, ping.headers) == {"auth_req_id": begun["auth_req_id"]}
    assert ping.headers["authorization"] == f"Bearer {bearer}"
    given = asked("token", grant_type="urn:openid:params:grant-type:ciba", auth_req_id=begun["auth_req_id"])
    assert given["scope"] == "credential"


def test_what_is_not_taken_is_tried_again_as_the_same_message(shop: Called, person: Signer, receiver: PushService) -> None:
    """503, a redirect, which is not followed, and then 204."""
    receiver.answers = [(503, {}), (307, {"Location": receiver.endpoint("elsewhere")}), (204, {})]
    handle = shop.ask(person)
    person.refuse(handle)
    assert shop.told(3) == [handle] * 3
    assert len({one.headers["webhook-id"] for one in shop.came()}) == 1
    assert receiver.at("elsewhere") == []


def test_an_application_that_wants_no_more_of_it_is_left_alone(telling: Stack, shop: Called, person: Signer, receiver: PushService) -> None:
    """410 ends that callback; the next decision is told all the same."""
    records = Records(telling)
    receiver.answers = [(410, {})]
    first = shop.ask(person)
    person.refuse(first)
    wait_until(lambda: records.one("SELECT state FROM callbacks WHERE id = ?", first) == "failed")
    second = shop.ask(person)
    person.refuse(second)
    assert shop.told(2) == [first, second]


def test_a_callback_is_given_up_when_its_time_is_over(telling: Stack, shop: Called, person: Signer, receiver: PushService) -> None:
    """Tried and not taken after that: the operator hears of it, and nobody tries again."""
    records = Records(telling)
    receiver.answers = [(503, {"Retry-After": "60"})]
    handle = shop.ask(person)
    person.refuse(handle)
    shop.told(1)
    wait_until(lambda: records.one("SELECT claimed_until FROM callbacks WHERE id = ?", handle) > time.time() + 30)  # that is written down
    receiver.answers = [(503, {})]
    records.change("UPDATE callbacks SET tried_until = 1, claimed_until = 0 WHERE id = ?", handle)
    wait_until(lambda: records.one("SELECT state FROM callbacks WHERE id = ?", handle) == "failed")
    assert f"does not take its callback for {handle} (PushLater: HTTP 503); it is given up" in telling.log("push")
    assert shop.told(2) == [handle] * 2


def test_what_was_decided_while_everything_was_dead_is_told(telling: Stack, shop: Called, person: Signer) -> None:
    """The push process killed, and the queue gone with Redis: SQL knows."""
    handle = shop.ask(person)
    telling.kill("push")
    person.approve(handle)
    telling.kill("redis")
    telling.start("redis", "push")
    assert shop.told(1) == [handle]


def test_a_process_that_dies_in_the_middle_leaves_it_to_the_next(
    telling: Stack, shop: Called, person: Signer, receiver: PushService
) -> None:
    """Killed after it has claimed and sent, before it could write that down: told again, as the same message."""
    records = Records(telling)
    handle = shop.ask(person)
    with receiver.arrived:  # the receiver takes it and does not answer until the process is gone
        person.refuse(handle)
        wait_until(lambda: records.one("SELECT attempts FROM callbacks WHERE id = ?", handle) == 1)
        telling.kill("push")
    records.change("UPDATE callbacks SET claimed_until = 0 WHERE id = ?", handle)  # its time passes
    telling.start("push")
    wait_until(lambda: records.one("SELECT state FROM callbacks WHERE id = ?", handle) == "done")
    assert set(shop.told(1)) == {handle}
    assert len({one.headers["webhook-id"] for one in shop.came()}) == 1


def test_a_receiver_that_nobody_vouches_for_is_told_nothing(telling: Stack, person: Signer, tmp_path: Path) -> None:
    """Its certificate is of another CA: not a byte of the callback."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*Authority(tmp_path, "another-ca").issue("receiver"))
    with push_service(tls) as impostor:
        shop = Called(telling, impostor)
        handle = shop.ask(person)
        person.refuse(handle)
        tried = "SELECT attempts FROM callbacks WHERE id = ?"
        wait_until(lambda: Records(telling).one(tried, handle) >= 1 and "ClientConnectorCertificateError" in telling.log("push"))
        assert impostor.came == []


def test_a_receiver_that_hangs_holds_up_nobody_else(telling: Stack, shop: Called, person: Signer) -> None:
    """Its callbacks wait; those of another application arrive."""
    with socket.create_server(("localhost", 0)) as deaf:  # takes connections, and says nothing
        hanging = Called(telling, PushService(origin=f"https://localhost:{deaf.getsockname()[1]}"))
        handles = [hanging.ask(person), shop.ask(person)]
        for handle in handles:
            person.refuse(handle)
        assert shop.told(1) == handles[1:]


def test_the_secret_is_shown_once(telling: Stack, shop: Called) -> None:
    """Neither the list nor a log has it; an address that is none is refused when it is registered."""
    listed = telling.natsuin("client", "list")
    assert shop.secret not in str(listed)
    assert shop.receiver.endpoint(shop.name) in [one["callback_url"] for one in listed]
    assert shop.secret not in "".join(telling.log(name) for name in telling.processes)
    for bad in ("http://shop.example.jp/x", "https://127.0.0.1/x", "https://shop.example.jp/x?y=z", "https://shop.example.jp"):
        assert "is not an address" in telling.natsuin("client", "add", "Bad address", "--callback-url", bad, expect=1)["error"]


def test_a_new_secret_signs_also_what_waits(telling: Stack, shop: Called, person: Signer) -> None:
    """Shown once, like the first one, which is good for nothing from then on."""
    telling.kill("push")
    handle = shop.ask(person)
    person.refuse(handle)
    changed = telling.natsuin("client", "set", shop.application.client_id, "--new-callback-secret")
    first, shop.secret = shop.secret, changed["callback_secret"]
    telling.start("push")
    assert shop.told(1) == [handle]
    with pytest.raises(WebhookVerificationError):
        Webhook(first).verify(shop.came()[0].body, shop.came()[0].headers)
    assert "callback_secret" not in telling.natsuin("client", "set", shop.application.client_id, "--per-day", "100")
    assert shop.secret not in str(telling.natsuin("client", "list"))


def test_an_application_without_an_address_is_not_called(telling: Stack, person: Signer) -> None:
    """And has no secret for it."""
    application = new_application(telling)
    assert "no address" in telling.natsuin("client", "set", application.client_id, "--new-callback-secret", expect=1)["error"]
    handle = application.authorize(person.credential_id)["handle"]
    person.refuse(handle)
    assert Records(telling).one("SELECT count(*) FROM callbacks WHERE id = ?", handle) == 0
