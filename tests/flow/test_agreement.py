"""An application sees and asks only signers who agreed to it: by one tap, by the operator's word, until the signer ends it."""

import os

import pytest

from tests.flow.browser import Browse, Browser
from tests.flow.parties import Person, new_application
from tests.flow.records import Records
from tests.flow.wire import UNKNOWN_ID, authorize_body, error_of, refused
from tests.harness.signer import Signer
from tests.harness.stack import Application, Stack

UNKNOWN = refused("Invalid parameter credentialID")


@pytest.fixture
def stranger(stack: Stack) -> Application:
    """An application that nobody agreed to yet."""
    return new_application(stack, for_all=False)


@pytest.fixture
def person(stack: Stack) -> Signer:
    return Person(stack)


@pytest.fixture
def browser(browse: Browse, stack: Stack, person: Signer) -> Browser:
    return browse(stack, person.passkey).signed_in()


def sees(application: Application, person: Signer) -> bool:
    """Tell whether all three calls know the signer; they must agree, and say of an unknown one what they say of nobody."""
    listed = application.post("credentials/list", {"userID": person.user_id})
    info = application.post("credentials/info", {"credentialID": person.credential_id})
    asked = application.post("credentials/authorize", authorize_body(person.credential_id, userID=person.user_id))
    if listed.json() == {"credentialIDs": [person.credential_id]}:
        assert (info.status_code, asked.status_code) == (200, 202)
        person.refuse(asked.json()["handle"])
        return True
    nobody = f"user-{os.urandom(4).hex()}"
    assert listed.content == application.post("credentials/list", {"userID": nobody}).content
    assert info.content == application.post("credentials/info", {"credentialID": UNKNOWN_ID}).content
    assert error_of(info) == error_of(asked) == UNKNOWN
    return False


def test_nobody_is_asked_who_did_not_agree(stack: Stack, stranger: Application, person: Signer) -> None:
    """And nothing is recorded."""
    before = Records(stack).authorizations()
    assert not sees(stranger, person)
    assert Records(stack).authorizations() == before
    assert person.inbox() == []


def test_one_tap_lets_it_see_and_ask_until_it_is_ended(stranger: Application, person: Signer, browser: Browser) -> None:
    """For this signer and this application alone; what waits at the end is declined, what was approved stands."""
    path, other = f"/agree/{stranger.client_id}", Person(stranger.stack)
    assert browser.get(path, Accept="application/json").json()["state"] == "none"
    assert browser.get(path).status_code == 200
    assert browser.post(path, {"agree": True}).json() == {"state": "agreed"}
    assert sees(stranger, person)
    assert not sees(stranger, other)
    assert not sees(new_application(stranger.stack, for_all=False), person)
    approved, waiting = (stranger.authorize(person.credential_id) for _ in range(2))
    person.approve(approved["handle"])
    assert browser.post(path, {"agree": False}).json() == {"state": "ended"}
    assert not sees(stranger, person)
    ended = stranger.post("credentials/authorizeCheck", {"handle": waiting["handle"]}, Prefer="wait=5")
    assert (ended.json()["state"], ended.json()["reason"]) == ("refused", "declined")
    assert stranger.sign(person.credential_id, stranger.sad(approved["handle"]), approved["hashes"]).status_code == 200


def test_what_is_ended_stays_ended_whatever_the_operator_says(stack: Stack, person: Signer, browser: Browser) -> None:
    """An application that is registered for all is seen on the account page, and ended there."""
    shop = new_application(stack)
    assert sees(shop, person)
    shown = {one["id"]: one["state"] for one in browser.get("/account", Accept="application/json").json()["applications"]}
    assert shown[shop.client_id] == "agreed"
    browser.post(f"/agree/{shop.client_id}", {"agree": False})
    assert not sees(shop, person)
    shown = {one["id"]: one["state"] for one in browser.get("/account", Accept="application/json").json()["applications"]}
    assert shown[shop.client_id] == "ended"


def test_the_history_tells_what_was_agreed_and_ended(stranger: Application, person: Signer, browser: Browser) -> None:
    """Once each, with the application's name and the device, also where it was said twice; on the start page too."""
    path = f"/agree/{stranger.client_id}"
    name = browser.get(path, Accept="application/json").json()["name"]
    for agree in (True, True, False, False):
        browser.post(path, {"agree": agree})
    told = [(one["kind"], one["application"], one["by_device"]) for one in browser.history()["entries"]]
    assert sorted(told) == [("agreed", name, "Device"), ("agreement_ended", name, "Device")]
    for page in ("/history", "/"):
        assert browser.get(page, Accept_Language="en").text.count("Agreed to requests from: ") == 1


def test_the_operator_registers_one_who_agreed(stack: Stack, stranger: Application, browse: Browse) -> None:
    """`natsuin signer add --for`; an application that there is not is refused, and nobody is let in."""
    user_id = f"user-{os.urandom(4).hex()}"
    refusal = stack.natsuin("signer", "add", user_id, "--name", "山田 太郎", "--for", UNKNOWN_ID, expect=1)
    assert "no application" in refusal["error"]
    assert stack.natsuin("signer", "show", user_id, expect=1)
    invited = stack.natsuin("signer", "add", user_id, "--name", "山田 太郎", "--for", stranger.client_id)
    browser = browse(stack)
    assert browser.register(invited["enrollment_url"].partition("#")[2]).status_code == 200
    assert [(one["kind"], one["cause"]) for one in browser.history()["entries"]] == [("agreed", "operator")]
    assert "Registered as agreed by the operator: " in browser.get("/history", Accept_Language="en").text
    assert len(stranger.post("credentials/list", {"userID": user_id}).json()["credentialIDs"]) == 1


def test_a_removed_application_leaves_nothing_behind(stack: Stack, stranger: Application, browser: Browser) -> None:
    browser.post(f"/agree/{stranger.client_id}", {"agree": True})
    stack.natsuin("client", "remove", stranger.client_id)
    assert stranger.client_id not in str(browser.get("/account", Accept="application/json").json()["applications"])
    assert browser.get(f"/agree/{stranger.client_id}", Accept="application/json").status_code == 404


@pytest.mark.parametrize("body", [{}, {"agree": None}, {"agree": "yes"}, {"agree": 1}])
def test_only_a_clear_word_counts(stranger: Application, person: Signer, browser: Browser, body: dict[str, object]) -> None:
    assert browser.post(f"/agree/{stranger.client_id}", body).status_code == 400
    assert browser.post(f"/agree/{UNKNOWN_ID}", {"agree": True}).status_code == 404
    assert not sees(stranger, person)
