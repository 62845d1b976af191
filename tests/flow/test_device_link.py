"""The one-time link for a new device: good for one, for ten minutes, and as good as never given afterwards."""

import pytest

from tests.flow.browser import Browse, Browser
from tests.flow.later import worker_ahead
from tests.flow.parties import Person
from tests.harness.stack import Stack

UNKNOWN = (404, {"error": "link_unknown"})
OVER = (400, {"error": "change_over"})


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


def test_link_is_good_once(browse: Browse, old: Browser, new: Browser) -> None:
    """Whoever comes second, before the approval or after it, gets the answer of an unknown link."""
    link = old.new_link()
    new.join(link["secret"])
    late = browse(old.stack)
    for change in (lambda: old.change("add_passkey", link["id"]), lambda: None):
        answer = late.post("/new-device/options", {"link": link["secret"]})
        assert (answer.status_code, answer.json()) == UNKNOWN
        answer = late.post("/new-device", {"link": link["secret"], "credential": {"id": "x"}, "name": "x"})
        assert (answer.status_code, answer.json()) == UNKNOWN
        change()


def test_same_answer_may_be_sent_again(old: Browser, new: Browser) -> None:
    """A lost reply costs nothing: the new device sends its passkey again, the old one its approval."""
    link = old.new_link()
    offered = new.post("/new-device/options", {"link": link["secret"]}).json()
    made = new.passkey.create(offered["publicKey"], old.stack.origin)
    first, again = (new.post("/new-device", {"link": link["secret"], "credential": made, "name": "x"}) for _ in range(2))
    assert (again.status_code, again.json()["code"]) == (200, first.json()["code"])
    proposed = old.propose("add_passkey", link["id"]).json()
    for _ in range(2):
        assert old.answer_change(proposed).json() == {"state": "done"}
    assert len(old.own()["devices"]) == 2


def test_new_link_ends_the_one_before(old: Browser, new: Browser, browse: Browse) -> None:
    """One device is added at a time, whoever holds the older link."""
    first, second = old.new_link(), old.new_link()
    assert new.post("/new-device/options", {"link": first["secret"]}).status_code == 404
    assert new.post("/new-device/state", {"link": first["secret"]}).json()["state"] == "refused"
    assert browse(old.stack).join(second["secret"]).status_code == 200


def test_link_lives_ten_minutes(old: Browser, new: Browser) -> None:
    """Afterwards it is as unknown as one that was never given; a passkey that was made with it can't be approved."""
    unused, used = old.new_link(), None
    headers = {"Origin": old.stack.origin}
    with worker_ahead(old.stack, 601) as later:
        over, unknown = (later.post("/new-device/options", json={"link": one}, headers=headers) for one in (unused["secret"], "never"))
        assert (over.status_code, over.content) == (unknown.status_code, unknown.content)
        assert (over.status_code, over.json()) == UNKNOWN
    used = old.new_link()
    new.join(used["secret"])
    session = {"Cookie": f"natsuin={old.http.cookies['natsuin']}"}
    with worker_ahead(old.stack, 601) as later:
        assert later.post("/new-device/state", json={"link": used["secret"]}, headers=headers).json()["state"] == "expired"
        answer = later.post("/account/change", json={"change": "add_passkey", "of": used["id"]}, headers=headers | session)
        assert (answer.status_code, answer.json()) == OVER
        page = later.get(f"/account/add/{used['id']}", headers=session | {"Accept-Language": "en"})
        assert "The time ran out" in page.text


@pytest.mark.parametrize("secret", ["nonsense", "A" * 22, "捺印", " "])
def test_made_up_link_is_unknown(stack: Stack, browse: Browse, secret: str) -> None:
    """On each of its routes."""
    browser = browse(stack)
    for path, more in (("/new-device/options", {}), ("/new-device", {"credential": {}, "name": "x"}), ("/new-device/state", {})):
        answer = browser.post(path, {"link": secret} | more)
        assert (answer.status_code, answer.json()) == UNKNOWN
