"""Refusing acts and pressure, over HTTP: reasons, putting off, quiet after refusals, a cool-down, and what reaches the phone meanwhile."""

import base64
import os
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.flow.browser import Browse, Browser
from tests.flow.parties import Person, new_application
from tests.flow.pushed import Subscriber
from tests.flow.records import Records
from tests.harness.push_service import PushService, push_service
from tests.harness.signer import Signer
from tests.harness.stack import SHA256, Application, Stack, running_stack

DAY_S = 86_400


@pytest.fixture(scope="module")
def service() -> Iterator[PushService]:
    with push_service() as running:
        yield running


@pytest.fixture(scope="module")
def pressed(tmp_path_factory: pytest.TempPathFactory, service: PushService) -> Iterator[Stack]:
    """A stack with the limits that a real one has."""
    limits = {"NATSUIN_QUIET_AFTER": "3", "NATSUIN_REFUSE_AFTER": "5", "NATSUIN_INBOX_PER_SIGNER": "2"}
    with running_stack(tmp_path_factory.mktemp("pressed"), NATSUIN_PUSH_TEST_SERVICE=service.origin, **limits) as made:
        yield made


@pytest.fixture
def shop(pressed: Stack) -> Application:
    return new_application(pressed)


@pytest.fixture
def patient_shop(pressed: Stack) -> Application:
    return new_application(pressed, inbox=True)


@pytest.fixture
def person(pressed: Stack) -> Signer:
    return Person(pressed)


@pytest.fixture
def browser(browse: Browse, pressed: Stack, person: Signer) -> Browser:
    return browse(pressed, person.passkey).signed_in()


@pytest.fixture
def phone(browser: Browser, service: PushService) -> Subscriber:
    return Subscriber(browser, service).subscribe()


def asked(shop: Application, person: Signer, **fields: Any) -> httpx2.Response:
    hashed = {"hashes": [base64.b64encode(os.urandom(32)).decode()], "hashAlgorithmOID": SHA256, "numSignatures": 1}
    return shop.post("credentials/authorize", {"credentialID": person.credential_id} | hashed | fields)


def refuse_one(shop: Application, person: Signer, browser: Browser, reason: str = "declined") -> str:
    """Ask, and let the signer refuse; gives how far it came."""
    answer = asked(shop, person)
    assert answer.status_code == 202, answer.text
    assert browser.refuse(answer.json()["handle"], reason).status_code == 200
    return str(answer.json()["progress"])


def test_the_wrong_document_is_told_to_the_application(shop: Application, person: Signer, browser: Browser) -> None:
    """So that it sends the right one; however often, it is no refusal of the application. The history says on which device."""
    for _ in range(6):
        assert refuse_one(shop, person, browser, "wrong_document") == "no_device"
    handle = asked(shop, person).json()["handle"]
    browser.refuse(handle, "wrong_document")
    told = shop.post("credentials/authorizeCheck", {"handle": handle})
    assert (told.status_code, told.json()["error"], told.json()["reason"]) == (400, "access_denied", "wrong_document")
    entry = browser.get(f"/history/{handle}", Accept="application/json").json()
    assert (entry["reason"], entry["approved_with"]) == ("wrong_document", browser.own()["devices"][0]["name"])


def test_what_was_not_expected_is_told_on_the_other_devices(
    pressed: Stack, shop: Application, person: Signer, phone: Subscriber, browse: Browse, service: PushService
) -> None:
    """By a push where the first one lies unopened, and on the start page."""
    other = Subscriber(browse(pressed, person.add_phone()).signed_in(), service).subscribe()
    handle = asked(shop, person).json()["handle"]
    phone.browser.get(f"/push/{phone.ids()[0]}")
    other.pushes()
    assert phone.browser.refuse(handle, "not_me").json() == {"state": "refused", "key_state": "active"}
    first, second = other.messages(2)
    assert second["notification"]["body"] == "A request was refused because it was not expected. Tap to see it."
    assert (first["notification"]["tag"], second["notification"]["silent"]) == (second["notification"]["tag"], False)
    assert "A request was refused as not expected" in other.browser.get("/").text
    assert phone.came() == 1


def test_refusals_make_an_application_quiet_and_then_wait_longer_each_time(
    pressed: Stack, shop: Application, person: Signer, phone: Subscriber
) -> None:
    """Three refusals: no more pushes. Five: 429, for a time that doubles. Other applications are not concerned, and an approval ends it."""
    assert [refuse_one(shop, person, phone.browser) for _ in range(5)] == ["waiting"] * 3 + ["inbox"] * 2
    records, waits = Records(pressed), []
    for _ in range(3):
        refused = asked(shop, person)
        assert (refused.status_code, refused.json()["error"], refused.json()["reason"]) == (429, "too_many_requests", "refused")
        waits.append(int(refused.headers["retry-after"]))
        ended = int(time.time()) - waits[-1] - 5  # some of it had passed when the answer came
        records.change_all("UPDATE authorizations SET decided_at = ? WHERE application_id = ?", ended, shop.client_id)
        assert refuse_one(shop, person, phone.browser) == "inbox"
    assert [round(one / 300) for one in waits] == [1, 2, 4]
    records.change_all("UPDATE authorizations SET decided_at = ? WHERE application_id = ?", int(time.time()) - 7_200, shop.client_id)
    handle = asked(shop, person).json()["handle"]
    assert phone.browser.approve(handle).status_code == 200
    records.change_all(
        "UPDATE authorizations SET decided_at = decided_at - 1 WHERE application_id = ? AND state = 'refused'", shop.client_id
    )
    assert asked(shop, person).json()["progress"] == "waiting"


def test_refusals_of_one_application_are_nothing_to_another(pressed: Stack, shop: Application, person: Signer, phone: Subscriber) -> None:
    """Nor are they forgotten by asking in another signer's name, or remembered for longer than a day."""
    for _ in range(5):
        refuse_one(shop, person, phone.browser)
    assert asked(new_application(pressed), person).json()["progress"] == "waiting"
    assert asked(shop, Person(pressed)).status_code == 202
    long_ago = int(time.time()) - DAY_S - 1
    Records(pressed).change_all("UPDATE authorizations SET decided_at = ? WHERE application_id = ?", long_ago, shop.client_id)
    assert asked(shop, person).json()["progress"] == "waiting"


def test_requests_that_nobody_answers_count_as_refusals(pressed: Stack, shop: Application, person: Signer, phone: Subscriber) -> None:
    """Also before anybody has recorded that their time is over."""
    for _ in range(3):
        handle = asked(shop, person).json()["handle"]
        Records(pressed).change("UPDATE authorizations SET expires = ? WHERE id = ?", int(time.time()) - 1, handle)
    assert asked(shop, person).json()["progress"] == "inbox"


def test_a_hundred_starts_during_a_cool_down_reach_nobody(pressed: Stack, shop: Application, person: Signer, phone: Subscriber) -> None:
    """Each gets a clear answer at once, with `Retry-After`; it is seen on every page, and a tap ends it."""
    assert 7_190 <= phone.browser.post("/quiet", {"hours": 2}).json()["until"] - time.time() <= 7_200
    for _ in range(100):
        answer = asked(shop, person)
        assert (answer.status_code, answer.json()["error"], answer.json()["reason"]) == (429, "too_many_requests", "quiet")
        assert 0 < int(answer.headers["retry-after"]) <= 7_200
    assert phone.browser.get("/inbox").json() == {"waiting": []}
    assert all("No requests reach you until" in phone.browser.get(page).text for page in ("/", "/account", "/history", "/freeze"))
    assert phone.browser.post("/quiet", {"hours": 0}).json() == {"until": None}
    assert "No requests reach you until" not in phone.browser.get("/").text
    asked(shop, person)
    phone.pushes()
    assert phone.came() == 1


def test_a_cool_down_ends_by_itself(pressed: Stack, shop: Application, person: Signer, browser: Browser) -> None:
    """When its time has come."""
    browser.post("/quiet", {"hours": 1})
    Records(pressed).change("UPDATE signers SET quiet_until = ? WHERE user_id = ?", int(time.time()), person.user_id)
    assert asked(shop, person).status_code == 202


@pytest.mark.parametrize("hours", [3, -1, 24, True, 1.5, "1", None])
def test_a_cool_down_is_for_one_two_or_eight_hours(pressed: Stack, browser: Browser, browse: Browse, hours: object) -> None:
    """Nothing else; and nobody sets it who is not signed in."""
    assert browser.post("/quiet", {"hours": hours}).status_code == 400
    assert browse(pressed).post("/quiet", {"hours": 1}).status_code == 401


def test_only_who_may_asks_for_days(shop: Application, patient_shop: Application, person: Signer) -> None:
    """30 days at most, where the operator has said so."""
    refused = asked(shop, person, requestedExpiry=601)
    assert (refused.status_code, refused.json()["error_description"]) == (400, "Invalid parameter requestedExpiry")
    assert asked(patient_shop, person, requestedExpiry=30 * DAY_S + 1).status_code == 400
    assert 30 * DAY_S - asked(patient_shop, person, requestedExpiry=30 * DAY_S).json()["expiresIn"] in range(10)


def test_what_waits_for_days_is_put_off_and_approved_later(
    pressed: Stack, patient_shop: Application, person: Signer, phone: Subscriber
) -> None:
    """Its notification gives way to a quiet one; the SAM takes the approval as any other."""
    handle = asked(patient_shop, person, requestedExpiry=30 * DAY_S).json()["handle"]
    (push,) = phone.pushes()
    assert (push.headers["urgency"], int(push.headers["ttl"])) == ("normal", 28 * DAY_S)
    assert phone.browser.post(f"/approve/{handle}/later", {}).json() == {"state": "pending"}
    last = phone.messages(2)[1]["notification"]
    assert (last["body"], last["silent"]) == ("A request was put off. It waits on your start page.", True)
    (waiting,) = phone.browser.get("/inbox").json()["waiting"]
    assert (waiting["id"], waiting["lasting"]) == (handle, True)
    assert phone.browser.approve(handle).status_code == 200
    assert patient_shop.sad(handle)


def test_what_waits_for_minutes_is_not_put_off(shop: Application, person: Signer, browser: Browser) -> None:
    """Nor is what has ended, or is another signer's."""
    handle = asked(shop, person).json()["handle"]
    assert browser.post(f"/approve/{handle}/later", {}).status_code == 400
    browser.refuse(handle)
    assert browser.post(f"/approve/{handle}/later", {}).status_code == 409


def test_what_waits_for_days_leaves_room_for_what_is_urgent(patient_shop: Application, person: Signer) -> None:
    """Each kind has its own limit."""
    assert [asked(patient_shop, person, requestedExpiry=DAY_S).status_code for _ in range(3)] == [202, 202, 429]
    assert [asked(patient_shop, person).status_code for _ in range(4)] == [202, 202, 202, 429]


def test_a_first_request_is_marked_until_one_is_approved(shop: Application, person: Signer, browser: Browser) -> None:
    """However often it was asked before."""
    warning = "you have never approved anything for this application"
    refuse_one(shop, person, browser)
    handle = asked(shop, person).json()["handle"]
    assert warning in browser.get(f"/approve/{handle}").text
    browser.approve(handle)
    assert warning not in browser.get(f"/approve/{asked(shop, person).json()['handle']}").text
