"""The code on an application's screen: it leads to its request for some seconds, once, and shows nothing without the signer."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from tests.flow.browser import Browse, Browser
from tests.flow.parties import Person, new_application
from tests.flow.screen import Screen
from tests.harness.signer import Signer
from tests.harness.stack import Application, Stack

OVER = (400, {"error": "code_over"})


@pytest.fixture
def strange_browser(browse: Browse, stack: Stack) -> Browser:
    """A browser in which nobody is signed in."""
    return browse(stack)


@pytest.fixture(scope="session")
def near_shop(stack: Stack) -> Application:
    """An application whose requests open with the code on its screen only."""
    return new_application(stack, moving_code=True)


def scan(browser: Browser, code: str) -> httpx2.Response:
    return browser.post("/s", {"code": code})


def told(answer: httpx2.Response) -> tuple[int, dict[str, str]]:
    return answer.status_code, answer.json()


def move_back(stack: Stack, handle: str, seconds: float) -> None:
    """Let a request be so much older for the server: nobody waits in a test."""
    with sqlite3.connect(stack.data / "app" / "natsuin.db", timeout=10) as database:
        moved = database.execute("UPDATE openings SET begun_ms = begun_ms - ? WHERE authorization_id = ?", (int(seconds * 1000), handle))
        assert moved.rowcount == 1
    database.close()


def test_code_leads_to_the_request(shop: Application, taro: Signer, taros_browser: Browser) -> None:
    asked = shop.authorize(taro.credential_id)
    answer = scan(taros_browser, Screen(asked).code())
    assert told(answer) == (200, {"path": f"/approve/{asked['handle']}"})
    assert taros_browser.look(asked["handle"])["state"] == "pending"


def test_code_opens_nothing_without_the_signer(shop: Application, taro: Signer, strange_browser: Browser) -> None:
    """Who scans it learns where it leads, and there a passkey is asked for; the application's key is in no answer."""
    asked = shop.authorize(taro.credential_id)
    answer = scan(strange_browser, Screen(asked).code())
    assert answer.status_code == 200
    assert asked["code_key"] not in answer.text + str(answer.headers)
    page = strange_browser.get(answer.json()["path"])
    assert (page.status_code, page.headers["location"]) == (303, f"/sign-in?next=/approve/{asked['handle']}")


def test_code_opens_nothing_for_another_signer(stack: Stack, shop: Application, taro: Signer, hanako: Signer, browse: Browse) -> None:
    asked = shop.authorize(taro.credential_id)
    hers = browse(stack, hanako.passkey).signed_in()
    assert scan(hers, Screen(asked).code()).status_code == 200
    assert hers.get(f"/approve/{asked['handle']}", Accept="application/json").status_code == 404


def test_code_works_once(shop: Application, taro: Signer, strange_browser: Browser) -> None:
    screen = Screen(shop.authorize(taro.credential_id))
    code = screen.code()
    assert scan(strange_browser, code).status_code == 200
    assert told(scan(strange_browser, code)) == OVER
    assert scan(strange_browser, screen.code(screen.second + 1)).status_code == 200


def test_an_earlier_code_is_over_when_a_later_one_was_used(shop: Application, taro: Signer, strange_browser: Browser) -> None:
    screen = Screen(shop.authorize(taro.credential_id))
    assert scan(strange_browser, screen.code(1)).status_code == 200
    assert told(scan(strange_browser, screen.code(0))) == OVER


def test_of_many_who_use_a_code_at_once_one_does(stack: Stack, shop: Application, taro: Signer, browse: Browse) -> None:
    code = Screen(shop.authorize(taro.credential_id)).code()
    browsers = [browse(stack) for _ in range(12)]
    with ThreadPoolExecutor(len(browsers)) as pool:
        answers = list(pool.map(lambda browser: told(scan(browser, code)), browsers))
    assert sorted(status for status, _ in answers) == [200] + [400] * 11


@pytest.mark.parametrize(("age_s", "is_taken"), [(0, True), (5, True), (10.5, False), (3600, False), (-30, False)])
def test_code_is_good_for_some_seconds(
    stack: Stack, shop: Application, taro: Signer, strange_browser: Browser, age_s: float, is_taken: bool
) -> None:
    """Three on the screen and seven on the way; not before its time either."""
    asked = shop.authorize(taro.credential_id)
    screen = Screen(asked)
    code = screen.code(0)
    move_back(stack, asked["handle"], age_s)
    assert (scan(strange_browser, code).status_code == 200) is is_taken


@pytest.mark.parametrize("change", ["mac", "second", "way", "token", "key", "cut", "more", "empty", "long", "digits", "padding"])
def test_whatever_is_no_code_gets_one_answer(shop: Application, taro: Signer, strange_browser: Browser, change: str) -> None:
    """Another request's key, a changed part, a wrong form: all told alike."""
    screen, other = Screen(shop.authorize(taro.credential_id)), Screen(shop.authorize(taro.credential_id))
    code = screen.code(0)
    token, way, second, mac = code.split(".")
    other.token = token
    codes = {
        "mac": f"{token}.{way}.{second}.{'A' * 43}",
        "second": f"{token}.{way}.1.{mac}",
        "way": f"{token}.here.{second}.{mac}",
        "token": f"{'A' * 22}.{way}.{second}.{mac}",
        "key": other.code(0),
        "cut": code[:-1],
        "more": code + "A",
        "empty": "",
        "long": code * 100,
        "digits": f"{token}.{way}.\u0660.{mac}",
        "padding": code + "=",
    }
    assert told(scan(strange_browser, codes[change])) == OVER
    assert scan(strange_browser, code).status_code == 200


@pytest.mark.parametrize("body", [{}, {"code": None}, {"code": 1}, {"code": ["x"]}])
def test_a_body_without_a_code_is_refused(strange_browser: Browser, body: object) -> None:
    assert told(strange_browser.post("/s", body)) == (400, {"error": "invalid_request"})


def test_no_other_site_hands_in_a_code(shop: Application, taro: Signer, taros_browser: Browser) -> None:
    code = Screen(shop.authorize(taro.credential_id)).code()
    assert taros_browser.post("/s", {"code": code}, Origin="https://evil.example").status_code == 403


def test_where_it_is_needed_no_plain_address_is_given(near_shop: Application, taro: Signer) -> None:
    assert "approval_url" not in near_shop.authorize(taro.credential_id)


def test_where_it_is_needed_the_plain_address_opens_nothing(near_shop: Application, taro: Signer, taros_browser: Browser) -> None:
    """Whoever sends it on, as a link, has nothing: not even the signer reads what is asked, and nothing can be approved."""
    asked = near_shop.authorize(taro.credential_id, description="Sale of the house", documentLabels=["deed.pdf"])
    address = f"/approve/{asked['handle']}"
    page = taros_browser.get(address)
    assert page.status_code == 200
    assert "Scan the code on the screen" in page.text
    assert "Sale of the house" not in page.text
    assert "deed.pdf" not in page.text
    assert told(taros_browser.get(address, Accept="application/json")) == (403, {"error": "code_needed"})
    assert told(taros_browser.post(address, {"credential": {}, "code": None})) == (403, {"error": "code_needed"})
    assert near_shop.post("credentials/authorizeCheck", {"handle": asked["handle"]}).json()["progress"] != "opened"


def test_where_it_is_needed_with_the_code_it_is_approved(near_shop: Application, taro: Signer, taros_browser: Browser) -> None:
    asked = near_shop.authorize(taro.credential_id)
    scan(taros_browser, Screen(asked).code())
    assert taros_browser.approve(asked["handle"]).json() == {"state": "approved"}
    assert near_shop.sign(taro.credential_id, near_shop.sad(asked["handle"]), asked["hashes"]).status_code == 200


def test_a_code_before_the_sign_in_counts_after_it(stack: Stack, near_shop: Application, browse: Browse) -> None:
    person = Person(stack)
    browser = browse(stack, person.passkey)
    asked = near_shop.authorize(person.credential_id)
    assert scan(browser, Screen(asked).code()).status_code == 200
    assert browser.signed_in().approve(asked["handle"]).json() == {"state": "approved"}


def test_the_code_opens_it_for_the_browser_that_came_with_it(
    stack: Stack, near_shop: Application, taro: Signer, taros_browser: Browser, strange_browser: Browser
) -> None:
    """An attacker who scans the code of a request that he began can't pass on where it led him."""
    asked = near_shop.authorize(taro.credential_id)
    path = scan(strange_browser, Screen(asked).code()).json()["path"]
    assert taros_browser.get(path, Accept="application/json").status_code == 403


def test_where_it_is_needed_it_can_be_refused_without_the_code(near_shop: Application, taro: Signer, taros_browser: Browser) -> None:
    asked = near_shop.authorize(taro.credential_id)
    assert taros_browser.refuse(asked["handle"]).json()["state"] == "refused"


def test_an_invented_cookie_opens_nothing(near_shop: Application, taro: Signer, taros_browser: Browser) -> None:
    asked = near_shop.authorize(taro.credential_id)
    answer = taros_browser.get(f"/approve/{asked['handle']}", Accept="application/json", Cookie=f"natsuin-screen={'A' * 43}")
    assert answer.status_code in (401, 403)
