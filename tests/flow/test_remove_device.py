"""Removing and renaming a device: with the passkey of another one, never the last; what was removed does nothing any more."""

import pytest

from demo.passkey import Passkey
from tests.flow.browser import Browse, Browser
from tests.flow.parties import Person
from tests.harness.signer import Signer
from tests.harness.stack import Application, Stack

NOT_FOUND = (404, {"error": "not_found"})
NOT_PROVEN = (400, {"error": "evidence_refused"})


@pytest.fixture
def person(stack: Stack) -> Person:
    """A person with two phones."""
    return Person(stack)


@pytest.fixture
def second_passkey(person: Person) -> Passkey:
    return person.add_phone("Second")


@pytest.fixture
def first(stack: Stack, person: Person, second_passkey: Passkey, browse: Browse) -> Browser:
    return browse(stack, person.passkey).signed_in()


@pytest.fixture
def second(stack: Stack, second_passkey: Passkey, browse: Browse) -> Browser:
    return browse(stack, second_passkey).signed_in()


def device(browser: Browser, *, current: bool) -> str:
    (found,) = [one["id"] for one in browser.own()["devices"] if one["current"] is current]
    return str(found)


def test_removed_device_does_nothing_any_more(shop: Application, person: Person, first: Browser, second: Browser) -> None:
    """It is signed out at once, can't sign in, can't approve, not even what it looked at before; the other one goes on."""
    asked = shop.authorize(person.credential_id)
    early = first.assertion(asked["handle"])
    assert second.change("remove_passkey", device(second, current=False)).json() == {"state": "done"}
    assert first.get("/inbox", Accept="application/json").status_code == 401
    assert first.sign_in().status_code == 400
    answer = second.post(f"/approve/{asked['handle']}", {"credential": early, "code": None})
    assert (answer.status_code, answer.json()) == NOT_PROVEN
    assert len(second.look(asked["handle"])["publicKey"]["allowCredentials"]) == 1
    assert second.approve(asked["handle"]).status_code == 200
    (entry,) = [one for one in second.history()["entries"] if one["kind"] == "device_removed"]
    assert (entry["device"], entry["by_device"]) == ("Device", "Second")


def test_device_can_not_remove_itself(first: Browser) -> None:
    """Its passkey is not asked for, and its answer is refused."""
    proposed = first.propose("remove_passkey", device(first, current=True)).json()
    assert len(proposed["publicKey"]["allowCredentials"]) == 1
    assertion = first.passkey.get(proposed["publicKey"] | {"allowCredentials": []}, first.stack.origin)
    answer = first.post(f"/account/change/{proposed['id']}", {"credential": assertion})
    assert (answer.status_code, answer.json()) == NOT_PROVEN
    assert len(first.own()["devices"]) == 2


def test_last_device_stays(stack: Stack, taros_browser: Browser, first: Browser, second: Browser) -> None:
    """Nothing could be approved without it; the page says so, and offers to add another one."""
    second.change("remove_passkey", device(second, current=False))
    only = device(second, current=True)
    answer = second.propose("remove_passkey", only)
    assert (answer.status_code, answer.json()) == (400, {"error": "last_passkey"})
    page = second.get(f"/account/devices/{only}", Accept_Language="en").text
    assert "It is your only device" in page


def test_of_two_that_remove_each_other_one_stays(first: Browser, second: Browser) -> None:
    """Both were asked before; the second answer comes from a passkey that is no more."""
    proposed = [(one, one.propose("remove_passkey", device(one, current=False)).json()) for one in (first, second)]
    codes = [browser.answer_change(change).status_code for browser, change in proposed]
    assert codes[0] == 200
    assert codes[1] in (400, 401)
    assert len(first.own()["devices"]) == 1


def test_removing_twice_is_no_error(first: Browser, second: Browser) -> None:
    """The same answer again, and a device that is gone already."""
    gone = device(second, current=False)
    proposed = second.propose("remove_passkey", gone).json()
    for _ in range(2):
        assert second.answer_change(proposed).json() == {"state": "done"}
    answer = second.propose("remove_passkey", gone)
    assert (answer.status_code, answer.json()) == NOT_FOUND
    assert second.get(f"/account/devices/{gone}").status_code == 404


def test_other_peoples_devices_are_not_there(hanako: Signer, stack: Stack, first: Browser, browse: Browse) -> None:
    """Neither to see, nor to rename, nor to remove."""
    theirs = device(browse(stack, hanako.passkey).signed_in(), current=True)
    for answer in (
        first.get(f"/account/devices/{theirs}", Accept="application/json"),
        first.post(f"/account/devices/{theirs}/rename", {"name": "x"}),
        first.propose("remove_passkey", theirs),
    ):
        assert (answer.status_code, answer.json()) == NOT_FOUND


def test_device_gets_another_name(first: Browser, second: Browser) -> None:
    """Without the passkey, for it grants nothing; every device is told what it was called before."""
    renamed = first.post(f"/account/devices/{device(first, current=False)}/rename", {"name": " 孫の iPad "})
    assert renamed.json() == {"name": "孫の iPad"}
    assert [one["name"] for one in second.own()["devices"] if one["current"]] == ["孫の iPad"]
    (entry,) = [one for one in second.history()["entries"] if one["kind"] == "device_renamed"]
    assert (entry["device"], entry["new_name"], entry["by_device"]) == ("Second", "孫の iPad", "Device")
    assert "孫の iPad" in second.get("/").text


@pytest.mark.parametrize("name", ["", "x" * 41, "a\u202eb", None, 5])
def test_name_that_could_deceive_is_refused(taros_browser: Browser, name: object) -> None:
    """Nothing is changed."""
    before = taros_browser.own()["devices"]
    answer = taros_browser.post(f"/account/devices/{device(taros_browser, current=True)}/rename", {"name": name})
    assert answer.status_code == 400
    assert answer.json()["error"] in ("name_refused", "invalid_request")
    assert taros_browser.own()["devices"] == before


def test_renaming_to_the_same_name_is_no_event(taros_browser: Browser) -> None:
    """Nothing happened, so nobody is told."""
    mine = device(taros_browser, current=True)
    before = len(taros_browser.history()["entries"])
    for _ in range(2):
        assert taros_browser.post(f"/account/devices/{mine}/rename", {"name": "Device"}).status_code == 200
    assert len(taros_browser.history()["entries"]) == before
