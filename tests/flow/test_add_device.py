"""A second device: a one-time link from the first, a passkey on the second, and the first one's approval; before it, it may do nothing."""

import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from demo.passkey import Defects, from_base64url
from tests.flow.browser import Browse, Browser
from tests.flow.parties import Person, new_application
from tests.flow.records import Records
from tests.harness.signer import Signer
from tests.harness.stack import Application, Stack

NOT_FOUND = (404, {"error": "not_found"})
REFUSED = (400, {"error": "registration_refused"})
OVER = (400, {"error": "change_over"})
NOT_PROVEN = (400, {"error": "evidence_refused"})
DEFECTS = {
    "no user verified": Defects(no_user_verified=True),
    "cross-origin": Defects(cross_origin=True),
    "another origin": Defects(wrong_origin="https://evil.example"),
    "another relying party": Defects(wrong_rp_id="evil.example"),
    "a sign-in": Defects(wrong_type="webauthn.get"),
    "another challenge": Defects(wrong_challenge=bytes(32)),
}


@pytest.fixture
def person(stack: Stack) -> Person:
    """A person with one phone."""
    return Person(stack)


@pytest.fixture
def old(stack: Stack, person: Person, browse: Browse) -> Browser:
    """The phone that is registered, signed in."""
    return browse(stack, person.passkey).signed_in()


@pytest.fixture
def new(stack: Stack, browse: Browse) -> Browser:
    """A device that has nothing but the link."""
    return browse(stack)


def added(old: Browser, new: Browser, name: str = "New phone") -> str:
    """Add the new device, to the end; gives the addition's id."""
    link = old.new_link()
    assert new.join(link["secret"], name).status_code == 200
    assert old.change("add_passkey", link["id"]).json() == {"state": "done"}
    return str(link["id"])


def test_added_device_signs_in_and_approves(shop: Application, person: Person, old: Browser, new: Browser) -> None:
    """Both show the same six digits; afterwards the new one signs in, approves, and the application signs."""
    link = old.new_link()
    assert link["link"].startswith(f"{old.stack.origin}/new-device#")
    assert 590 < link["expires_in"] <= 600
    assert old.get(f"/account/add/{link['id']}", Accept="application/json").json()["state"] == "open"
    joined = new.join(link["secret"], "書斎のパソコン").json()
    seen = old.get(f"/account/add/{link['id']}", Accept="application/json").json()
    assert (seen["state"], seen["name"], seen["synced"]) == ("made", "書斎のパソコン", False)
    assert re.fullmatch(r"\d{3} \d{3}", seen["code"])
    assert (joined["state"], joined["code"]) == ("made", seen["code"])
    assert old.change("add_passkey", link["id"]).json() == {"state": "done"}
    assert new.post("/new-device/state", {"link": link["secret"]}).json()["state"] == "done"
    (other,) = [one for one in old.own()["devices"] if not one["current"]]
    assert (other["name"], other["synced"], other["last_used"]) == ("書斎のパソコン", False, 0)

    asked = shop.authorize(person.credential_id)
    assert new.signed_in().approve(asked["handle"]).json() == {"state": "approved"}
    assert shop.sign(person.credential_id, shop.sad(asked["handle"]), asked["hashes"]).status_code == 200
    (mine,) = [one for one in new.own()["devices"] if one["current"]]
    assert mine["last_used"] >= mine["added"]
    assert new.get(f"/history/{asked['handle']}", Accept="application/json").json()["approved_with"] == "書斎のパソコン"


def test_device_that_waits_may_do_nothing(shop: Application, person: Person, old: Browser, new: Browser) -> None:
    """Made, but not approved: it can't sign in, its passkey is not asked for, and its answer approves no request."""
    link = old.new_link()
    new.join(link["secret"])
    assert new.sign_in().status_code == 400
    handle = shop.authorize(person.credential_id)["handle"]
    page = old.look(handle)
    assert len(page["publicKey"]["allowCredentials"]) == 1
    forged = new.passkey.get(page["publicKey"] | {"allowCredentials": []}, old.stack.origin)
    answer = old.post(f"/approve/{handle}", {"credential": forged, "code": None})
    assert (answer.status_code, answer.json()) == NOT_PROVEN
    proposed = old.propose("add_passkey", link["id"]).json()
    itself = new.passkey.get(proposed["publicKey"] | {"allowCredentials": []}, old.stack.origin)
    answer = old.post(f"/account/change/{proposed['id']}", {"credential": itself})
    assert (answer.status_code, answer.json()) == NOT_PROVEN
    assert len(old.own()["devices"]) == 1
    assert old.answer_change(proposed).status_code == 200


def test_of_two_devices_on_one_link_one_is_taken(browse: Browse, old: Browser, new: Browser) -> None:
    """The one that followed it last; the other's passkey answers a challenge that is void."""
    link = old.new_link()
    first = new.post("/new-device/options", {"link": link["secret"]}).json()
    rival = browse(old.stack)
    second = rival.post("/new-device/options", {"link": link["secret"]}).json()
    assert first["publicKey"]["challenge"] != second["publicKey"]["challenge"]
    answers = [
        (new, new.passkey.create(first["publicKey"], old.stack.origin)),
        (rival, rival.passkey.create(second["publicKey"], old.stack.origin)),
    ]
    with ThreadPoolExecutor(2) as pool:
        codes = list(
            pool.map(
                lambda one: one[0].post("/new-device", {"link": link["secret"], "credential": one[1], "name": "x"}).status_code, answers
            )
        )
    assert codes in ([400, 200], [404, 200])
    assert old.change("add_passkey", link["id"]).status_code == 200
    assert rival.sign_in().status_code == 200
    assert new.sign_in().status_code == 400


@pytest.mark.parametrize("defect", DEFECTS)
def test_defective_passkey_is_not_put_before_the_signer(stack: Stack, browse: Browse, taros_browser: Browser, defect: str) -> None:
    """Each defect alone is refused on the new device; nothing waits on the old one, and another passkey may be made."""
    link = taros_browser.new_link()
    answer = browse(stack).join(link["secret"], defects=DEFECTS[defect])
    assert (answer.status_code, answer.json()) == REFUSED
    assert taros_browser.get(f"/account/add/{link['id']}", Accept="application/json").json()["state"] == "open"
    answer = taros_browser.propose("add_passkey", link["id"])
    assert (answer.status_code, answer.json()) == OVER
    assert browse(stack).join(link["secret"]).status_code == 200


def test_passkey_that_is_known_already_is_refused(old: Browser, hanako: Signer, browse: Browse) -> None:
    """Somebody else's passkey, or one's own: it stays what it is."""
    for passkey in (hanako.passkey, old.passkey):
        other = browse(old.stack)
        other.passkey.credential_id = b""
        link = old.new_link()
        offered = other.post("/new-device/options", {"link": link["secret"]}).json()
        answer = other.passkey.create(offered["publicKey"], old.stack.origin, defects=Defects(wrong_credential_id=passkey.credential_id))
        refused = other.post("/new-device", {"link": link["secret"], "credential": answer, "name": "x"})
        assert (refused.status_code, refused.json()) == REFUSED


@pytest.mark.parametrize("name", ["", " ", "x" * 41, "a\nb", "a\u202eb"])
def test_name_that_could_deceive_is_refused(stack: Stack, taros_browser: Browser, browse: Browse, name: str) -> None:
    """It will stand on the page that asks for the approval; the passkey that was made may be sent again under another name."""
    link, other = taros_browser.new_link(), browse(stack)
    offered = other.post("/new-device/options", {"link": link["secret"]}).json()
    made = other.passkey.create(offered["publicKey"], stack.origin)
    refused = other.post("/new-device", {"link": link["secret"], "credential": made, "name": name})
    assert (refused.status_code, refused.json()) == (400, {"error": "name_refused"})
    taken = other.post("/new-device", {"link": link["secret"], "credential": made, "name": "My phone"})
    assert (taken.status_code, taken.json()["name"]) == (200, "My phone")


def test_refused_device_stays_outside(old: Browser, new: Browser) -> None:
    """After the signer's no, it is told so; nothing can be approved any more, and the link is dead."""
    link = old.new_link()
    new.join(link["secret"])
    proposed = old.propose("add_passkey", link["id"]).json()
    assert old.answer_change(proposed, Defects(bogus_signature=True)).json() == NOT_PROVEN[1]
    assert old.post(f"/account/add/{link['id']}/refuse", {}).json()["state"] == "refused"
    assert new.post("/new-device/state", {"link": link["secret"]}).json()["state"] == "refused"
    assert new.post("/new-device/options", {"link": link["secret"]}).status_code == 404
    answer = old.propose("add_passkey", link["id"])
    assert (answer.status_code, answer.json()) == OVER
    answer = old.answer_change(proposed)  # composed before the refusal
    assert (answer.status_code, answer.json()) == OVER
    assert len(old.own()["devices"]) == 1
    assert new.sign_in().status_code == 400


def test_what_is_being_added_is_nobody_elses_business(stack: Stack, hanako: Signer, old: Browser, new: Browser, browse: Browse) -> None:
    """Another signer can neither see, refuse nor approve it: it looks like one that never was."""
    link = old.new_link()
    new.join(link["secret"])
    proposed = old.propose("add_passkey", link["id"]).json()
    stranger = browse(stack, hanako.passkey).signed_in()
    for answer in (
        stranger.get(f"/account/add/{link['id']}", Accept="application/json"),
        stranger.post(f"/account/add/{link['id']}/refuse", {}),
        stranger.propose("add_passkey", link["id"]),
        stranger.post(f"/account/change/{proposed['id']}", {"credential": {"id": "eA"}}),
    ):
        assert (answer.status_code, answer.json()) == NOT_FOUND
    forged = hanako.passkey.get(proposed["publicKey"] | {"allowCredentials": []}, stack.origin)
    answer = old.post(f"/account/change/{proposed['id']}", {"credential": forged})
    assert (answer.status_code, answer.json()) == NOT_PROVEN
    assert old.answer_change(proposed).status_code == 200


def test_what_is_approved_names_the_very_passkey(old: Browser, new: Browser) -> None:
    """The bytes that the old device's passkey signs say which passkey, by its id and public key, and under which name."""
    link = old.new_link()
    new.join(link["secret"], "My tablet")
    transaction = json.loads(from_base64url(old.propose("add_passkey", link["id"]).json()["transaction"]))
    assert (transaction["type"], transaction["name"]) == ("add_passkey", "My tablet")
    assert from_base64url(transaction["passkey_id"].replace("+", "-").replace("/", "_").rstrip("=")) == new.passkey.credential_id
    assert transaction["expires"] - transaction["created"] == 600


def test_an_answer_counts_for_one_change_only(old: Browser, new: Browser, browse: Browse) -> None:
    """The approval of one device approves no other."""
    link = old.new_link()
    new.join(link["secret"])
    first, second = (old.propose("add_passkey", link["id"]).json() for _ in range(2))
    assertion = old.passkey.get(first["publicKey"], old.stack.origin)
    answer = old.post(f"/account/change/{second['id']}", {"credential": assertion})
    assert (answer.status_code, answer.json()) == NOT_PROVEN
    assert old.post(f"/account/change/{first['id']}", {"credential": assertion}).status_code == 200


def test_every_device_is_told(old: Browser, new: Browser, records: Records) -> None:
    """The start page of each tells that a device was added, from which one, and the history keeps it with its evidence."""
    added(old, new, "My tablet")
    for browser in (old, new.signed_in()):
        page = browser.get("/", Accept_Language="en").text
        assert "My tablet" in page
        (entry,) = [one for one in browser.history()["entries"] if one["kind"] == "device_added"]
        assert (entry["device"], entry["by_device"]) == ("My tablet", "Device")
        detail = browser.get(f"/history/{entry['id']}", Accept="application/json").json()
        assert json.loads(detail["evidence"]["transaction"])["name"] == "My tablet"


def test_new_device_waits_on_the_start_page(old: Browser, new: Browser) -> None:
    """Whichever device is looked at next asks about it."""
    link = old.new_link()
    new.join(link["secret"], "My tablet")
    for path in ("/", "/account"):
        assert f"/account/add/{link['id']}" in old.get(path).text
    old.post(f"/account/add/{link['id']}/refuse", {})
    for path in ("/", "/account"):
        assert f"/account/add/{link['id']}" not in old.get(path).text


def test_second_device_adds_a_third(stack: Stack, old: Browser, new: Browser, browse: Browse) -> None:
    """What was added is as good as the first."""
    added(old, new)
    added(new.signed_in(), browse(stack), "Third")
    assert len(old.own()["devices"]) == 3


def test_link_and_session_together_register_nothing(shop: Application, person: Person, old: Browser, new: Browser) -> None:
    """A thief of the session can make a link and a passkey, and stands before the question that only a registered passkey answers."""
    link = old.new_link()
    new.join(link["secret"], "Harmless")
    thief = new
    thief.http.cookies = old.http.cookies
    proposed = thief.propose("add_passkey", link["id"]).json()
    for assertion in ({}, {"id": "eA"}, thief.passkey.get(proposed["publicKey"] | {"allowCredentials": []}, old.stack.origin)):
        answer = thief.post(f"/account/change/{proposed['id']}", {"credential": assertion})
        assert (answer.status_code, answer.json()) == NOT_PROVEN
    assert [one["name"] for one in old.own()["devices"]] == ["Device"]


def test_phone_without_a_screen_adds_one(stack: Stack) -> None:
    """The library checks both transactions, and the digits, before it lets a passkey sign."""
    person = Person(stack)
    passkey = person.add_phone("Second", synced=True)
    application = new_application(stack)
    handle = application.authorize(person.credential_id)["handle"]
    assert person.with_passkey(passkey).approve(handle) == "approved"
