"""PIN and one-time password after a lost answer or an outage, and after too many wrong tries."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from app.account import settle
from app.config import read_config
from app.errors import SamRefused
from app.sam import connect
from demo.passkey import Defects, from_base64url
from hsm.messages import ApproveRequest, Otp
from tests.flow.browser import Browse, Browser
from tests.flow.later import worker_ahead
from tests.flow.parties import Person, new_application
from tests.flow.polls import wait_until
from tests.flow.records import Records
from tests.flow.test_set_otp import DONE, NOT_FOUND, NOT_PROVEN, happened, named, offered, otp, set_token, told
from tests.harness.authenticator import GOOD_PIN, OTHER_PIN, delivered
from tests.harness.stack import Stack, running_stack

OVER = (400, {"error": "change_over"})
MOST_TRIES = 10


@pytest.fixture
def person(otp_stack: Stack) -> Person:
    return Person(otp_stack)


@pytest.fixture
def browser(otp_stack: Stack, person: Person, browse: Browse) -> Browser:
    return browse(otp_stack, person.passkey).signed_in()


@pytest.fixture
def records(otp_stack: Stack) -> Records:
    return Records(otp_stack)


def cut_off(records: Records, proposed: dict[str, Any]) -> None:
    """Leave the record as a worker does that dies before the SAM's answer reaches it."""
    records.change("UPDATE changes SET state = 'sent', sent_at = 1 WHERE id = ?", proposed["id"])
    records.change("DELETE FROM events WHERE id = ?", proposed["id"])


def test_setting_whose_answer_was_lost_is_found(
    otp_stack: Stack, records: Records, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every worker asks the SAM by itself, and tells it once; the page that sends the same again hears that it is done."""
    monkeypatch.setattr(settle, "SWEEP_S", 0.1)
    (token,) = delivered(otp_stack, tmp_path)
    proposed, code = browser.propose("set_otp", named(browser, token.serial)).json(), token.code()
    assert told(browser.answer_change(proposed, pin=GOOD_PIN, code=code)) == DONE
    cut_off(records, proposed)
    with worker_ahead(otp_stack, 0):
        wait_until(lambda: records.one("SELECT state FROM changes WHERE id = ?", proposed["id"]) == "done")
    assert happened(browser) == ["otp_set"]
    assert told(browser.answer_change(proposed, pin=GOOD_PIN, code=code)) == DONE
    assert happened(browser) == ["otp_set"]


def test_the_same_again_after_a_lost_answer_is_done(otp_stack: Stack, records: Records, browser: Browser, tmp_path: Path) -> None:
    """Before any worker has asked: the SAM says that it is not new, so it is done; the PIN stays the one that was sent first."""
    (token,) = delivered(otp_stack, tmp_path)
    proposed, code = browser.propose("set_otp", named(browser, token.serial)).json(), token.code()
    browser.answer_change(proposed, pin=GOOD_PIN, code=code)
    cut_off(records, proposed)
    assert told(browser.answer_change(proposed, pin=GOOD_PIN, code=code)) == DONE
    assert happened(browser) == ["otp_set"]


def test_setting_that_the_sam_never_got_stays_open(
    otp_stack: Stack, records: Records, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was not done by the asking; PIN and code are gone with the worker, and may be sent again."""
    monkeypatch.setattr(settle, "SWEEP_S", 0.1)
    token_id, app = offered(browser)
    proposed = browser.propose("set_otp", token_id).json()
    records.change("UPDATE changes SET state = 'sent', sent_at = 1 WHERE id = ?", proposed["id"])
    with worker_ahead(otp_stack, 0):
        wait_until(lambda: records.one("SELECT state FROM changes WHERE id = ?", proposed["id"]) == "open")
    assert otp(browser)["tokens"] == []
    assert told(browser.answer_change(proposed, pin=GOOD_PIN, code=app.code())) == DONE


def test_outage_of_the_sam_loses_nothing(tmp_path: Path, browse: Browse) -> None:
    """Pages say that it does not answer, or leave it out; afterwards the same change is made."""
    data = tmp_path / "stack"
    data.mkdir()
    with running_stack(data, NATSUIN_FACTORS="passkey_or_otp") as stack:
        browser = browse(stack, Person(stack).passkey).signed_in()
        (token,) = delivered(stack, tmp_path)
        proposed, code = browser.propose("set_otp", named(browser, token.serial)).json(), token.code()
        stack.kill("sam")
        assert told(browser.answer_change(proposed, pin=GOOD_PIN, code=code)) == (503, {"error": "unavailable"})
        assert browser.get("/account/otp").status_code == 503
        start = browser.get("/", Accept_Language="en")
        assert (browser.own()["otp"], start.status_code) == (None, 200)
        assert "choose a second way" not in start.text  # nobody is frightened while it is not known
        assert browser.get("/second-way").status_code == 200
        stack.start("sam")
        assert told(browser.answer_change(proposed, pin=GOOD_PIN, code=code)) == DONE
        assert happened(browser) == ["otp_set"]


def lock(stack: Stack, person: Person, browser: Browser, token_id: str) -> None:
    """Try the wrong PIN as often as one may."""
    shop = new_application(stack)
    for request in range(2):
        transaction = from_base64url(browser.look(shop.authorize(person.credential_id)["handle"])["transaction"])
        tried = Otp(token_id, OTHER_PIN, "123456")
        for _ in range(MOST_TRIES // 2):
            assert asyncio.run(_try(stack, ApproveRequest(transaction, otp=tried))) == "evidence_refused", request


async def _try(stack: Stack, request: ApproveRequest) -> str:
    sam = connect(read_config(stack.environment))
    try:
        await sam.approve(request)
    except SamRefused as refusal:
        return refusal.code
    finally:
        await sam.close()
    return "approved"


def test_locked_pin_is_unlocked_with_the_passkey(otp_stack: Stack, person: Person, browser: Browser, tmp_path: Path) -> None:
    """The account page says so; what is not locked can't be unlocked."""
    token_id = set_token(browser, delivered(otp_stack, tmp_path)[0])
    assert told(browser.propose("unlock_otp", "")) == OVER
    assert "are not locked" in browser.get("/account/otp/unlock", Accept_Language="en").text
    lock(otp_stack, person, browser, token_id)
    assert otp(browser)["locked"] is True
    assert "Locked after too many wrong tries" in browser.get("/account", Accept_Language="en").text
    assert "ten times in a row" in browser.get("/account/otp/unlock", Accept_Language="en").text
    assert told(browser.change("unlock_otp", "", Defects(no_user_verified=True))) == NOT_PROVEN
    assert otp(browser)["locked"] is True
    assert told(browser.change("unlock_otp", "")) == DONE
    assert otp(browser)["locked"] is False
    assert happened(browser) == ["otp_set", "otp_unlocked"]


def test_the_pin_is_changed_with_the_passkey(otp_stack: Stack, person: Person, browser: Browser, tmp_path: Path) -> None:
    """Also where it was locked; a poor one and one without the passkey change nothing; the history and every device tell of it."""
    assert told(browser.propose("change_pin", "")) == NOT_FOUND
    assert browser.get("/account/otp/pin").status_code == 404
    (token,) = delivered(otp_stack, tmp_path)
    token_id = set_token(browser, token)
    lock(otp_stack, person, browser, token_id)
    assert "Change the PIN" in browser.get("/account/otp/pin", Accept_Language="en").text
    for poor in ("123456", "12345", ""):
        assert told(browser.change("change_pin", "", new_pin=poor)) == (400, {"error": "pin_unacceptable"})
    assert told(browser.change("change_pin", "", Defects(no_user_verified=True), new_pin=OTHER_PIN)) == NOT_PROVEN
    assert told(browser.change("change_pin", "")) == NOT_PROVEN
    assert told(browser.change("change_pin", "", pin=OTHER_PIN, code="123456")) == NOT_PROVEN
    assert otp(browser)["locked"] is True
    assert told(browser.change("change_pin", "", new_pin="８４６-２０５")) == DONE
    assert otp(browser)["locked"] is False
    assert happened(browser) == ["otp_set", "pin_changed"]
    assert "PIN changed" in browser.get("/", Accept_Language="en").text


def test_a_change_of_the_pin_whose_answer_was_lost_is_found(
    otp_stack: Stack, records: Records, person: Person, browser: Browser, tmp_path: Path
) -> None:
    """The same again is done already: the PIN is the one that was sent first, whatever comes beside it now."""
    (token,) = delivered(otp_stack, tmp_path)
    token_id = set_token(browser, token)
    proposed = browser.propose("change_pin", "").json()
    assert told(browser.answer_change(proposed, new_pin=OTHER_PIN)) == DONE
    cut_off(records, proposed)
    assert told(browser.answer_change(proposed, new_pin="500731")) == DONE
    assert happened(browser) == ["otp_set", "pin_changed"]
    transaction = from_base64url(browser.look(new_application(otp_stack).authorize(person.credential_id)["handle"])["transaction"])
    for pin, outcome in ((GOOD_PIN, "evidence_refused"), ("500731", "evidence_refused"), (OTHER_PIN, "approved")):
        assert asyncio.run(_try(otp_stack, ApproveRequest(transaction, otp=Otp(token_id, pin, token.code())))) == outcome


def test_setting_up_anew_unlocks(otp_stack: Stack, person: Person, browser: Browser, tmp_path: Path) -> None:
    """Whoever forgot the PIN chooses a new one with another token."""
    first, second = delivered(otp_stack, tmp_path, 2)
    lock(otp_stack, person, browser, set_token(browser, first))
    set_token(browser, second, OTHER_PIN)
    assert otp(browser)["locked"] is False


def test_nobody_unlocks_for_another(otp_stack: Stack, browser: Browser, browse: Browse) -> None:
    """A key without tokens has nothing to unlock, and a session of one signer asks for the other's passkey in vain."""
    other = browse(otp_stack, Person(otp_stack).passkey).signed_in()
    assert told(other.propose("unlock_otp", "A" * 22)) == OVER
    assert told(other.post(f"/account/change/{'A' * 22}", {"credential": {"id": "x"}})) == NOT_FOUND
