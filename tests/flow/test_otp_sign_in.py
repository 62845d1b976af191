"""The broken phone: a request's link on a PC that knows neither its user nor a passkey, opened with PIN and one-time password."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hsm.otp import Kind
from tests.flow.browser import Browse, below_style, link_of
from tests.flow.later import worker_ahead
from tests.flow.otp_visit import Visit, enrollment_of
from tests.flow.parties import Person, new_application, new_enrollment_url
from tests.flow.records import Records
from tests.flow.statements import statement_of
from tests.flow.wire import UNKNOWN_ID
from tests.harness.hand import OTHER_PIN, Hand, give_token
from tests.harness.signer import Signer
from tests.harness.stack import Application, Stack

SESSION_S = 900
LONG_PIN = "918273645546"  # a short one might stand somewhere by chance
OnPc = Callable[[Hand], Visit]


@pytest.fixture
def store(otp_stack: Stack) -> Application:
    """A relying application of the stack whose keys may be used with one-time passwords."""
    return new_application(otp_stack)


@pytest.fixture
def hanako(otp_stack: Stack) -> Person:
    """A signer of that stack, of one test only: wrong tries are counted for her."""
    return Person(otp_stack, name="鈴木 花子")


@pytest.fixture
def on_pc(otp_stack: Stack) -> Iterator[OnPc]:
    """Sit down at a PC with a token in the hand."""
    opened: list[Visit] = []

    def sit_down(hand: Hand) -> Visit:
        opened.append(Visit(otp_stack, hand))
        return opened[-1]

    yield sit_down
    for one in opened:
        one.close()


@pytest.fixture
def pc(otp_stack: Stack, hanako: Person, on_pc: OnPc) -> Visit:
    """A PC; Hanako has an authenticator app on another device."""
    return on_pc(give_token(otp_stack, hanako, enrollment_of(otp_stack, hanako)))


def test_from_the_link_to_the_signature(store: Application, hanako: Person, pc: Visit) -> None:
    """No session, no user name, no passkey: the link and two codes."""
    asked = store.authorize(hanako.credential_id)
    handle = asked["handle"]
    assert pc.get(f"/approve/{handle}").headers["location"] == f"/sign-in?next=/approve/{handle}"
    assert pc.sign_in_with_otp(handle).json() == {"user_id": hanako.user_id, "expires_in": SESSION_S}
    page = pc.get(f"/approve/{handle}", Accept_Language="en")
    assert page.status_code == 200
    assert "The one you signed in with is used up." in page.text
    assert 'id="approve"' not in page.text
    assert pc.approve_with_otp(handle).json() == {"state": "approved"}
    collected = store.post("credentials/authorizeCheck", {"handle": handle}).json()
    assert collected["factor"] == "otp"
    assert store.sign(hanako.credential_id, collected["SAD"], asked["hashes"]).status_code == 200
    assert "PIN and one-time password" in below_style(pc.get(f"/approve/{handle}", Accept_Language="en"))


def test_statement_says_that_it_was_pin_and_code(
    otp_stack: Stack, store: Application, hanako: Person, pc: Visit, browse: Browse, tmp_path: Path
) -> None:
    handle = store.authorize(hanako.credential_id)["handle"]
    pc.visiting(handle)
    assert pc.approve_with_otp(handle).json() == {"state": "approved"}
    said = statement_of(otp_stack, browse(otp_stack, hanako.passkey).signed_in(), hanako.credential_id, tmp_path)
    assert (said.get("valid"), said.get("whole")) == (True, True), said
    assert [(one["id"], one["proof"]) for one in said["authorizations"] if one["state"] != "amended"] == [(handle, "otp")]


@pytest.mark.parametrize("kind", [Kind.HOTP, Kind.OCRA])
def test_other_kinds_of_token_do_as_well(otp_stack: Stack, store: Application, hanako: Person, on_pc: OnPc, kind: Kind) -> None:
    """An OCRA token is asked one number for signing in, and another one for the signature."""
    pc = on_pc(give_token(otp_stack, hanako, enrollment_of(otp_stack, hanako), kind))
    handle = store.authorize(hanako.credential_id)["handle"]
    offer = pc.offer(handle)
    assert offer is not None
    challenge = offer["tokens"][0]["challenge"]
    assert (challenge is not None) is (kind is Kind.OCRA)
    if challenge is not None:
        assert f"{challenge[:4]} {challenge[4:]}" in pc.get(f"/sign-in?next=/approve/{handle}").text
    pc.visiting(handle)
    assert pc.look(handle)["otp"]["tokens"][0]["challenge"] != challenge or challenge is None
    assert pc.approve_with_otp(handle).json() == {"state": "approved"}


def test_the_code_that_signed_in_approves_nothing(store: Application, hanako: Person, pc: Visit) -> None:
    handle = store.authorize(hanako.credential_id)["handle"]
    code = pc.hand.code()
    assert pc.sign_in_with_otp(handle, code=code).status_code == 200
    assert pc.approve_with_otp(handle, code=code).json() == {"error": "otp_refused", "tries_left": 4}
    assert pc.approve_with_otp(handle).json() == {"state": "approved"}


def test_nothing_is_told_before_it_is_right(store: Application, hanako: Person, pc: Visit) -> None:
    """Not whose request it is, nor what it is about, nor the token's serial number; the request itself needs a session."""
    handle = store.authorize(hanako.credential_id, description="工事請負契約", documentLabels=["契約書.pdf"])["handle"]
    page = pc.get(f"/sign-in?next=/approve/{handle}", Accept_Language="ja")
    wrong = pc.sign_in_with_otp(handle, pin=OTHER_PIN)
    told = page.text + json.dumps(pc.offer(handle)) + wrong.text
    enrollment = enrollment_of(pc.stack, hanako)
    for secret in ("鈴木", hanako.user_id, hanako.credential_id, enrollment, "工事", "契約書", pc.hand.token_id):
        assert secret not in told, secret
    assert "set-cookie" not in wrong.headers
    assert pc.get(f"/approve/{handle}", Accept="application/json").status_code == 401


def test_pin_and_code_are_told_apart_by_nobody(store: Application, hanako: Person, pc: Visit) -> None:
    """One answer for each, with the tries that are left; the fifth closes the link for this way, and the request still waits."""
    handle = store.authorize(hanako.credential_id)["handle"]
    wrongs = ({"pin": OTHER_PIN}, {"code": pc.hand.wrong_code()}, {"pin": OTHER_PIN, "code": pc.hand.wrong_code()}, {"pin": ""})
    for left, changes in zip((4, 3, 2, 1), wrongs, strict=True):
        answer = pc.sign_in_with_otp(handle, **changes)
        assert (answer.status_code, answer.json()) == (403, {"error": "otp_refused", "tries_left": left})
    for changes in ({"pin": OTHER_PIN}, {}):
        answer = pc.sign_in_with_otp(handle, **changes)
        assert (answer.status_code, answer.json()) == (403, {"error": "otp_closed"})
    assert pc.get(f"/approve/{handle}", Accept="application/json").status_code == 401
    other = store.authorize(hanako.credential_id)["handle"]
    assert pc.sign_in_with_otp(other).status_code == 200
    assert hanako.approve(handle) == "approved"


def test_ten_wrong_tries_lock_it_whatever_they_were_for(
    otp_stack: Stack, store: Application, hanako: Person, pc: Visit, browse: Browse
) -> None:
    """With two links, or to sign in and to approve; the passkey does what it always does."""
    one, other = (store.authorize(hanako.credential_id)["handle"] for _ in range(2))
    phone = browse(otp_stack, hanako.passkey).signed_in()
    for _ in range(4):
        pc.sign_in_with_otp(one, pin=OTHER_PIN)
        pc.sign_in_with_otp(other, pin=OTHER_PIN)
    for _ in range(2):
        phone.post(f"/approve/{one}", {"otp": pc.hand.otp(pin=OTHER_PIN), "code": None})
    for changes in ({"pin": OTHER_PIN}, {}):
        answer = pc.sign_in_with_otp(other, **changes)
        assert (answer.status_code, answer.json()) == (403, {"error": "otp_locked"})
    assert phone.approve(one).json() == {"state": "approved"}


def test_what_the_session_opens_and_what_it_does_not(otp_stack: Stack, store: Application, hanako: Person, pc: Visit) -> None:
    """Requests for keys of the enrolment, refusing, freezing; nothing that is the signer's own, and no stranger's request."""
    handle, other = (store.authorize(hanako.credential_id)["handle"] for _ in range(2))
    stranger = Person(otp_stack)
    strangers = store.authorize(stranger.credential_id)["handle"]
    pc.visiting(handle)
    for path in ("/", "/inbox", "/account", "/history", f"/history/{handle}", "/account/add", f"/keys/{hanako.credential_id}/destroy"):
        assert pc.get(path, Accept="application/json").status_code == 401, path
    for path, body in {
        "/account/change": {"change": "unfreeze", "of": hanako.credential_id},
        "/account/add": {},
        f"/account/devices/{UNKNOWN_ID}/rename": {"name": "PC"},
    }.items():
        assert pc.post(path, body).status_code == 401, path
    for unknown in (strangers, UNKNOWN_ID):
        assert pc.get(f"/approve/{unknown}", Accept="application/json").status_code == 404
        assert pc.refuse(unknown).status_code == 404
        assert pc.post(f"/approve/{unknown}", {"otp": pc.hand.otp(), "code": None}).status_code == 404
    assert pc.look(other)["state"] == "pending"
    assert pc.refuse(other).json()["state"] == "refused"
    assert pc.get("/freeze").status_code == 200
    assert pc.post("/freeze", {"for": "hour"}).json()["keys"][0]["state"] == "frozen"
    assert pc.approve_with_otp(handle).json() == {"error": "key_unusable"}
    assert "Your key is paused, so you can only decline." in pc.get(f"/approve/{handle}", Accept_Language="en").text


def test_the_session_is_for_one_enrolment(otp_stack: Stack, store: Application, hanako: Person, pc: Visit, browse: Browse) -> None:
    """Another key of the same signer, made in another enrolment, has tokens of its own, or none."""
    again = browse(otp_stack).register(link_of(new_enrollment_url(otp_stack, hanako.user_id, "鈴木 花子")))
    elsewhere = store.authorize(again.json()["credential_id"])["handle"]
    pc.visiting(store.authorize(hanako.credential_id)["handle"])
    assert pc.offer(elsewhere) is None
    assert pc.get(f"/approve/{elsewhere}", Accept="application/json").status_code == 404
    assert pc.refuse(elsewhere).status_code == 404
    assert pc.post(f"/approve/{elsewhere}", {"otp": pc.hand.otp(), "code": None}).status_code == 404


def test_the_session_is_short(otp_stack: Stack, store: Application, hanako: Person, pc: Visit) -> None:
    """15 minutes for the browser, and for us; signing out ends it at once."""
    handle = store.authorize(hanako.credential_id, requestedExpiry=600)["handle"]
    answer = pc.sign_in_with_otp(handle)
    assert f"max-age={SESSION_S}" in answer.headers["set-cookie"].lower()
    assert "httponly" in answer.headers["set-cookie"].lower()
    pc.post("/sign-out", {})
    assert pc.get(f"/approve/{handle}", Accept="application/json").status_code == 401


def test_the_session_ends_with_the_token(otp_stack: Stack, store: Application, hanako: Person, pc: Visit, on_pc: OnPc) -> None:
    """One that is the signer's no more; here as its record at the SAM would not hold, then as another's."""
    handle = store.authorize(hanako.credential_id)["handle"]
    pc.visiting(handle)
    with worker_ahead(otp_stack, 0) as worker:
        cookie = {"Cookie": f"natsuin={pc.http.cookies['natsuin']}", "Accept": "application/json"}
        assert worker.get(f"/approve/{handle}", headers=cookie).status_code == 200
        Records(otp_stack).change_in_sam("UPDATE tokens SET enrollment_id = NULL WHERE token_id = ?", pc.hand.token_id)
        assert worker.get(f"/approve/{handle}", headers=cookie).status_code == 401
        assert worker.post("/freeze", json={"for": "hour"}, headers=cookie | {"Origin": otp_stack.origin}).status_code == 401


def test_an_offer_is_used_once(store: Application, hanako: Person, pc: Visit) -> None:
    """What a page from before the last sign-in sends is told to begin anew, without a try."""
    handle = store.authorize(hanako.credential_id)["handle"]
    offer = pc.offer(handle)
    assert offer is not None
    assert pc.offer(handle) == offer
    pc.visiting(handle)
    renewed = pc.offer(handle)
    assert renewed is not None
    assert renewed["asked"] != offer["asked"]
    for asked in (offer["asked"], UNKNOWN_ID):
        answer = pc.sign_in_with_otp(handle, asked=asked, code=pc.hand.wrong_code())
        assert (answer.status_code, answer.json()) == (400, {"error": "sign_in_over"})
    assert pc.sign_in_with_otp(handle, code=pc.hand.wrong_code()).json()["tries_left"] == 4


def test_a_lost_answer_opens_nothing(otp_stack: Stack, store: Application, hanako: Person, pc: Visit) -> None:
    """Where the SAM has said yes and nobody heard it, whoever comes next is not let in by that."""
    handle = store.authorize(hanako.credential_id)["handle"]
    offer = pc.offer(handle)
    assert offer is not None
    records = Records(otp_stack)
    first = pc.sign_in_with_otp(handle)
    assert first.status_code == 200
    assert records.one_of_sam("SELECT outcome FROM approvals WHERE authorization_id = ?", offer["asked"]) == "signed_in"
    assert pc.sign_in_with_otp(handle, asked=offer["asked"], code=pc.hand.wrong_code()).json() == {"error": "sign_in_over"}


def test_only_what_waits_may_be_opened_so(
    otp_stack: Stack, shop: Application, taro: Signer, store: Application, hanako: Person, pc: Visit, browse: Browse
) -> None:
    """Nothing is offered or taken for a decided request, one that never was, a key for passkeys only, or another address."""
    decided = store.authorize(hanako.credential_id)["handle"]
    hanako.refuse(decided)
    for handle in (decided, UNKNOWN_ID):
        assert pc.offer(handle) is None
        sent = {"authorization": handle, "asked": UNKNOWN_ID, "token": 0, "pin": pc.hand.pin, "code": pc.hand.code()}
        answer = pc.post("/sign-in/otp", sent)
        assert (answer.status_code, answer.json()) == (404, {"error": "not_found"})
    strict = browse(shop.stack)
    handle = shop.authorize(taro.credential_id)["handle"]
    assert strict.get(f"/sign-in?next=/approve/{handle}", Accept="application/json").json()["otp"] is None
    assert "otp-pin" not in below_style(strict.get(f"/sign-in?next=/approve/{handle}"))
    assert strict.post("/sign-in/otp", sent | {"authorization": handle}).status_code == 404
    assert pc.get("/sign-in?next=/account", Accept="application/json").json() == {"next": "/account", "otp": None}


def test_what_has_not_its_form_is_refused(store: Application, hanako: Person, pc: Visit) -> None:
    """400, and no try is counted; nor where a text is too long for the SAM to read, or where there is no such token."""
    handle = store.authorize(hanako.credential_id)["handle"]
    wrong: list[dict[str, Any]] = [{"authorization": None}, {"authorization": 5}, {"asked": None}, {"pin": 739154}, {"pin": None}]
    wrong += [{"code": 123456}, {"code": None}, {"token": "0"}, {"token": True}, {"token": None}, {"token": 0.5}]
    for changes in wrong:
        answer = pc.sign_in_with_otp(handle, **{"code": "123456", **changes})
        assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"}), changes
    for too_long in ({"pin": "7" * 65}, {"code": "1" * 17}):
        assert pc.sign_in_with_otp(handle, **too_long).json() == {"error": "sign_in_refused"}
    for place in (-1, 1, 10**9):
        assert pc.sign_in_with_otp(handle, code="123456", token=place).status_code == 404
    assert pc.sign_in_with_otp(handle, code=pc.hand.wrong_code()).json()["tries_left"] == 4


def test_no_page_of_another_site_signs_in(store: Application, hanako: Person, pc: Visit) -> None:
    handle = store.authorize(hanako.credential_id)["handle"]
    assert pc.post("/sign-in/otp", {"authorization": handle}, Origin="https://elsewhere.example").status_code == 403


def test_every_device_is_told(otp_stack: Stack, store: Application, hanako: Person, pc: Visit, browse: Browse) -> None:
    """On the start page and in the history: whoever has PIN and token is not always she."""
    phone = browse(otp_stack, hanako.passkey).signed_in()
    pc.visiting(store.authorize(hanako.credential_id)["handle"])
    sentence = "A request was opened without a registered device: PIN and one-time password"
    for path in ("/", "/history"):
        assert sentence in phone.get(path, Accept_Language="en").text
    (entry,) = phone.history()["entries"]
    assert entry["kind"] == "otp_sign_in"
    assert sentence in phone.get(f"/history/{entry['id']}", Accept_Language="en").text


def test_the_pin_is_kept_nowhere(otp_stack: Stack, store: Application, hanako: Person, on_pc: OnPc) -> None:
    """Neither in a log nor in the web server's records, right or wrong, to sign in or to approve."""
    hand = give_token(otp_stack, hanako, enrollment_of(otp_stack, hanako), pin=LONG_PIN)
    pc = on_pc(hand)
    handle = store.authorize(hanako.credential_id)["handle"]
    pc.sign_in_with_otp(handle, code=hand.wrong_code())
    pc.visiting(handle)
    pc.approve_with_otp(handle, code=hand.wrong_code())
    pc.post(f"/approve/{handle}", {"otp": hand.otp() | {"more": 1}, "code": None})
    assert pc.approve_with_otp(handle).status_code == 200
    places = [*otp_stack.data.glob("*.log"), *(otp_stack.data / "app").iterdir()]
    assert {"web.log", "sam.log", "natsuin.db"} <= {place.name for place in places}
    assert [place.name for place in places if LONG_PIN.encode() in place.read_bytes()] == []


def test_with_two_tokens_either_signs_in(otp_stack: Stack, store: Application, hanako: Person, pc: Visit, on_pc: OnPc) -> None:
    """They are known by their place; neither id nor serial number is told."""
    button = give_token(otp_stack, hanako, enrollment_of(otp_stack, hanako), Kind.HOTP)
    handle = store.authorize(hanako.credential_id)["handle"]
    offer = pc.offer(handle)
    assert offer is not None
    assert all(one not in json.dumps(offer) for one in (button.token_id, button.serial, pc.hand.token_id))
    page = pc.get(f"/sign-in?next=/approve/{handle}", Accept_Language="en").text
    assert ("Token …" in page, "Authenticator app" in page) == (False, True)
    places = {one["kind"]: place for place, one in enumerate(offer["tokens"])}
    assert on_pc(button).sign_in_with_otp(handle, token=places["hotp"]).status_code == 200
    assert pc.sign_in_with_otp(handle, token=places["totp"]).status_code == 200


def test_the_pages_go_on_where_the_sam_is_away(otp_fragile: Stack) -> None:
    """The sign-in page offers the passkey, without PIN and one-time password; what is sent is answered 503, and a session waits."""
    person = Person(otp_fragile)
    store = new_application(otp_fragile)
    with closing(Visit(otp_fragile, give_token(otp_fragile, person, enrollment_of(otp_fragile, person)))) as pc:
        handle, other = (store.authorize(person.credential_id)["handle"] for _ in range(2))
        offer = pc.offer(other)
        assert offer is not None
        pc.visiting(handle)
        otp_fragile.kill("sam")
        assert pc.offer(other) is None
        sent = {"authorization": other, "asked": offer["asked"], "token": 0, "pin": pc.hand.pin, "code": pc.hand.code()}
        assert pc.post("/sign-in/otp", sent).status_code == 503
        assert pc.get(f"/approve/{handle}", Accept="application/json").status_code == 503
        otp_fragile.start("sam")
        assert pc.approve_with_otp(handle).json() == {"state": "approved"}
