"""Our record of keys and changes is behind the SAM's after a crash, a lost answer, an outage: it is brought up, nothing is forgotten."""

import pytest

from app.account import settle
from hsm.messages import FOR_EVER
from tests.flow.browser import Browse, Browser
from tests.flow.later import worker_ahead
from tests.flow.parties import Person, new_application
from tests.flow.polls import wait_until
from tests.flow.records import Records
from tests.flow.wire import authorize_body, error_of, refused
from tests.harness.stack import Application, Stack

DISABLED = refused("The credential identified by credentialID is disabled")
UNUSABLE = (400, {"error": "key_unusable"})


@pytest.fixture
def person(stack: Stack) -> Person:
    return Person(stack)


@pytest.fixture
def browser(stack: Stack, person: Person, browse: Browse) -> Browser:
    """The person's phone, signed in."""
    return browse(stack, person.passkey).signed_in()


def freeze(browser: Browser, how_long: str = "until_i_say") -> None:
    answer = browser.post("/freeze", {"for": how_long})
    assert answer.status_code == 200, answer.text
    assert {one["state"] for one in answer.json()["keys"]} == {"frozen"}


def key(browser: Browser) -> dict[str, object]:
    (found,) = browser.own()["keys"]
    return dict(found)


def test_record_that_is_behind_is_brought_up_by_looking(stack: Stack, records: Records, person: Person, browser: Browser) -> None:
    """The SAM froze, unfroze or destroyed it, and our record does not know: the account page asks, and the record follows."""
    freeze(browser)
    records.change("UPDATE credentials SET frozen_until = 0, frozen_by = NULL WHERE credential_id = ?", person.credential_id)
    assert key(browser)["state"] == "frozen"
    browser.change("unfreeze", person.credential_id)
    records.change("UPDATE credentials SET frozen_until = ? WHERE credential_id = ?", FOR_EVER, person.credential_id)
    assert key(browser)["state"] == "active"
    browser.change("destroy", person.credential_id)
    records.change("UPDATE credentials SET state = 'enabled' WHERE credential_id = ?", person.credential_id)
    assert key(browser)["state"] == "destroyed"


def test_approving_with_a_key_that_the_sam_has_frozen_brings_the_record_up(
    records: Records, shop: Application, person: Person, browser: Browser
) -> None:
    """The application is then refused at once."""
    handle = shop.authorize(person.credential_id)["handle"]
    freeze(browser)
    records.change("UPDATE credentials SET frozen_until = 0, frozen_by = NULL WHERE credential_id = ?", person.credential_id)
    assert (browser.approve(handle).status_code, browser.approve(handle).json()) == UNUSABLE
    assert error_of(shop.post("credentials/authorize", authorize_body(person.credential_id))) == DISABLED


def test_owed_freeze_is_done_when_the_sam_is_back(fragile: Stack, browse: Browse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Frozen while the SAM is away: told as not confirmed, recorded at once, and done by whichever worker sees the SAM again."""
    person, application = Person(fragile), new_application(fragile)
    browser, records = browse(fragile, person.passkey).signed_in(), Records(fragile)
    asked = application.authorize(person.credential_id)
    browser.approve(asked["handle"])
    sad = application.sad(asked["handle"])
    fragile.kill("sam")
    answer = browser.post("/freeze", {"for": "until_i_say"})
    assert (answer.status_code, answer.json()) == (503, {"error": "unavailable"})
    assert error_of(application.post("credentials/authorize", authorize_body(person.credential_id))) == DISABLED
    assert 'class="frozen"' in browser.get("/").text
    fragile.start("sam")
    wait_until(lambda: records.one("SELECT freeze_owed FROM credentials WHERE credential_id = ?", person.credential_id) == 0)
    assert error_of(application.sign(person.credential_id, sad, asked["hashes"])) == DISABLED


def test_change_whose_answer_was_lost_is_found(stack: Stack, records: Records, browse: Browse, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SAM did it, and the worker died before it wrote it down: every worker asks by itself, and records it once."""
    monkeypatch.setattr(settle, "SWEEP_S", 0.1)
    person = Person(stack)
    browser = browse(stack, person.passkey).signed_in()
    second = person.add_phone("Second")
    (other,) = [one["id"] for one in browser.own()["devices"] if not one["current"]]
    proposed = browser.propose("remove_passkey", other).json()
    browser.answer_change(proposed)
    # as if it had been cut off: sent, not done, and the passkey still in our record
    made = "SELECT user_id FROM changes WHERE id = ?"
    assert records.one(made, proposed["id"]) == person.user_id
    records.change("UPDATE changes SET state = 'sent', sent_at = 1 WHERE id = ?", proposed["id"])
    records.change("DELETE FROM events WHERE id = ?", proposed["id"])
    with worker_ahead(stack, 0):
        wait_until(lambda: records.one("SELECT state FROM changes WHERE id = ?", proposed["id"]) == "done")
    (entry,) = [one for one in browser.history()["entries"] if one["kind"] == "device_removed"]
    assert (entry["device"], entry["by_device"]) == ("Second", "Device")
    assert browse(stack, second).sign_in().status_code == 400


def test_change_that_the_sam_never_got_stays_open(stack: Stack, records: Records, browse: Browse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked about it, the SAM does not know it; it may still be approved, and was not done by the asking."""
    monkeypatch.setattr(settle, "SWEEP_S", 0.1)
    person = Person(stack)
    browser = browse(stack, person.passkey).signed_in()
    freeze(browser)
    proposed = browser.propose("unfreeze", person.credential_id).json()
    records.change("UPDATE changes SET state = 'sent', sent_at = 1 WHERE id = ?", proposed["id"])
    with worker_ahead(stack, 0):
        wait_until(lambda: records.one("SELECT state FROM changes WHERE id = ?", proposed["id"]) == "open")
    assert key(browser)["state"] == "frozen"
    assert browser.answer_change(proposed).status_code == 200
