"""The verification code: shown by the application, typed on the phone; three wrong ones end the request, however they are sent."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.flow.browser import Browse, Browser
from tests.flow.records import Records
from tests.flow.wire import error_of, refused
from tests.harness.signer import Signer
from tests.harness.stack import Application


def other(code: str, by: int = 1) -> str:
    """Give another code of two digits."""
    return f"{(int(code) + by) % 100:02}"


def test_code_is_told_to_the_application_only(careful_shop: Application, taro: Signer, taros_browser: Browser) -> None:
    """Two digits in the answer to authorize; the phone learns how many there are, and nothing of what they are."""
    asked = careful_shop.authorize(taro.credential_id)
    assert len(asked["verification_code"]) == 2
    assert asked["verification_code"].isdigit()
    seen = taros_browser.look(asked["handle"])
    assert seen["code_digits"] == 2
    assert "code" not in taros_browser.transaction(asked["handle"])
    assert "verification_code" not in careful_shop.post("credentials/authorizeCheck", {"handle": asked["handle"]}).json()
    taros_browser.refuse(asked["handle"])


def test_right_code_approves(careful_shop: Application, taro: Signer, taros_browser: Browser) -> None:
    """Also after two wrong ones."""
    asked = careful_shop.authorize(taro.credential_id)
    code = asked["verification_code"]
    for tries_left in (2, 1):
        answer = taros_browser.approve(asked["handle"], other(code))
        assert (answer.status_code, answer.json()) == (403, {"error": "wrong_code", "tries_left": tries_left})
    assert taros_browser.approve(asked["handle"], code).json() == {"state": "approved"}
    assert careful_shop.sad(asked["handle"])


@pytest.mark.parametrize("wrong", [None, "", "1", "123", "４７", "CODE ", " CODE", "0xCODE", "+CODE"])
def test_what_is_not_the_code_is_wrong(careful_shop: Application, taro: Signer, taros_browser: Browser, wrong: str | None) -> None:
    """None, too short, too long, in other digits, or with something around it."""
    asked = careful_shop.authorize(taro.credential_id)
    given = wrong.replace("CODE", asked["verification_code"]) if wrong is not None else None
    answer = taros_browser.approve(asked["handle"], given)
    assert (answer.status_code, answer.json()) == (403, {"error": "wrong_code", "tries_left": 2})
    taros_browser.refuse(asked["handle"])


def test_three_wrong_codes_end_it(careful_shop: Application, taro: Signer, taros_browser: Browser) -> None:
    """The third is answered with the end; then the right one comes too late, and the application is told why."""
    asked = careful_shop.authorize(taro.credential_id)
    handle, code = asked["handle"], asked["verification_code"]
    assertion = taros_browser.assertion(handle)
    answers = [
        taros_browser.post(f"/approve/{handle}", {"credential": assertion, "code": one})
        for one in (other(code, 1), other(code, 2), other(code, 3), code)
    ]
    assert [answer.status_code for answer in answers] == [403, 403, 409, 409]
    assert answers[2].json() == answers[3].json() == {"error": "ended", "state": "refused", "reason": "wrong_code"}
    told = careful_shop.post("credentials/authorizeCheck", {"handle": handle})
    assert error_of(told) == refused("The signer refused", "access_denied")
    assert told.json()["reason"] == "wrong_code"


def test_guesses_at_once_are_no_more_than_three(
    careful_shop: Application, taro: Signer, browse: Browse, taros_browser: Browser, records: Records
) -> None:
    """Of 24 parallel guesses at most three are compared: at most two are told to be wrong, and it has ended for good."""
    asked = careful_shop.authorize(taro.credential_id)
    handle, code = asked["handle"], asked["verification_code"]
    assertion = taros_browser.assertion(handle)
    browsers = [browse(careful_shop.stack, taro.passkey) for _ in range(8)]
    for browser in browsers:
        browser.http.cookies = taros_browser.http.cookies

    def guess(number: int) -> int:
        message = {"credential": assertion, "code": other(code, 1 + number)}
        return browsers[number % len(browsers)].post(f"/approve/{handle}", message).status_code

    with ThreadPoolExecutor(len(browsers)) as pool:
        statuses = list(pool.map(guess, range(24)))
    assert statuses.count(403) == 2
    assert statuses.count(409) == 22
    assert records.one("SELECT code_tries FROM authorizations WHERE id = ?", handle) == 3
    assert taros_browser.post(f"/approve/{handle}", {"credential": assertion, "code": code}).status_code == 409
    assert records.state(handle) == "refused"


def test_right_code_needs_the_passkey_too(careful_shop: Application, taro: Signer, hanako: Signer, taros_browser: Browser) -> None:
    """The code is no factor: with another passkey's answer it approves nothing."""
    asked = careful_shop.authorize(taro.credential_id)
    options = taros_browser.look(asked["handle"])["publicKey"] | {"allowCredentials": []}
    wrong = {"credential": hanako.passkey.get(options, taros_browser.stack.origin), "code": asked["verification_code"]}
    answer = taros_browser.post(f"/approve/{asked['handle']}", wrong)
    assert (answer.status_code, answer.json()) == (400, {"error": "evidence_refused"})
    taros_browser.refuse(asked["handle"])
