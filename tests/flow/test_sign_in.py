"""Signing in with a passkey: what it takes, what it gives, and where it leads."""

import time
from typing import Any

import pytest

from demo.passkey import Defects, Passkey, to_base64url
from tests.flow.browser import Browse, Browser
from tests.flow.parties import Person
from tests.flow.wire import UNKNOWN_ID
from tests.harness.signer import Signer
from tests.harness.stack import Stack

REFUSED = (400, {"error": "sign_in_refused"})
DEFECTS = {
    "no user present": Defects(no_user_present=True),
    "no user verified": Defects(no_user_verified=True),
    "backup-eligible flag changed": Defects(backup_eligible_flipped=True),
    "backed up without being eligible": Defects(backed_up_without_eligible=True),
    "counter stands still": Defects(counter_stands_still=True),
    "counter goes back": Defects(counter_goes_back=True),
    "bogus signature": Defects(bogus_signature=True),
    "signature over another challenge": Defects(signature_over_other_challenge=True),
    "cross-origin": Defects(cross_origin=True),
    "top origin": Defects(top_origin="https://evil.example"),
    "another origin": Defects(wrong_origin="https://evil.example"),
    "another port": Defects(wrong_origin="http://localhost:1"),
    "another relying party": Defects(wrong_rp_id="evil.example"),
    "a registration": Defects(wrong_type="webauthn.create"),
    "another challenge": Defects(wrong_challenge=bytes(32)),
    "unknown passkey": Defects(wrong_credential_id=b"unknown"),
    "another user handle": Defects(wrong_user_handle=bytes(64)),
    "no user handle": Defects(no_user_handle=True),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_defective_answer_opens_no_session(stack: Stack, taro: Signer, browse: Browse, defect: str) -> None:
    """Each defect alone is refused, with one answer for all, no cookie, and no harm to the next sign-in."""
    browser = browse(stack, taro.passkey)
    browser.sign_in()  # so that the counter has a past
    browser.http.cookies.clear()
    answer = browser.sign_in(DEFECTS[defect])
    assert (answer.status_code, answer.json()) == REFUSED
    assert "set-cookie" not in answer.headers
    assert browser.get("/inbox", Accept="application/json").status_code == 401
    assert browser.sign_in().status_code == 200


def test_passkey_that_was_never_enrolled_opens_no_session(stack: Stack, browse: Browse) -> None:
    """A passkey of another server, or of nobody."""
    stranger = Passkey()
    stranger.create(
        {
            "rp": {"id": "localhost"},
            "user": {"id": to_base64url(bytes(64)), "name": "x"},
            "pubKeyCredParams": [{"alg": -7}],
            "challenge": "AA",
        },
        stack.origin,
    )
    answer = browse(stack, stranger).sign_in()
    assert (answer.status_code, answer.json()) == REFUSED


def test_challenge_is_good_once(stack: Stack, taro: Signer, browse: Browse) -> None:
    """An answer that was taken is not taken again, nor another to the same challenge."""
    browser = browse(stack, taro.passkey)
    asked = browser.sign_in_options()
    message = {"ceremony": asked["ceremony"], "credential": taro.passkey.get(asked["publicKey"], stack.origin)}
    assert browser.post("/sign-in", message).status_code == 200
    assert (again := browser.post("/sign-in", message)).status_code == 400, again.text
    fresh = message | {"credential": taro.passkey.get(asked["publicKey"], stack.origin)}
    assert browser.post("/sign-in", fresh).json() == REFUSED[1]


def test_challenge_is_used_up_by_a_wrong_answer_too(stack: Stack, taro: Signer, browse: Browse) -> None:
    """Who answered wrongly asks for a new challenge."""
    browser = browse(stack, taro.passkey)
    asked = browser.sign_in_options()
    wrong = taro.passkey.get(asked["publicKey"], stack.origin, defects=Defects(no_user_verified=True))
    right = taro.passkey.get(asked["publicKey"], stack.origin)
    for answer in (wrong, right):
        assert browser.post("/sign-in", {"ceremony": asked["ceremony"], "credential": answer}).status_code == 400


def test_challenges_are_not_exchanged(stack: Stack, taro: Signer, browse: Browse) -> None:
    """The answer to one challenge is not taken for another, nor is that of an approval for a sign-in."""
    browser = browse(stack, taro.passkey)
    one, other = browser.sign_in_options(), browser.sign_in_options()
    assert one["publicKey"]["challenge"] != other["publicKey"]["challenge"]
    answer = taro.passkey.get(one["publicKey"], stack.origin)
    assert browser.post("/sign-in", {"ceremony": other["ceremony"], "credential": answer}).json() == REFUSED[1]


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"ceremony": None, "credential": {}},
        {"ceremony": 5, "credential": {}},
        {"ceremony": "unknown", "credential": {}},
        {"ceremony": "OPEN", "credential": None},
        {"ceremony": "OPEN", "credential": "x"},
        {"ceremony": "OPEN", "credential": {}},
        {"ceremony": "OPEN", "credential": {"id": 5}},
        {"ceremony": "OPEN", "credential": {"id": "*"}},
        {"ceremony": "OPEN", "credential": {"id": "捺印"}},
        {"ceremony": "OPEN", "credential": {"id": "TARO"}},
        {"ceremony": "OPEN", "credential": {"id": "TARO", "response": []}},
        {"ceremony": "OPEN", "credential": {"id": "TARO", "response": {"clientDataJSON": "e30", "userHandle": None}}},
        {"ceremony": "OPEN", "credential": {"id": "TARO", "response": {"clientDataJSON": "W10"}}},
        {"ceremony": "OPEN", "credential": {"id": "TARO", "response": {"clientDataJSON": 5}}},
    ],
)
def test_what_is_no_answer_of_a_passkey_is_refused(stack: Stack, taro: Signer, browse: Browse, message: dict[str, Any]) -> None:
    """Whatever the shape: one answer, never a 500."""
    browser = browse(stack, taro.passkey)
    if message.get("ceremony") == "OPEN":
        message = message | {"ceremony": browser.sign_in_options()["ceremony"]}
    credential = message.get("credential")
    if isinstance(credential, dict) and credential.get("id") == "TARO":
        message = message | {"credential": credential | {"id": to_base64url(taro.passkey.credential_id)}}
    answer = browser.post("/sign-in", message)
    assert (answer.status_code, answer.json()) == REFUSED


def test_session_is_new_and_the_old_one_dead(stack: Stack, taro: Signer, hanako: Signer, browse: Browse) -> None:
    """Every sign-in gives a new session; one that the browser brought along, whoever planted it, works no more."""
    browser = browse(stack, taro.passkey).signed_in()
    first = browser.http.cookies["natsuin"]
    browser.signed_in()
    assert browser.http.cookies["natsuin"] != first
    assert inbox_of(browse(stack), first) == 401
    assert browser.get("/inbox", Accept="application/json").status_code == 200
    browser.passkey = hanako.passkey
    taros = browser.http.cookies["natsuin"]
    assert browser.sign_in().json()["user_id"] == hanako.user_id
    assert inbox_of(browse(stack), taros) == 401


def test_signing_out_ends_the_session(stack: Stack, taro: Signer, browse: Browse) -> None:
    """The cookie is taken back, and is of no use to whoever copied it; signing out twice is no error."""
    browser = browse(stack, taro.passkey).signed_in()
    copied = browser.http.cookies["natsuin"]
    answer = browser.post("/sign-out", {})
    assert (answer.status_code, answer.json()) == (200, {})
    assert "natsuin" not in browser.http.cookies
    assert inbox_of(browser, copied) == 401
    assert browser.post("/sign-out", {}).status_code == 200


def test_session_looks_and_refuses_but_does_not_approve(shop: Any, taros_browser: Browser, taro: Signer) -> None:
    """A stolen session without the passkey: the answer to the sign-in challenge approves nothing."""
    handle = shop.authorize(taro.credential_id)["handle"]
    asked = taros_browser.sign_in_options()
    answer = taro.passkey.get(asked["publicKey"], taros_browser.stack.origin)
    refused = taros_browser.post(f"/approve/{handle}", {"credential": answer, "code": None})
    assert (refused.status_code, refused.json()) == (400, {"error": "evidence_refused"})
    assert taros_browser.refuse(handle).json()["state"] == "refused"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/approve/../../evil",
        "/approve/" + "A" * 21,
        "/approve/" + UNKNOWN_ID + "/refuse",
        "/approve/" + UNKNOWN_ID + "\n",
        "/approve/" + UNKNOWN_ID + "?x",
        "javascript:alert(1)",
        "/enroll",
        "data:text/html,x",
        "/%2f/evil.example",
        " /",
        "",
    ],
)
def test_sign_in_leads_to_no_other_place(stack: Stack, target: str) -> None:
    """Whatever `next` says, the page goes on to the start page."""
    page = stack.http.get("/sign-in", params={"next": target})
    assert page.status_code == 200
    assert 'data-next="/"' in page.text
    assert "evil" not in page.text


def test_sign_in_leads_back_to_an_approval(stack: Stack) -> None:
    """The one address that `next` may name."""
    assert f'data-next="/approve/{UNKNOWN_ID}"' in stack.http.get("/sign-in", params={"next": f"/approve/{UNKNOWN_ID}"}).text


def test_signing_in_at_once_from_many_places_works(stack: Stack, browse: Browse) -> None:
    """A passkey whose counter has moved on meanwhile is asked again, not locked."""
    person = Person(stack)
    browser = browse(stack, person.passkey)
    asked = [browser.sign_in_options() for _ in range(3)]
    answers = [person.passkey.get(one["publicKey"], stack.origin) for one in asked]
    codes = [
        browser.post("/sign-in", {"ceremony": one["ceremony"], "credential": answer}).status_code
        for one, answer in reversed(list(zip(asked, answers, strict=True)))
    ]
    assert codes == [200, 400, 400]  # the later counter was first
    time.sleep(0)
    assert browser.sign_in().status_code == 200


def inbox_of(browser: Browser, session: str) -> int:
    return browser.http.get("/inbox", headers={"Accept": "application/json", "Cookie": f"natsuin={session}"}).status_code
