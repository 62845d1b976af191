"""`authData` and `credentials/getChallenge` (CSC 2.0 §8.3, §11.7, §11.9): no factor goes through an application."""

from typing import Any

import pytest

from tests.flow.browser import Browser
from tests.flow.parties import Person, new_application
from tests.flow.records import Records
from tests.flow.wire import ABSENT, UNKNOWN_ID, authorize_body, error_of, refused, with_changes
from tests.harness.signer import Signer
from tests.harness.stack import Application, Stack

CHALLENGE = "credentials/getChallenge"
AUTHORIZE = "credentials/authorize"
BAD_CREDENTIAL = refused("Invalid parameter credentialID")
BAD_OBJECT = refused("Invalid parameter authObjectID")
BAD_FACTOR = refused("The authentication data is invalid", "invalid_authentication_data")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"credentialID": ABSENT}, BAD_CREDENTIAL),
        ({"credentialID": UNKNOWN_ID}, BAD_CREDENTIAL),
        ({"credentialID": 5}, BAD_CREDENTIAL),
        ({"authObjectID": ABSENT}, BAD_OBJECT),
        ({"authObjectID": "otp"}, BAD_OBJECT),
        ({"authObjectID": ""}, BAD_OBJECT),
        ({"authObjectID": ["mobile"]}, BAD_OBJECT),
    ],
)
def test_challenge_refused_with_the_words_of_the_table(
    careful_shop: Application, taro: Signer, changes: dict[str, Any], expected: tuple[int, str, str]
) -> None:
    body = with_changes({"credentialID": taro.credential_id, "authObjectID": "mobile"}, changes)
    assert error_of(careful_shop.post(CHALLENGE, body)) == expected


def test_object_without_a_challenge_has_none(shop: Application, taro: Signer) -> None:
    """Where the application's signers type no code, `mobile` is `PasswordOOB`."""
    assert error_of(shop.post(CHALLENGE, {"credentialID": taro.credential_id, "authObjectID": "mobile"})) == BAD_OBJECT


def test_challenge_is_the_code_of_the_next_request_and_of_no_other(careful_shop: Application, taro: Signer, taros_browser: Browser) -> None:
    """The signer types what `getChallenge` told; a second request needs a challenge of its own."""
    told = careful_shop.post(CHALLENGE, {"credentialID": taro.credential_id, "authObjectID": "mobile"})
    assert told.status_code == 200
    challenge = told.json()["challenge"]
    body = authorize_body(taro.credential_id, authData=[{"id": "mobile"}])
    asked = careful_shop.post(AUTHORIZE, body).json()
    assert asked["verification_code"] == challenge
    assert error_of(careful_shop.post(AUTHORIZE, body)) == BAD_FACTOR
    assert taros_browser.approve(asked["handle"], f"{(int(challenge) + 1) % 100:02}").status_code == 403
    assert taros_browser.approve(asked["handle"], challenge).json() == {"state": "approved"}
    assert careful_shop.sad(asked["handle"])


def test_newer_challenge_takes_the_place_of_the_earlier_one(careful_shop: Application, hanako: Signer) -> None:
    """One waits for each application and credential; it is no other application's."""
    ask = {"credentialID": hanako.credential_id, "authObjectID": "mobile"}
    told = [careful_shop.post(CHALLENGE, ask).json()["challenge"] for _ in range(2)]
    rival = new_application(careful_shop.stack, asks_code=True)
    body = authorize_body(hanako.credential_id, authData=[{"id": "mobile"}])
    assert error_of(rival.post(AUTHORIZE, body)) == BAD_FACTOR
    assert careful_shop.post(AUTHORIZE, body).json()["verification_code"] == told[1]


@pytest.mark.parametrize(
    "named",
    [
        [{"id": "otp", "value": "123456"}],
        [{"id": "otp", "value": ""}],
        [{"id": "mobile"}, {"id": "otp"}],
        [{"id": "mobile"}, {"id": "mobile"}],
        [{"id": "PIN"}],
        [{"id": "PIN", "value": "1234"}, {"id": "OTP", "value": "123456"}],
        [{"id": ["otp"]}],
        [{"value": "123456"}],
    ],
)
def test_no_value_is_taken_for_any_object(otp_stack: Stack, named: list[dict[str, Any]]) -> None:
    """Also where PIN and one-time password may approve: an application that sends them is refused, and nothing is recorded."""
    shop, signer, records = new_application(otp_stack), Person(otp_stack), Records(otp_stack)
    before = records.authorizations()
    assert error_of(shop.post(AUTHORIZE, authorize_body(signer.credential_id, authData=named))) == BAD_FACTOR
    assert records.authorizations() == before
    assert "123456" not in otp_stack.log("web")


def test_either_way_may_be_named_and_the_signer_decides(otp_stack: Stack, shop: Application, taro: Signer) -> None:
    """Naming PIN and one-time password keeps nobody from the passkey; where the key has no such way it can't be named."""
    store, signer = new_application(otp_stack), Person(otp_stack)
    for way in ("mobile", "otp"):
        answer = store.post(AUTHORIZE, authorize_body(signer.credential_id, authData=[{"id": way}]))
        assert answer.status_code == 202
        signer.approve(answer.json()["handle"])
        assert store.post("credentials/authorizeCheck", {"handle": answer.json()["handle"]}).json()["factor"] == "passkey"
    assert error_of(shop.post(AUTHORIZE, authorize_body(taro.credential_id, authData=[{"id": "otp"}]))) == BAD_FACTOR
