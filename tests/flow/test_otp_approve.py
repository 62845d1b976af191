"""Approving with PIN and one-time password, by somebody who is signed in: what is sent, what is said, what applications learn."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from demo.passkey import from_base64url
from hsm.messages import ocra_challenge
from hsm.messages.ocra import SCANNED, TYPED
from hsm.otp import Kind
from tests.flow.browser import Browse, below_style
from tests.flow.otp_visit import Visit, enrollment_of
from tests.flow.parties import Person, new_application
from tests.flow.records import Records
from tests.flow.wire import error_of, refused
from tests.harness.hand import OTHER_PIN, give_token, offer_token
from tests.harness.signer import Signer
from tests.harness.stack import Application, Stack


@pytest.fixture
def store(otp_stack: Stack) -> Application:
    """A relying application of the stack whose keys may be used with one-time passwords."""
    return new_application(otp_stack)


@pytest.fixture
def hanako(otp_stack: Stack) -> Person:
    """A signer of that stack, of one test only: wrong tries are counted for her."""
    return Person(otp_stack, name="鈴木 花子")


@pytest.fixture
def phone(otp_stack: Stack, hanako: Person) -> Iterator[Visit]:
    """Her phone with its passkey, signed in, and her authenticator app elsewhere."""
    hand = give_token(otp_stack, hanako, enrollment_of(otp_stack, hanako))
    with closing(Visit(otp_stack, hand)) as made:
        made.passkey = hanako.passkey
        made.signed_in()
        yield made


def test_pin_and_code_approve_and_the_application_signs(store: Application, hanako: Person, phone: Visit) -> None:
    """The application is told which factor it was; the history says so in words, and so does the page."""
    asked = store.authorize(hanako.credential_id)
    assert phone.approve_with_otp(asked["handle"]).json() == {"state": "approved"}
    collected = store.post("credentials/authorizeCheck", {"handle": asked["handle"]}).json()
    assert collected["factor"] == "otp"
    assert store.sign(hanako.credential_id, collected["SAD"], asked["hashes"]).status_code == 200
    (entry,) = phone.history()["entries"]
    assert (entry["state"], entry["factor"], entry["approved_with"]) == ("signed", "otp", None)
    for page in (f"/history/{asked['handle']}", f"/approve/{asked['handle']}", "/history"):
        assert "PIN and one-time password" in below_style(phone.get(page, Accept_Language="en"))


def test_the_passkey_is_told_as_such(store: Application, hanako: Person, phone: Visit) -> None:
    """Whoever has a token still approves with the passkey, and the application learns that."""
    handle = store.authorize(hanako.credential_id)["handle"]
    assert phone.approve(handle).status_code == 200
    assert store.post("credentials/authorizeCheck", {"handle": handle}).json()["factor"] == "passkey"
    detail = phone.get(f"/history/{handle}", Accept="application/json").json()
    assert (detail["factor"], detail["approved_with"]) == ("passkey", "Device")
    assert "PIN and one-time password" not in below_style(phone.get(f"/history/{handle}", Accept_Language="en"))


@pytest.mark.parametrize(("kind", "suite"), [(Kind.HOTP, ""), (Kind.OCRA, TYPED), (Kind.OCRA, SCANNED)])
def test_every_kind_of_token_approves(otp_stack: Stack, store: Application, hanako: Person, browse: Browse, kind: Kind, suite: str) -> None:
    """The page and its JSON show what an OCRA token is asked for this very transaction; history and page name the token by its end."""
    hand = give_token(otp_stack, hanako, enrollment_of(otp_stack, hanako), kind, suite)
    handle = store.authorize(hanako.credential_id)["handle"]
    browser = browse(otp_stack, hanako.passkey).signed_in()
    seen = browser.look(handle)
    raw = from_base64url(seen["transaction"])
    challenge = ocra_challenge(suite, raw) if suite else None
    (token,) = seen["otp"]["tokens"]
    assert token == {
        "id": hand.token_id,
        "kind": kind,
        "ending": hand.serial[-4:],
        "digits": 8 if suite else 6,
        "suite": suite or None,
        "challenge": challenge,
    }
    page = browser.get(f"/approve/{handle}", Accept_Language="en").text
    assert f"Token …{hand.serial[-4:]}" in page
    for start in range(0, len(challenge or ""), 4):
        assert str(challenge)[start : start + 4] in page
    assert browser.post(f"/approve/{handle}", {"otp": hand.otp(raw), "code": None}).json() == {"state": "approved"}
    assert browser.history()["entries"][0]["approved_with"] == hand.serial[-4:]
    assert f"token …{hand.serial[-4:]}" in browser.get(f"/history/{handle}", Accept_Language="en").text


def test_an_answer_for_another_request_approves_nothing(otp_stack: Stack, store: Application, hanako: Person, browse: Browse) -> None:
    """An OCRA token's answer is for one transaction."""
    hand = give_token(otp_stack, hanako, enrollment_of(otp_stack, hanako), Kind.OCRA, SCANNED)
    browser = browse(otp_stack, hanako.passkey).signed_in()
    one, other = (store.authorize(hanako.credential_id)["handle"] for _ in range(2))
    raw = from_base64url(browser.look(other)["transaction"])
    answer = browser.post(f"/approve/{one}", {"otp": hand.otp(raw), "code": None})
    assert (answer.status_code, answer.json()) == (403, {"error": "otp_refused", "tries_left": 4})


@pytest.mark.parametrize("wrong", ["pin", "code", "both"])
def test_five_wrong_tries_end_the_request(store: Application, hanako: Person, phone: Visit, wrong: str) -> None:
    """One answer for PIN and code, with the tries left; then it is refused as `wrong_code` in our records and at the application's door."""
    handle = store.authorize(hanako.credential_id)["handle"]
    changes: dict[str, Any] = {"pin": OTHER_PIN} if wrong != "code" else {}
    changes |= {"code": phone.hand.wrong_code()} if wrong != "pin" else {}
    for left in (4, 3, 2, 1):
        answer = phone.approve_with_otp(handle, **changes)
        assert (answer.status_code, answer.json()) == (403, {"error": "otp_refused", "tries_left": left})
    last = phone.approve_with_otp(handle, **changes)
    assert (last.status_code, last.json()) == (409, {"error": "ended", "state": "refused", "reason": "wrong_code"})
    told = store.post("credentials/authorizeCheck", {"handle": handle})
    assert error_of(told) == refused("The signer refused", "access_denied")
    assert (told.json()["state"], told.json()["reason"]) == ("refused", "wrong_code")
    assert (phone.look(handle)["state"], phone.look(handle)["reason"]) == ("refused", "wrong_code")
    (entry,) = phone.history()["entries"]
    assert (entry["state"], entry["reason"], entry["factor"]) == ("refused", "wrong_code", None)


def test_the_same_code_approves_once(store: Application, hanako: Person, phone: Visit) -> None:
    """Nothing else, and not the same again."""
    one, other = (store.authorize(hanako.credential_id)["handle"] for _ in range(2))
    code = phone.hand.code()
    assert phone.approve_with_otp(one, code=code).status_code == 200
    assert phone.approve_with_otp(other, code=code).json() == {"error": "otp_refused", "tries_left": 4}
    again = phone.post(f"/approve/{one}", {"otp": phone.hand.otp(code=code), "code": None})
    assert (again.status_code, again.json()["state"]) == (409, "approved")
    assert phone.approve_with_otp(other).json() == {"state": "approved"}


def test_ten_in_a_row_lock_and_the_passkey_still_approves(store: Application, hanako: Person, phone: Visit) -> None:
    """Over several requests; then not even the right ones are looked at, the page says so, and nothing ended that could be approved."""
    handles = [store.authorize(hanako.credential_id)["handle"] for _ in range(3)]
    for number in range(9):
        assert phone.approve_with_otp(handles[number % 3], pin=OTHER_PIN).json()["error"] == "otp_refused"
    for changes in ({"pin": OTHER_PIN}, {}):
        answer = phone.approve_with_otp(handles[0], **changes)
        assert (answer.status_code, answer.json()) == (403, {"error": "otp_locked"})
    seen = phone.look(handles[0])
    assert (seen["state"], seen["otp"]["locked"]) == ("pending", True)
    page = below_style(phone.get(f"/approve/{handles[0]}", Accept_Language="en"))
    assert "Locked: PIN and one-time password were wrong too often." in page
    assert "otp-pin" not in page
    assert phone.approve(handles[0]).json() == {"state": "approved"}


def test_the_applications_number_is_asked_before_a_code_is_used(otp_stack: Stack, hanako: Person, phone: Visit) -> None:
    """A wrong number costs no code, and no try of PIN and code."""
    asked = new_application(otp_stack, asks_code=True).authorize(hanako.credential_id)
    wrong = f"{(int(asked['verification_code']) + 1) % 100:02}"
    code = phone.hand.code()
    assert phone.approve_with_otp(asked["handle"], wrong, code=code).json() == {"error": "wrong_code", "tries_left": 2}
    assert phone.approve_with_otp(asked["handle"], asked["verification_code"], code=code).json() == {"state": "approved"}


def test_a_key_for_passkeys_only_offers_and_takes_nothing_else(shop: Application, taro: Signer, taros_browser: Any) -> None:
    """Neither page nor JSON speak of it; what is sent all the same is refused, and nothing is decided."""
    handle = shop.authorize(taro.credential_id)["handle"]
    assert taros_browser.look(handle)["otp"] is None
    assert "otp" not in below_style(taros_browser.get(f"/approve/{handle}", Accept_Language="en")).replace("otp-form.js", "")
    otp = {"token_id": "T" * 22, "pin": "739154", "code": "123456"}
    answer = taros_browser.post(f"/approve/{handle}", {"otp": otp, "code": None})
    assert (answer.status_code, answer.json()) == (400, {"error": "evidence_refused"})
    assert taros_browser.look(handle)["state"] == "pending"


def test_a_signer_without_a_token_is_offered_nothing(otp_stack: Stack, store: Application, hanako: Person, browse: Browse) -> None:
    """Though her key could be used with one; what applications are told of the key says that."""
    handle = store.authorize(hanako.credential_id)["handle"]
    assert browse(otp_stack, hanako.passkey).signed_in().look(handle)["otp"] is None
    info = store.post("credentials/info", {"credentialID": hanako.credential_id}).json()
    assert info["factors"] == ["passkey", "otp"]


def test_what_applications_are_told_of_a_key_for_passkeys(shop: Application, taro: Signer) -> None:
    assert shop.post("credentials/info", {"credentialID": taro.credential_id}).json()["factors"] == ["passkey"]


def test_what_has_not_its_form_is_refused(store: Application, hanako: Person, phone: Visit) -> None:
    """400 without a try: nothing of it reaches the SAM."""
    handle = store.authorize(hanako.credential_id)["handle"]
    good = phone.hand.otp()
    wrong: list[Any] = [None, {}, [], "123456", {"token_id": good["token_id"], "pin": good["pin"]}, good | {"more": 1}]
    wrong += [
        good | {"pin": 739154},
        good | {"code": 123456},
        good | {"token_id": "short"},
        good | {"pin": "7" * 65},
        good | {"code": "1" * 17},
    ]
    for otp in wrong:
        answer = phone.post(f"/approve/{handle}", {"otp": otp, "code": None})
        assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"}), otp
    assert phone.approve_with_otp(handle, code=phone.hand.wrong_code()).json()["tries_left"] == 4


def test_an_approval_whose_answer_was_lost_is_known_by_its_factor(
    store: Application, hanako: Person, phone: Visit, otp_stack: Stack
) -> None:
    """The SAM says which factor it was, also where our record was behind."""
    handle = store.authorize(hanako.credential_id)["handle"]
    phone.approve_with_otp(handle)
    records = Records(otp_stack)
    records.change("UPDATE authorizations SET state = 'pending', factor = NULL, usable_until = NULL WHERE id = ?", handle)
    assert store.post("credentials/authorizeCheck", {"handle": handle}).json()["factor"] == "otp"
    detail = phone.get(f"/history/{handle}", Accept="application/json").json()
    assert (detail["state"], detail["factor"]) == ("approved", "otp")


def test_a_token_whose_record_does_not_hold_is_not_offered(store: Application, hanako: Person, phone: Visit, otp_stack: Stack) -> None:
    """Nor any other of that enrolment; the page is there all the same, and the passkey approves."""
    handle = store.authorize(hanako.credential_id)["handle"]
    Records(otp_stack).change_in_sam("UPDATE tokens SET version = version + 1 WHERE token_id = ?", phone.hand.token_id)
    assert phone.look(handle)["otp"] is None
    assert phone.get(f"/approve/{handle}").status_code == 200
    assert phone.approve(handle).json() == {"state": "approved"}


def test_either_of_two_tokens_approves(otp_stack: Stack, store: Application, hanako: Person, phone: Visit) -> None:
    """One PIN is for both; a third one that was offered, and not confirmed, is not among them."""
    button = give_token(otp_stack, hanako, enrollment_of(otp_stack, hanako), Kind.HOTP)
    handle = store.authorize(hanako.credential_id)["handle"]
    offer_token(otp_stack, hanako.credential_id)
    assert {one["id"] for one in phone.look(handle)["otp"]["tokens"]} == {phone.hand.token_id, button.token_id}
    assert phone.post(f"/approve/{handle}", {"otp": button.otp(), "code": None}).json() == {"state": "approved"}
