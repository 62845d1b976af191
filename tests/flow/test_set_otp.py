"""PIN and one-time password are set up, removed, found again: with the passkey, with codes that foreign software makes."""

import secrets
from pathlib import Path
from typing import Any

import pytest

from app.phone.qr import qr_code
from demo.passkey import Defects
from hsm.messages.ocra import SCANNED, TYPED
from hsm.ocra import answer, parse_suite
from tests.flow.browser import Browse, Browser
from tests.flow.parties import Person
from tests.harness.authenticator import GOOD_PIN, OTHER_PIN, App, Token, delivered
from tests.harness.stack import Stack

DONE = (200, {"state": "done"})
NOT_FOUND = (404, {"error": "not_found"})
NOT_FITTING = (400, {"error": "token_code_refused"})
NOT_PROVEN = (400, {"error": "evidence_refused"})
POOR_PIN = (400, {"error": "pin_unacceptable"})
INVALID = (400, {"error": "invalid_request"})


@pytest.fixture
def browser(otp_stack: Stack, browse: Browse) -> Browser:
    """The phone of a person whose key may be used with PIN and one-time password, signed in."""
    return browse(otp_stack, Person(otp_stack).passkey).signed_in()


@pytest.fixture
def other(otp_stack: Stack, browse: Browse) -> Browser:
    """Somebody else's phone."""
    return browse(otp_stack, Person(otp_stack, name="Hanako Suzuki").passkey).signed_in()


def offered(browser: Browser) -> tuple[str, App]:
    """Have a token made for an app, which reads it; gives its id too."""
    given = browser.post("/account/otp/offer", {})
    assert given.status_code == 200, given.text
    return given.json()["id"], App(given.json()["link"])


def named(browser: Browser, serial: str) -> str:
    given = browser.post("/account/otp/serial", {"serial": serial})
    assert given.status_code == 200, given.text
    return str(given.json()["id"])


def set_token(browser: Browser, token: Token, pin: str = GOOD_PIN) -> str:
    """Set up a token that was delivered; gives its id."""
    token_id = named(browser, token.serial)
    assert told(browser.change("set_otp", token_id, pin=pin, code=token.code())) == DONE
    return token_id


def told(answer: Any) -> tuple[int, Any]:
    return answer.status_code, answer.json()


def otp(browser: Browser) -> dict[str, Any]:
    return dict(browser.own()["otp"])


def happened(browser: Browser) -> list[str]:
    """Say what was told of PIN and one-time password; within one second in no order."""
    return sorted(one["kind"] for one in browser.history()["entries"] if one["kind"].startswith(("otp_", "pin_")))


# ---------------------------------------------------------------------------------------------------------------- setting up


def test_app_is_set_up(browser: Browser) -> None:
    """What the QR code says, an authenticator app understands; its code and a PIN, with the passkey, and it is set up."""
    assert otp(browser) == {"tokens": [], "offered": None, "has_pin": False, "locked": False}
    given = browser.post("/account/otp/offer", {}).json()
    app = App(given["link"])
    assert app.fields["issuer"] == "Natsuin"
    assert {"digits", "period", "algorithm"}.isdisjoint(app.fields)  # the defaults, which every app takes
    assert given["qr"] == qr_code(given["link"])
    assert "".join(given["secret"]) == app.fields["secret"]
    assert otp(browser)["offered"] == given["id"]
    assert told(browser.change("set_otp", given["id"], pin=GOOD_PIN, code=app.code())) == DONE
    kept = otp(browser)
    assert (kept["has_pin"], kept["offered"]) == (True, None)
    assert kept["tokens"] == [{"id": given["id"], "is_app": True, "end": "", "kind": "totp", "usable_until": None}]
    assert happened(browser) == ["otp_set"]
    for page in ("/account", "/account/otp", f"/account/otp/{given['id']}", "/"):
        assert app.fields["secret"] not in browser.get(page).text


def test_every_device_is_told(otp_stack: Stack, browse: Browse) -> None:
    """On the start page, with the name of the device that did it; the entry shows what the passkey signed, and no PIN."""
    person = Person(otp_stack)
    first, second = browse(otp_stack, person.passkey).signed_in(), browse(otp_stack, person.add_phone("Tablet")).signed_in()
    token_id, app = offered(second)
    second.change("set_otp", token_id, pin=GOOD_PIN, code=app.code())
    start = first.get("/", Accept_Language="en").text
    assert "PIN and one-time password were set up" in start
    (entry,) = [one for one in first.history()["entries"] if one["kind"] == "otp_set"]
    assert entry["by_device"] == "Tablet"
    shown = first.get(f"/history/{entry['id']}", Accept="application/json").json()
    assert token_id in shown["evidence"]["transaction"]
    assert GOOD_PIN not in str(shown)


def test_token_is_set_up_by_its_serial_number(otp_stack: Stack, browser: Browser, tmp_path: Path) -> None:
    """As typed, with space around it; the page shows the end of the number only."""
    (token,) = delivered(otp_stack, tmp_path)
    token_id = named(browser, f" {token.serial} ")
    assert told(browser.change("set_otp", token_id, pin=GOOD_PIN, code=token.code())) == DONE
    (kept,) = otp(browser)["tokens"]
    assert (kept["is_app"], kept["end"], kept["kind"]) == (False, token.serial[-4:], "hotp")
    assert token.serial not in browser.get("/account").text


@pytest.mark.parametrize("suite", [TYPED, SCANNED])
def test_token_that_asks_first_answers_for_the_change(otp_stack: Stack, browser: Browser, tmp_path: Path, suite: str) -> None:
    """An OCRA token is asked for this very change, by eight digits or by a QR code; its answer for another one is refused."""
    serial, seed = f"SN-{secrets.token_hex(4)}", secrets.token_bytes(20)
    file = tmp_path / "tokens.csv"
    file.write_text(f"serial,seed,kind,algorithm,digits,period\n{serial},hex:{seed.hex()},ocra,{suite},8,\n")
    otp_stack.natsuin("token", "import", str(file))
    token_id, form = named(browser, serial), "typed" if suite == TYPED else "scanned"
    proposals = [browser.propose("set_otp", token_id).json() for _ in range(2)]
    assert proposals[0]["ocra"]["qr"] == qr_code(proposals[0]["ocra"]["scanned"])
    first, second = (answer(parse_suite(suite), seed, one["ocra"][form]) for one in proposals)
    assert told(browser.answer_change(proposals[1], pin=GOOD_PIN, code=first)) == NOT_FITTING
    assert told(browser.answer_change(proposals[1], pin=GOOD_PIN, code=second)) == DONE


@pytest.mark.parametrize("typed", [("７３９１５４", "{}"), ("739 154", "{0:.3} {0[3]}{0[4]}{0[5]}"), ("73-91-54", "{}")])
def test_numbers_are_read_as_people_type_them(otp_stack: Stack, browser: Browser, tmp_path: Path, typed: tuple[str, str]) -> None:
    """In the width of a Japanese keyboard, with spaces and dashes."""
    (token,) = delivered(otp_stack, tmp_path)
    pin, form = typed
    code = form.format(token.code()).translate({ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)})
    assert told(browser.change("set_otp", named(browser, token.serial), pin=pin, code=code)) == DONE


@pytest.mark.parametrize("pin", ["12345", "1234567890123", "123456", "111111", "121212", "112233", "hunter2", ""])
def test_poor_pin_is_refused_and_another_one_may_be_chosen(browser: Browser, pin: str) -> None:
    """The same change and the same code are good afterwards: nothing was used up."""
    token_id, app = offered(browser)
    proposed, code = browser.propose("set_otp", token_id).json(), app.code()
    assert told(browser.answer_change(proposed, pin=pin, code=code)) == POOR_PIN
    assert otp(browser)["has_pin"] is False
    assert told(browser.answer_change(proposed, pin=GOOD_PIN, code=code)) == DONE


def test_wrong_code_sets_nothing(browser: Browser) -> None:
    """Neither PIN nor token; the right one sets both, once."""
    token_id, app = offered(browser)
    for wrong in (app.wrong_code(), "12", "12345678", "abcdef", ""):
        assert told(browser.change("set_otp", token_id, pin=GOOD_PIN, code=wrong)) == NOT_FITTING
    assert otp(browser) == {"tokens": [], "offered": token_id, "has_pin": False, "locked": False}
    assert told(browser.change("set_otp", token_id, pin=GOOD_PIN, code=app.code())) == DONE
    assert happened(browser) == ["otp_set"]


@pytest.mark.parametrize("defect", [Defects(no_user_verified=True), Defects(wrong_challenge=bytes(32)), Defects(cross_origin=True)])
def test_nothing_is_set_without_the_passkey(browser: Browser, defect: Defects) -> None:
    """Right PIN and right code are not enough: whoever holds a session could set his own."""
    token_id, app = offered(browser)
    assert told(browser.change("set_otp", token_id, defect, pin=GOOD_PIN, code=app.code())) == NOT_FITTING
    assert otp(browser)["tokens"] == []


@pytest.mark.parametrize(
    "beside",
    [
        {"pin": GOOD_PIN},
        {"pin": None, "code": "123456"},
        {"pin": 739154, "code": "1"},
        {"pin": "1" * 65, "code": "1"},
        {"pin": "1", "code": "1" * 17},
    ],
)
def test_what_can_not_be_read_is_said_so(browser: Browser, beside: dict[str, Any]) -> None:
    """Before anything is sent to the SAM."""
    token_id, _ = offered(browser)
    assert told(browser.change("set_otp", token_id, **beside)) == INVALID
    assert told(browser.change("set_otp", token_id)) == NOT_FITTING


def test_token_of_somebody_else_is_not_set(otp_stack: Stack, browser: Browser, other: Browser, tmp_path: Path) -> None:
    """Not one that was offered to them, nor one that is theirs, though its code is right; nor one that nobody has. One answer for all."""
    (taken,) = delivered(otp_stack, tmp_path)
    taken_id = set_token(other, taken)
    offered_id, app = offered(other)
    for token_id, code in ((taken_id, taken.code()), (offered_id, app.code()), (named(browser, "SN-of-nobody"), "123456")):
        assert told(browser.change("set_otp", token_id, pin=GOOD_PIN, code=code)) == NOT_FITTING
    for kind in ("remove_otp", "resynchronise_otp"):
        assert told(browser.propose(kind, taken_id)) == NOT_FOUND
    assert browser.get(f"/account/otp/{taken_id}").status_code == 404
    assert otp(browser)["tokens"] == []
    assert [one["id"] for one in otp(other)["tokens"]] == [taken_id]


def test_change_of_somebody_else_is_not_there(browser: Browser, other: Browser) -> None:
    """Its id is of no use."""
    token_id, app = offered(other)
    proposed = other.propose("set_otp", token_id).json()
    proposed["publicKey"]["allowCredentials"] = []
    assert told(browser.answer_change(proposed, pin=GOOD_PIN, code=app.code())) == NOT_FOUND


def test_newer_offer_withdraws_the_older(browser: Browser) -> None:
    """Whoever opens the page twice goes on with the second picture."""
    first_id, first = offered(browser)
    second_id, second = offered(browser)
    assert otp(browser)["offered"] == second_id
    assert told(browser.change("set_otp", first_id, pin=GOOD_PIN, code=first.code())) == NOT_FITTING
    assert told(browser.change("set_otp", second_id, pin=GOOD_PIN, code=second.code())) == DONE


def test_second_one_replaces_the_pin(otp_stack: Stack, browser: Browser, tmp_path: Path) -> None:
    """Both stay; each is told."""
    for token, pin in zip(delivered(otp_stack, tmp_path, 2), (GOOD_PIN, OTHER_PIN), strict=True):
        set_token(browser, token, pin)
    assert len(otp(browser)["tokens"]) == 2
    assert happened(browser) == ["otp_set", "otp_set"]


@pytest.mark.parametrize("of", ["", "x", "A" * 23, "../../unlock", "{}"])
def test_what_is_no_token_is_not_found(browser: Browser, of: str) -> None:
    for kind in ("set_otp", "remove_otp", "resynchronise_otp"):
        assert told(browser.propose(kind, of)) == NOT_FOUND


@pytest.mark.parametrize("serial", ["", "  ", "x" * 101, None, 5])
def test_what_is_no_serial_number_is_refused(browser: Browser, serial: object) -> None:
    assert told(browser.post("/account/otp/serial", {"serial": serial})) == INVALID


# -------------------------------------------------------------------------------------------------- removing, finding again


def test_removed_token_is_gone_for_good(otp_stack: Stack, browser: Browser, tmp_path: Path) -> None:
    """Its page is gone, and it can't be set again, by nobody; a removal that is repeated stays done."""
    (token,) = delivered(otp_stack, tmp_path)
    token_id = set_token(browser, token)
    proposed = browser.propose("remove_otp", token_id).json()
    for _ in range(2):
        assert told(browser.answer_change(proposed)) == DONE
    assert otp(browser)["tokens"] == []
    assert browser.get(f"/account/otp/{token_id}").status_code == 404
    assert told(browser.propose("remove_otp", token_id)) == NOT_FOUND
    assert told(browser.change("set_otp", token_id, pin=GOOD_PIN, code=token.code())) == NOT_FITTING
    assert happened(browser) == ["otp_removed", "otp_set"]


def test_removing_takes_the_passkey(otp_stack: Stack, browser: Browser, tmp_path: Path) -> None:
    token_id = set_token(browser, delivered(otp_stack, tmp_path)[0])
    assert told(browser.change("remove_otp", token_id, Defects(no_user_verified=True))) == NOT_PROVEN
    assert len(otp(browser)["tokens"]) == 1


def test_token_that_went_astray_is_found_again(otp_stack: Stack, browser: Browser, tmp_path: Path) -> None:
    """Fifty presses that nobody typed; two codes that follow each other find it, two that do not, or were used, don't."""
    (token,) = delivered(otp_stack, tmp_path)
    token_id = set_token(browser, token)
    token.presses += 50
    one, _, next_but_one = token.code(), token.code(), token.code()
    assert told(browser.change("resynchronise_otp", token_id, first=one, second=next_but_one)) == NOT_FITTING
    codes: dict[str, Any] = {"first": token.code(), "second": token.code()}
    assert told(browser.change("resynchronise_otp", token_id, **codes)) == DONE
    assert told(browser.change("resynchronise_otp", token_id, **codes)) == NOT_FITTING
    assert told(browser.change("resynchronise_otp", token_id, first="12", second="x" * 16)) == NOT_FITTING
    assert told(browser.change("resynchronise_otp", token_id, first="123456")) == INVALID
    assert told(browser.change("resynchronise_otp", token_id)) == NOT_FITTING
    assert happened(browser) == ["otp_resynchronised", "otp_set"]


# --------------------------------------------------------------------------------------------------------- where it is not allowed


def test_key_for_passkeys_only_does_not_mention_it(taros_browser: Browser) -> None:
    """No page, no offer, no change; the account page says nothing of it."""
    assert taros_browser.own()["otp"] is None
    assert "/account/otp" not in taros_browser.get("/account").text
    for path in ("/account/otp", "/account/otp/unlock", "/account/otp/pin", f"/account/otp/{'A' * 22}"):
        assert taros_browser.get(path).status_code == 404
    for answered in (taros_browser.post("/account/otp/offer", {}), taros_browser.post("/account/otp/serial", {"serial": "SN-1"})):
        assert told(answered) == NOT_FOUND
    for kind in ("set_otp", "remove_otp", "resynchronise_otp", "unlock_otp", "change_pin"):
        assert told(taros_browser.propose(kind, "A" * 22)) == NOT_FOUND


def test_destroyed_key_has_none(browser: Browser) -> None:
    """Whatever was set up for it is of no use any more, and nothing can be set up."""
    (key,) = browser.own()["keys"]
    assert browser.change("destroy", key["credential_id"]).status_code == 200
    assert browser.own()["otp"] is None
    assert told(browser.post("/account/otp/offer", {})) == NOT_FOUND


def test_stranger_is_asked_to_sign_in(otp_stack: Stack, browse: Browse) -> None:
    """And led to the page afterwards."""
    stranger = browse(otp_stack)
    for page in (
        "/account/otp",
        "/account/otp/unlock",
        f"/account/otp/{'A' * 22}",
        f"/account/otp/{'A' * 22}/resynchronise",
        "/second-way",
    ):
        answered = stranger.get(page)
        assert (answered.status_code, answered.headers["location"]) == (303, f"/sign-in?next={page}")
        assert f'data-next="{page}"' in stranger.get(answered.headers["location"]).text
    assert stranger.post("/account/otp/offer", {}).status_code == 401
