"""Recovery codes over HTTP: hashes are approved, a code finds whose it is, its device waits, is told everywhere, and may be stopped."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from typer.testing import CliRunner

from app.account import settle
from app.cli.main import commands
from demo.ca.code import new_code, read_code
from demo.passkey import Defects, Passkey, from_base64url
from hsm.messages import recovery_code_sha256
from tests.flow.browser import Browse, Browser
from tests.flow.later import worker_ahead
from tests.flow.parties import Person, new_application
from tests.flow.polls import wait_until
from tests.flow.records import Records
from tests.flow.statements import statement_of
from tests.harness.signer import Signer
from tests.harness.stack import Application, Stack, running_stack

DAY_S = 86_400
UNKNOWN = (404, {"error": "link_unknown"})
NOT_FOUND = (404, {"error": "not_found"})


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack whose operator lets a new device wait for a second only."""
    with running_stack(tmp_path_factory.mktemp("hasty"), NATSUIN_RECOVERY_WAIT="1") as made:
        yield made


class Recovering:
    """A person with a phone that is signed in, codes, and a new device."""

    def __init__(self, stack: Stack, browse: Browse) -> None:
        self.stack, self.person = stack, Person(stack)
        self.old, self.new = browse(stack, self.person.passkey).signed_in(), browse(stack)
        self.codes = set_codes(self.old)

    def begin(self, code: str | None = None) -> dict[str, Any]:
        answer = begin(self.new, code or self.codes[0])
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def events(self) -> list[str]:
        return [one["kind"] for one in self.old.history()["entries"]]


@pytest.fixture
def here(stack: Stack, browse: Browse) -> Recovering:
    """Where the waiting time is a day."""
    return Recovering(stack, browse)


@pytest.fixture
def quick(hasty: Stack, browse: Browse) -> Recovering:
    return Recovering(hasty, browse)


def own_codes(browser: Browser) -> dict[str, Any]:
    return dict(browser.get("/account/recovery", Accept="application/json").json())


def set_codes(browser: Browser) -> list[str]:
    """Make codes as the page does, and have their hashes approved."""
    seen = own_codes(browser)
    codes = [new_code() for _ in range(seen["number"])]
    answer = browser.change("set_recovery", " ".join([seen["enrollment_id"], *map(hash_of, codes)]))
    assert answer.json() == {"state": "done"}, answer.text
    return codes


def hash_of(code: str) -> str:
    return recovery_code_sha256(read_code(code))


def begin(browser: Browser, code: str, name: str = "New phone", defects: Defects | None = None) -> httpx2.Response:
    """Make this browser's passkey with a code."""
    offered = browser.post("/recover/options", {"code": code})
    assert offered.status_code == 200, offered.text
    made = browser.passkey.create(offered.json()["publicKey"], browser.stack.origin, defects=defects or Defects())
    return browser.post("/recover", {"code": code, "credential": made, "name": name})


def answer_of(response: httpx2.Response) -> tuple[int, Any]:
    return response.status_code, response.json()


def test_recovered_device_signs_in_and_approves(quick: Recovering) -> None:
    """The whole way, as somebody without any other device goes it: the code, a passkey, waiting, signing in, approving."""
    begun = quick.begin()
    assert (begun["state"], begun["name"]) == ("waiting", "New phone")
    wait_until(lambda: quick.new.sign_in().status_code == 200)
    shop = new_application(quick.stack)
    asked = shop.authorize(quick.person.credential_id)
    assert quick.new.approve(asked["handle"]).json() == {"state": "approved"}
    assert shop.sign(quick.person.credential_id, shop.sad(asked["handle"]), asked["hashes"]).status_code == 200
    assert sorted(quick.events()) == ["recovered", "recovery_begun", "recovery_set", "signature"]
    lost = next(one["id"] for one in quick.new.own()["devices"] if not one["current"])
    assert quick.new.change("remove_passkey", lost).status_code == 200
    assert quick.old.get("/account", Accept="application/json").status_code == 401


def test_statement_tells_of_what_the_recovered_device_approved(quick: Recovering, tmp_path: Path) -> None:
    """Its passkey came in by a code, and its answers prove as much as any other's."""
    quick.begin()
    wait_until(lambda: quick.new.sign_in().status_code == 200)
    shop = new_application(quick.stack)
    handle = shop.authorize(quick.person.credential_id)["handle"]
    assert quick.new.approve(handle).status_code == 200
    said = statement_of(quick.stack, quick.new, quick.person.credential_id, tmp_path)
    assert (said.get("valid"), said.get("whole")) == (True, True), said
    assert handle in [one["id"] for one in said["authorizations"]]


def test_device_that_waits_may_do_nothing(here: Recovering, shop: Application) -> None:
    """It can't sign in, is told until when, and its answer approves and changes nothing; not even for who has a session."""
    begun = here.begin()
    (event,) = [one for one in here.old.history()["entries"] if one["kind"] == "recovery_begun"]
    assert event["until"] == begun["until"]
    assert DAY_S - 60 < begun["until"] - event["at"] <= DAY_S
    refused = here.new.sign_in()
    assert answer_of(refused) == (403, {"error": "recovery_waiting", "until": begun["until"]})
    handle = shop.authorize(here.person.credential_id)["handle"]
    forged = here.new.passkey.get(here.old.look(handle)["publicKey"] | {"allowCredentials": []}, here.stack.origin)
    assert here.old.post(f"/approve/{handle}", {"credential": forged, "code": None}).status_code == 400
    proposed = here.old.propose("destroy", here.person.credential_id).json()
    forged = here.new.passkey.get(proposed["publicKey"] | {"allowCredentials": []}, here.stack.origin)
    assert here.old.post(f"/account/change/{proposed['id']}", {"credential": forged}).status_code == 400
    assert len(here.old.own()["devices"]) == 1


def test_clock_of_the_web_server_hastens_nothing(here: Recovering) -> None:
    """The SAM's own clock counts."""
    begun = here.begin()
    usual = here.new.http
    with worker_ahead(here.stack, 2 * DAY_S) as worker:
        here.new.http = worker
        refused = answer_of(here.new.sign_in())
    here.new.http = usual
    assert refused == (403, {"error": "recovery_waiting", "until": begun["until"]})


def test_every_device_is_told_on_every_page_and_may_stop_it(stack: Stack, here: Recovering, browse: Browse) -> None:
    """At once; after the stop it is told there that it was, and the new device that it is nothing."""
    second = browse(stack, here.person.add_phone("Tablet")).signed_in()
    begun = here.begin()
    for browser in (here.old, second):
        for path in ("/", "/account", "/history", "/freeze"):
            page = browser.get(path, Accept_Language="en").text
            assert f"/account/recovery/{begun['id']}" in page, path
        assert "New phone" in browser.get("/").text
    assert [one["id"] for one in own_codes(second)["waiting"]] == [begun["id"]]
    stopped = second.post(f"/account/recovery/{begun['id']}/stop", {})
    assert (stopped.json()["state"], stopped.json()["by_device"]) == ("stopped", "Tablet")
    assert f"/account/recovery/{begun['id']}" not in here.old.get("/account").text
    (event,) = [one for one in here.old.history()["entries"] if one["kind"] == "recovery_stopped"]
    assert (event["device"], event["by_device"]) == ("New phone", "Tablet")
    assert answer_of(here.new.sign_in()) == (403, {"error": "recovery_ended"})
    assert here.new.post("/recover/options", {"code": here.codes[0]}).json()["state"] == "stopped"
    again = second.post(f"/account/recovery/{begun['id']}/stop", {})
    assert again.json()["by_device"] == "Tablet"
    assert here.events().count("recovery_stopped") == 1


def test_stopped_stays_stopped_after_the_time(quick: Recovering, browse: Browse) -> None:
    """What was begun before it is over by now, and what was begun after shows that."""
    begun = quick.begin()
    assert quick.old.post(f"/account/recovery/{begun['id']}/stop", {}).json()["state"] == "stopped"
    stopped, quick.new = quick.new, browse(quick.stack)
    quick.begin(quick.codes[1])
    wait_until(lambda: quick.new.sign_in().status_code == 200)
    assert answer_of(stopped.sign_in()) == (403, {"error": "recovery_ended"})
    assert [one["name"] for one in quick.new.own()["devices"]] == ["Device", "New phone"]


def test_session_that_is_not_the_signers_sees_and_stops_nothing(here: Recovering, taros_browser: Browser) -> None:
    """One answer for another's and for none."""
    begun = here.begin()
    for recovery_id in (begun["id"], "A" * 22):
        assert answer_of(taros_browser.get(f"/account/recovery/{recovery_id}", Accept="application/json")) == NOT_FOUND
        assert answer_of(taros_browser.post(f"/account/recovery/{recovery_id}/stop", {})) == NOT_FOUND
    assert here.new.post(f"/account/recovery/{begun['id']}/stop", {}).status_code == 401
    assert here.old.get(f"/account/recovery/{begun['id']}", Accept="application/json").json()["state"] == "waiting"


@pytest.mark.parametrize("wrong", ["", "0", "0" * 20, "O" * 200, "mistyped", "unknown", "of a letter"])
def test_what_is_no_code_opens_nothing(here: Recovering, wrong: str) -> None:
    """Mistyped, never given, or of another kind: one answer, apart from what is no text of that length."""
    texts = {"mistyped": here.codes[0][:-1] + ("0" if here.codes[0][-1] != "0" else "1"), "unknown": new_code(), "of a letter": new_code()}
    text = texts.get(wrong, wrong)
    offered = here.new.post("/recover/options", {"code": text})
    if 0 < len(text) <= 100:
        assert answer_of(offered) == UNKNOWN
    else:
        assert offered.status_code == 400


def test_code_is_read_as_people_type_it(here: Recovering) -> None:
    """Small letters, spaces for dashes; the answer says whose it is."""
    answer = here.new.post("/recover/options", {"code": f" {here.codes[0].lower().replace('-', ' ')} "}).json()
    assert (answer["user_id"], answer["person"], answer["state"]) == (here.person.user_id, "山田 太郎", "unused")
    transaction = json.loads(from_base64url(answer["transaction"]))
    assert (transaction["type"], transaction["code_sha256"]) == ("recover", hash_of(here.codes[0]))


def test_new_codes_take_the_place_of_the_old(here: Recovering) -> None:
    """Those of the old paper are unknown; what was begun with one goes on. Taken away, there are none."""
    begun = here.begin()
    newer = set_codes(here.old)
    assert own_codes(here.old)["left"] == 4
    assert answer_of(here.new.post("/recover/options", {"code": here.codes[1]})) == UNKNOWN
    assert here.new.post("/recover/options", {"code": here.codes[0]}).json()["state"] == "waiting"
    assert [one["id"] for one in own_codes(here.old)["waiting"]] == [begun["id"]]
    assert here.old.change("set_recovery", own_codes(here.old)["enrollment_id"]).status_code == 200
    assert (own_codes(here.old)["left"], own_codes(here.old)["made"]) == (0, None)
    assert answer_of(here.new.post("/recover/options", {"code": newer[0]})) == UNKNOWN
    assert sorted(here.events()) == ["recovery_begun", "recovery_set", "recovery_set", "recovery_taken_away"]


def test_only_hashes_are_approved(here: Recovering) -> None:
    """What the passkey signs, and what the history keeps, holds no code."""
    seen = own_codes(here.old)
    code = new_code()
    proposed = here.old.propose("set_recovery", f"{seen['enrollment_id']} {hash_of(code)}").json()
    transaction = json.loads(from_base64url(proposed["transaction"]))
    assert (transaction["type"], transaction["codes"]) == ("set_recovery", [hash_of(code)])
    assert answer_of(here.new.post("/recover/options", {"code": code})) == UNKNOWN  # proposed, not approved
    here.old.answer_change(proposed)
    entry = here.old.get(f"/history/{proposed['id']}", Accept="application/json").text
    assert hash_of(code) in entry
    assert read_code(code) not in entry


def test_set_that_is_none_is_refused(here: Recovering, hanako: Signer, taros_browser: Browser) -> None:
    """Another's enrolment, no hashes, too many, one twice."""
    mine, theirs, good = own_codes(here.old)["enrollment_id"], own_codes(taros_browser)["enrollment_id"], hash_of(new_code())
    many = " ".join(hash_of(new_code()) for _ in range(11))
    for of in (theirs, f"{theirs} {good}", f"{mine} {good.upper()}", f"{mine} {good} {good}", f"{mine} {many}", "", f"{mine}  {good}"):
        assert answer_of(here.old.propose("set_recovery", of)) == NOT_FOUND, of
    assert own_codes(here.old)["left"] == 4


def test_one_code_for_many_devices_at_once_is_one_devices(here: Recovering, browse: Browse) -> None:
    """Of eight that have asked with the same code, the last one's passkey fits what was asked, and one is taken."""
    devices = [browse(here.stack) for _ in range(8)]

    def go(device: Browser) -> int:
        offered = device.post("/recover/options", {"code": here.codes[0]}).json()
        if not offered["publicKey"]:
            return 404
        made = device.passkey.create(offered["publicKey"], here.stack.origin)
        return device.post("/recover", {"code": here.codes[0], "credential": made, "name": "x"}).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(go, devices))
    answers += [go(browse(here.stack))] if 200 not in answers else []
    assert answers.count(200) == 1, answers
    assert set(answers) <= {200, 400, 404}
    assert len(own_codes(here.old)["waiting"]) == 1
    assert own_codes(here.old)["left"] == 3


@pytest.mark.parametrize(
    "defects",
    [
        Defects(no_user_verified=True),
        Defects(cross_origin=True),
        Defects(wrong_origin="https://evil.example"),
        Defects(wrong_challenge=bytes(32)),
    ],
    ids=["not verified", "cross origin", "another origin", "another challenge"],
)
def test_defective_passkey_uses_up_no_code(here: Recovering, browse: Browse, defects: Defects) -> None:
    assert answer_of(begin(browse(here.stack), here.codes[0], defects=defects)) == (400, {"error": "registration_refused"})
    assert own_codes(here.old)["left"] == 4
    here.begin()


def test_the_same_answer_may_be_sent_again(here: Recovering) -> None:
    """After a lost reply; another one for the same code may not."""
    offered = here.new.post("/recover/options", {"code": here.codes[0]}).json()
    made = here.new.passkey.create(offered["publicKey"], here.stack.origin)
    body = {"code": here.codes[0], "credential": made, "name": "New phone"}
    first = here.new.post("/recover", body)
    assert answer_of(here.new.post("/recover", body)) == answer_of(first)
    assert here.events().count("recovery_begun") == 1
    assert answer_of(here.new.post("/recover", body | {"credential": made | {"id": "x"}})) == UNKNOWN


def test_destroyed_key_is_not_recovered(quick: Recovering) -> None:
    """Neither begun with another code, nor completed; each says why."""
    quick.begin()
    assert quick.old.change("destroy", quick.person.credential_id).status_code == 200
    wait_until(lambda: answer_of(quick.new.sign_in()) == (400, {"error": "key_unusable"}))
    offered = quick.new.post("/recover/options", {"code": quick.codes[1]}).json()
    made = Passkey().create(offered["publicKey"], quick.stack.origin)
    refused = quick.new.post("/recover", {"code": quick.codes[1], "credential": made, "name": "x"})
    assert answer_of(refused) == (400, {"error": "key_unusable"})


def test_lost_answers_are_found(here: Recovering, records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SAM has begun it, and the worker died before it wrote that down: every worker asks by itself, and tells it then."""
    monkeypatch.setattr(settle, "SWEEP_S", 0.1)
    begun = here.begin()
    records.change("UPDATE recoveries SET state = 'sent', ready_at = 0, begun_at = 1 WHERE id = ?", begun["id"])
    records.change("DELETE FROM events WHERE kind = 'recovery_begun' AND user_id = ?", here.person.user_id)
    with worker_ahead(here.stack, 0):
        wait_until(lambda: records.one("SELECT ready_at FROM recoveries WHERE id = ?", begun["id"]) == begun["until"])
    assert here.events().count("recovery_begun") == 1


def test_what_the_sam_never_got_leaves_the_code_good(here: Recovering, records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once it would not take it any more."""
    monkeypatch.setattr(settle, "SWEEP_S", 0.1)
    here.new.post("/recover/options", {"code": here.codes[0]})
    asked = "UPDATE recoveries SET state = 'sent', begun_at = 1, registration = '{}', passkey_id = 'x' WHERE code_sha256 = ?"
    records.change(asked, hash_of(here.codes[0]))
    with worker_ahead(here.stack, 0):
        wait_until(lambda: own_codes(here.old)["left"] == 4)
    here.begin()


def test_stop_while_the_sam_is_away_is_done_when_it_is_back(fragile: Stack, browse: Browse) -> None:
    """Told as not confirmed, recorded at once, and done by whichever worker sees the SAM again."""
    here, records = Recovering(fragile, browse), Records(fragile)
    begun = here.begin()
    fragile.kill("sam")
    stopped = here.old.post(f"/account/recovery/{begun['id']}/stop", {})
    assert answer_of(stopped) == (503, {"error": "unavailable"})
    assert here.old.get(f"/account/recovery/{begun['id']}", Accept="application/json").json()["state"] == "stopping"
    fragile.start("sam")
    wait_until(lambda: records.one_of_sam("SELECT state FROM recoveries WHERE recovery_id = ?", begun["id"]) == "stopped", 20)
    wait_until(lambda: records.one("SELECT state FROM recoveries WHERE id = ?", begun["id"]) == "stopped")
    assert here.events().count("recovery_stopped") == 1


def test_operator_sees_and_stops_it(here: Recovering, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the SAM's own door; told to the signer as the operator's doing."""
    for name, value in here.stack.environment.items():
        monkeypatch.setenv(name, value)
    begun = here.begin()

    def natsuin(*words: str) -> Any:
        return json.loads(CliRunner().invoke(commands, ["recovery", *words, "--json"]).stdout)

    waiting = {one["id"]: one for one in natsuin("list")}
    assert waiting[begun["id"]] == {"id": begun["id"], "user_id": here.person.user_id, "state": "waiting", "ready_at": begun["until"]}
    assert natsuin("stop", begun["id"])["state"] == "stopped"
    assert begun["id"] not in {one["id"] for one in natsuin("list")}
    (event,) = [one for one in here.old.history()["entries"] if one["kind"] == "recovery_stopped"]
    assert (event["cause"], event["by_device"]) == ("operator", None)
    assert "There is no recovery" in natsuin("stop", "A" * 22)["error"]
