"""What happens to a signer's key is told by a push to her other devices: that something happened, and not what."""

from collections.abc import Callable

import pytest

from tests.flow.browser import Browse, Browser
from tests.flow.parties import Person
from tests.flow.polls import wait_until
from tests.flow.pushed import Subscriber, id_in
from tests.flow.records import Records
from tests.flow.test_recovery import begin, set_codes
from tests.harness.push_service import PushService
from tests.harness.stack import Stack


@pytest.fixture
def person(telling: Stack) -> Person:
    return Person(telling)


@pytest.fixture
def phone(telling: Stack, person: Person, browse: Browse, service: PushService) -> Subscriber:
    return Subscriber(browse(telling, person.passkey).signed_in(), service).subscribe()


@pytest.fixture
def tablet(telling: Stack, person: Person, phone: Subscriber, browse: Browse, service: PushService) -> Subscriber:
    """The same person's second device, which was added on the phone."""
    return Subscriber(browse(telling, person.add_phone("Tablet")).signed_in(), service).subscribe()


def _recover(person: Person, phone: Subscriber, new: Browser) -> None:
    codes = set_codes(phone.browser)
    assert begin(new, codes[0]).json()["state"] == "waiting"


def _replace(person: Person, phone: Subscriber, new: Browser) -> None:
    new.stack.natsuin("signer", "add", person.user_id, "--name", "山田 太郎", "--replaces")


def _freeze(person: Person, phone: Subscriber, new: Browser) -> None:
    new.stack.natsuin("credential", "freeze", person.credential_id)


@pytest.mark.parametrize("happen", [_recover, _replace, _freeze], ids=["recovery begun", "replacement begun", "frozen by the operator"])
def test_every_device_is_told_that_something_happened_and_not_what(
    telling: Stack,
    person: Person,
    phone: Subscriber,
    tablet: Subscriber,
    browse: Browse,
    happen: Callable[[Person, Subscriber, Browser], None],
) -> None:
    """An opaque id and a sentence that is the same for everybody; it leads to the start page, where the event stands."""
    happen(person, phone, browse(telling))
    (message,), (other,) = phone.messages(), tablet.messages()
    push_id = id_in(message)
    assert id_in(other) != push_id
    assert message == {
        "web_push": 8030,
        "notification": {
            "title": "Natsuin",
            "body": "Something happened to your key. Tap to look at it.",
            "lang": "en",
            "navigate": f"{telling.origin}/push/{push_id}",
            "tag": push_id,
            "silent": False,
        },
    }
    assert phone.pushes()[0].headers["urgency"] == "high"
    assert phone.browser.post("/push/delivered", {"id": push_id}).json() == {"path": "/"}
    assert phone.browser.get(f"/push/{push_id}").headers["location"] == "/"
    wait_told(telling, person)
    assert (phone.came(), tablet.came()) == (1, 1)


def test_the_device_that_acted_is_told_nothing(
    telling: Stack, person: Person, phone: Subscriber, tablet: Subscriber, browse: Browse
) -> None:
    """The tablet adds a device: the phone learns of it. What the signer pauses is on the pages only."""
    new, link = browse(telling), tablet.browser.new_link()
    assert new.join(link["secret"], "New phone").status_code == 200
    assert tablet.browser.change("add_passkey", link["id"]).json() == {"state": "done"}
    assert tablet.browser.post("/freeze", {"for": "hour"}).status_code == 200
    phone.pushes()
    wait_told(telling, person)
    assert (phone.came(), tablet.came()) == (1, 0)


def test_a_push_service_that_is_busy_or_has_forgotten_a_phone(
    telling: Stack, person: Person, phone: Subscriber, service: PushService
) -> None:
    """503: tried again, the same id. 410: the phone gets no more, and nothing is left that waits for it."""
    service.answers.append((503, {"Retry-After": "0"}))
    telling.natsuin("credential", "freeze", person.credential_id, "--for", "60")
    assert len(set(phone.ids(2))) == 1
    wait_told(telling, person)
    service.answers.append((410, {}))
    telling.natsuin("credential", "freeze", person.credential_id)
    phone.pushes(3)
    wait_told(telling, person)
    assert phone.browser.get("/notifications", Accept="application/json").json() == {"devices": []}


def test_what_happened_while_the_push_process_was_dead_is_told_when_it_lives(telling: Stack, person: Person, phone: Subscriber) -> None:
    telling.kill("push")
    telling.natsuin("credential", "freeze", person.credential_id)
    assert phone.came() == 0
    telling.start("push")
    phone.pushes()


def wait_told(stack: Stack, person: Person) -> None:
    """Wait until nobody is to be told anything more."""
    waiting = "SELECT count(*) FROM event_pushes JOIN subscriptions ON subscriptions.id = subscription_id WHERE user_id = ?"
    wait_until(lambda: Records(stack).one(waiting, person.user_id) == 0)
