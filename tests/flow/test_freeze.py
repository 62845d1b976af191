"""A frozen key approves nothing and signs nothing, whoever froze it; the signer's passkey or time ends it. Destroying has no end."""

import time

import pytest

from demo.passkey import Defects
from tests.flow.browser import Browse, Browser
from tests.flow.later import worker_ahead
from tests.flow.parties import Person
from tests.flow.records import Records
from tests.flow.wire import authorize_body, error_of, refused
from tests.harness.signer import Signer
from tests.harness.stack import Application, Stack

DISABLED = refused("The credential identified by credentialID is disabled")
UNUSABLE = (400, {"error": "key_unusable"})
NOT_PROVEN = (400, {"error": "evidence_refused"})
NOT_FOUND = (404, {"error": "not_found"})
OVER = (400, {"error": "change_over"})


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


def test_frozen_key_approves_nothing_and_signs_nothing(shop: Application, person: Person, browser: Browser) -> None:
    """Neither what waits, nor what was approved just before, nor anything new; declining still works; afterwards all goes on."""
    waiting, approved, declined = (shop.authorize(person.credential_id) for _ in range(3))
    assert browser.approve(approved["handle"]).status_code == 200
    sad = shop.sad(approved["handle"])
    assertion = browser.assertion(waiting["handle"])
    freeze(browser)
    answer = browser.post(f"/approve/{waiting['handle']}", {"credential": assertion, "code": None})
    assert (answer.status_code, answer.json()) == UNUSABLE
    assert browser.look(waiting["handle"])["state"] == "pending"
    assert error_of(shop.sign(person.credential_id, sad, approved["hashes"])) == DISABLED
    assert error_of(shop.post("credentials/authorize", authorize_body(person.credential_id))) == DISABLED
    info = shop.post("credentials/info", {"credentialID": person.credential_id}).json()
    assert info["key"]["status"] == "disabled"
    assert shop.post("credentials/list", {"userID": person.user_id, "onlyValid": True}).json()["credentialIDs"] == []
    assert browser.refuse(declined["handle"]).json() == {"state": "refused", "key_state": "frozen"}

    assert browser.change("unfreeze", person.credential_id).json() == {"state": "done"}
    assert shop.sign(person.credential_id, sad, approved["hashes"]).status_code == 200
    assert browser.approve(waiting["handle"]).status_code == 200
    assert shop.post("credentials/info", {"credentialID": person.credential_id}).json()["key"]["status"] == "enabled"


@pytest.mark.parametrize(("how_long", "seconds"), [("hour", 3_600), ("day", 86_400)])
def test_time_ends_a_freeze(stack: Stack, browser: Browser, how_long: str, seconds: int) -> None:
    """It says until when; afterwards the key is active without anyone's doing."""
    freeze(browser, how_long)
    assert abs(float(str(key(browser)["until"])) - time.time() - seconds) < 30
    cookie = {"Cookie": f"natsuin={browser.http.cookies['natsuin']}", "Accept": "application/json"}
    with worker_ahead(stack, seconds + 1) as later:
        assert later.get("/account", headers=cookie).json()["keys"][0]["state"] == "active"


def test_freeze_gets_longer_never_shorter(browser: Browser) -> None:
    """An hour after "until I say" changes nothing, and is told to nobody."""
    freeze(browser, "hour")
    freeze(browser)
    freeze(browser, "hour")
    assert key(browser)["until"] is None
    assert len([one for one in browser.history()["entries"] if one["kind"] == "key_frozen"]) == 2


@pytest.mark.parametrize("chosen", [None, "", "week", 3600, "HOUR"])
def test_other_times_are_refused(taros_browser: Browser, chosen: object) -> None:
    """Three choices; nothing is frozen by a mistake."""
    answer = taros_browser.post("/freeze", {"for": chosen})
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})
    assert {one["state"] for one in taros_browser.own()["keys"]} == {"active"}


def test_unfreezing_needs_the_passkey(person: Person, browser: Browser, hanako: Signer) -> None:
    """A stolen session can freeze, and not unfreeze; nor can somebody else's passkey, or a defective answer."""
    freeze(browser)
    proposed = browser.propose("unfreeze", person.credential_id).json()
    forged = hanako.passkey.get(proposed["publicKey"] | {"allowCredentials": []}, browser.stack.origin)
    answers = [browser.post(f"/account/change/{proposed['id']}", {"credential": one}) for one in ({}, {"id": "eA"}, forged)]
    answers += [
        browser.answer_change(proposed, Defects(no_user_verified=True)),
        browser.answer_change(proposed, Defects(bogus_signature=True)),
    ]
    assert [(one.status_code, one.json()) for one in answers] == [NOT_PROVEN] * 5
    assert key(browser)["state"] == "frozen"
    assert browser.answer_change(proposed).status_code == 200
    assert key(browser)["state"] == "active"


def test_old_answer_does_not_unfreeze_again(person: Person, browser: Browser) -> None:
    """An approval of using it again is good once: frozen anew, the same answer changes nothing."""
    freeze(browser)
    proposed = browser.propose("unfreeze", person.credential_id).json()
    assertion = browser.passkey.get(proposed["publicKey"], browser.stack.origin)
    for _ in range(2):
        assert browser.post(f"/account/change/{proposed['id']}", {"credential": assertion}).json() == {"state": "done"}
        freeze(browser)
    assert key(browser)["state"] == "frozen"


def test_what_is_not_frozen_needs_no_unfreezing(taro: Signer, taros_browser: Browser) -> None:
    """There is nothing to change, and the page says that the key is in use."""
    answer = taros_browser.propose("unfreeze", taro.credential_id)
    assert (answer.status_code, answer.json()) == OVER
    assert "Your key is in use" in taros_browser.get(f"/keys/{taro.credential_id}/unfreeze", Accept_Language="en").text


def test_two_not_me_freeze_until_the_signer_says_otherwise(person: Person, browser: Browser, shop: Application) -> None:
    """The first is only reported; a declined one between does not count; the second freezes, at the SAM too."""
    approved = shop.authorize(person.credential_id)
    browser.approve(approved["handle"])
    sad = shop.sad(approved["handle"])
    first, between, second = (shop.authorize(person.credential_id)["handle"] for _ in range(3))
    browser.refuse(first, "not_me")
    browser.refuse(between, "declined")
    assert key(browser)["state"] == "active"
    assert browser.refuse(second, "not_me").json() == {"state": "refused", "key_state": "frozen"}
    assert (key(browser)["state"], key(browser)["by"], key(browser)["until"]) == ("frozen", "not_me", None)
    assert error_of(shop.sign(person.credential_id, sad, approved["hashes"])) == DISABLED
    assert "two requests came that you did not expect" in browser.get("/", Accept_Language="en").text
    browser.change("unfreeze", person.credential_id)
    third = shop.authorize(person.credential_id)["handle"]
    browser.refuse(third, "not_me")
    assert key(browser)["state"] == "active"  # counted anew


def test_not_me_offers_to_freeze(person: Person, browser: Browser, shop: Application) -> None:
    """The page that says how it ended has the three choices, as long as the key is not frozen already."""
    handle = shop.authorize(person.credential_id)["handle"]
    browser.refuse(handle, "not_me")
    page = browser.get(f"/approve/{handle}").text
    assert [f'data-pause="{one}"' in page for one in ("hour", "day", "until_i_say")] == [True] * 3
    freeze(browser)
    assert "data-pause" not in browser.get(f"/approve/{handle}").text


def test_every_page_says_that_the_key_is_frozen(person: Person, browser: Browser, shop: Application) -> None:
    """With the way to use it again; and every page leads to freezing in one tap."""
    handle = shop.authorize(person.credential_id)["handle"]
    ended = shop.authorize(person.credential_id)["handle"]
    browser.refuse(ended)
    (device,) = browser.own()["devices"]
    pages = ["/", "/account", "/account/add", "/history", "/freeze", f"/approve/{handle}", f"/approve/{ended}", f"/history/{ended}"]
    pages += [f"/account/devices/{device['id']}", f"/keys/{person.credential_id}/unfreeze", f"/keys/{person.credential_id}/destroy"]
    for path in pages:
        page = browser.get(path)
        assert page.status_code == 200, path
        assert 'href="/freeze"' in page.text, path
        assert 'class="frozen"' not in page.text, path
    freeze(browser)
    for path in pages:
        text = browser.get(path).text
        assert 'class="frozen"' in text, path
        assert f"/keys/{person.credential_id}/unfreeze" in text, path


def test_operator_freezes_from_the_command_line(stack: Stack, person: Person, browser: Browser) -> None:
    """`credential freeze`, for a time or until the signer says otherwise; the signer sees who did it, and may use the key again."""
    shown = stack.natsuin("credential", "show", person.credential_id)
    assert (shown["user_id"], shown["state"], shown["frozen_until"]) == (person.user_id, "enabled", 0)
    frozen = stack.natsuin("credential", "freeze", person.credential_id, "--for", "60")
    assert 0 < frozen["frozen_until"] - time.time() <= 60
    assert stack.natsuin("credential", "freeze", person.credential_id)["frozen_until"] is None
    assert (key(browser)["state"], key(browser)["by"]) == ("frozen", "operator")
    assert "paused by the operator" in browser.get("/", Accept_Language="en").text
    (listed,) = stack.natsuin("signer", "show", person.user_id)["keys"]
    expected = {"credential_id": person.credential_id, "state": "frozen", "not_after": shown["not_after"]}
    assert expected.items() <= listed.items()
    assert browser.change("unfreeze", person.credential_id).status_code == 200
    assert stack.natsuin("credential", "show", person.credential_id)["frozen_until"] == 0
    assert "no key" in stack.natsuin("credential", "freeze", "nobody", expect=1)["error"]
    assert "no key" in stack.natsuin("credential", "show", "nobody", expect=1)["error"]


def test_destroyed_key_is_gone_for_ever(shop: Application, records: Records, person: Person, browser: Browser) -> None:
    """Nothing that was approved or waits is signed; it can't be frozen, used again, or destroyed a second time; the pages say so."""
    waiting, approved = (shop.authorize(person.credential_id) for _ in range(2))
    browser.approve(approved["handle"])
    sad = shop.sad(approved["handle"])
    assertion = browser.assertion(waiting["handle"])
    assert browser.change("destroy", person.credential_id).json() == {"state": "done"}
    assert error_of(shop.sign(person.credential_id, sad, approved["hashes"])) == DISABLED
    assert error_of(shop.post("credentials/authorize", authorize_body(person.credential_id))) == DISABLED
    answer = browser.post(f"/approve/{waiting['handle']}", {"credential": assertion, "code": None})
    assert (answer.status_code, answer.json()) == UNUSABLE
    assert (browser.post("/freeze", {"for": "hour"}).status_code, browser.post("/freeze", {"for": "hour"}).json()) == UNUSABLE
    for change in ("unfreeze", "destroy"):
        answer = browser.propose(change, person.credential_id)
        assert (answer.status_code, answer.json()) == OVER
    assert key(browser)["state"] == "destroyed"
    assert "The key is destroyed" in browser.get(f"/keys/{person.credential_id}/destroy", Accept_Language="en").text
    assert "There is no key to pause" in browser.get("/freeze", Accept_Language="en").text
    assert "can no longer sign" in browser.get(f"/approve/{waiting['handle']}", Accept_Language="en").text
    assert "is destroyed" in browser.stack.natsuin("credential", "freeze", person.credential_id, expect=1)["error"]


def test_frozen_key_can_be_destroyed(person: Person, browser: Browser) -> None:
    """Whoever is worried enough need not unfreeze it first."""
    freeze(browser)
    assert browser.change("destroy", person.credential_id).status_code == 200
    assert key(browser)["state"] == "destroyed"


def test_other_peoples_keys_are_not_there(taro: Signer, browser: Browser) -> None:
    """Neither to see nor to change."""
    for answer in (
        browser.propose("unfreeze", taro.credential_id),
        browser.propose("destroy", taro.credential_id),
        browser.get(f"/keys/{taro.credential_id}/unfreeze", Accept="application/json"),
        browser.get(f"/keys/{taro.credential_id}/destroy", Accept="application/json"),
    ):
        assert (answer.status_code, answer.json()) == NOT_FOUND
