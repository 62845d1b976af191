"""The way back to the application: offered on the device where the request was begun, to exactly a registered page."""

import html
import re

import httpx2
import pytest

from tests.flow.browser import Browse, Browser
from tests.flow.parties import new_application
from tests.flow.screen import Screen
from tests.flow.wire import authorize_body, error_of, refused
from tests.harness.signer import Signer
from tests.harness.stack import Application, Stack

BACK = "https://shop.example.jp/signed"


@pytest.fixture(scope="session")
def web_shop(stack: Stack) -> Application:
    """An application that names where to go back to."""
    return new_application(stack, return_urls=[BACK, "http://localhost:8081/back"])


def ways_back(page: httpx2.Response) -> list[str]:
    return [html.unescape(found) for found in re.findall(r'href="(https?:[^"]*)"', page.text)]


@pytest.mark.parametrize("end", ["approve", "refuse"])
def test_end_leads_back_on_the_device_where_it_was_begun(web_shop: Application, taro: Signer, taros_browser: Browser, end: str) -> None:
    """One link, with the application's state; not before the end, and nothing goes there by itself."""
    asked = web_shop.authorize(taro.credential_id, return_url=BACK, state="order-47.11_~")
    assert taros_browser.post("/s", {"code": Screen(asked).code(way="here")}).status_code == 200
    address = f"/approve/{asked['handle']}"
    assert ways_back(taros_browser.get(address)) == []
    getattr(taros_browser, end)(asked["handle"])
    page = taros_browser.get(address)
    assert ways_back(page) == [f"{BACK}?state=order-47.11_~"]
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "refresh" not in page.headers
    assert 'http-equiv="refresh"' not in page.text


@pytest.mark.parametrize("how", ["qr", "plain"])
def test_no_way_back_on_another_device(web_shop: Application, taro: Signer, taros_browser: Browser, how: str) -> None:
    """The application is open on the other screen, where the signer is looked for."""
    asked = web_shop.authorize(taro.credential_id, return_url=BACK)
    if how == "qr":
        assert taros_browser.post("/s", {"code": Screen(asked).code()}).status_code == 200
    taros_browser.refuse(asked["handle"])
    assert ways_back(taros_browser.get(f"/approve/{asked['handle']}")) == []


def test_no_way_back_for_another_browser_than_the_one_that_began(
    web_shop: Application, taro: Signer, taros_browser: Browser, browse: Browse, stack: Stack
) -> None:
    """Also where it was opened there by the same signer."""
    asked = web_shop.authorize(taro.credential_id, return_url=BACK)
    assert taros_browser.post("/s", {"code": Screen(asked).code(way="here")}).status_code == 200
    assert taros_browser.refuse(asked["handle"]).status_code == 200
    elsewhere = browse(stack, taro.passkey).signed_in()
    assert ways_back(elsewhere.get(f"/approve/{asked['handle']}")) == []
    assert ways_back(taros_browser.get(f"/approve/{asked['handle']}")) == [BACK]


def test_no_way_back_where_none_was_named(web_shop: Application, taro: Signer, taros_browser: Browser) -> None:
    asked = web_shop.authorize(taro.credential_id)
    taros_browser.post("/s", {"code": Screen(asked).code(way="here")})
    taros_browser.refuse(asked["handle"])
    assert ways_back(taros_browser.get(f"/approve/{asked['handle']}")) == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        f"{BACK}/",
        f"{BACK}?x=1",
        f"{BACK}#x",
        f"{BACK}/..",
        f"{BACK}.evil.example",
        f" {BACK}",
        f"{BACK}\n",
        BACK.upper(),
        BACK.replace("https", "http"),
        BACK.replace("shop.", "shop.example.jp@evil."),
        "https://shop.example.jp:443/signed",
        "https://shop.example.jp/%73igned",
        "https://shop.example.jp/",
        "https://evil.example/",
        "//shop.example.jp/signed",
        "javascript:alert(1)",
    ],
)
def test_only_exactly_a_registered_page_is_led_back_to(web_shop: Application, taro: Signer, url: str) -> None:
    answer = web_shop.post("credentials/authorize", authorize_body(taro.credential_id, return_url=url))
    assert error_of(answer) == refused("Invalid parameter return_url")


def test_another_applications_page_is_not_led_back_to(shop: Application, web_shop: Application, taro: Signer) -> None:
    answer = shop.post("credentials/authorize", authorize_body(taro.credential_id, return_url=BACK))
    assert error_of(answer) == refused("Invalid parameter return_url")


@pytest.mark.parametrize("state", ["", "a b", "a&b=c", "a#b", "a%0a", "é", "a\nb", "x" * 201, "<script>"])
def test_state_is_plain(web_shop: Application, taro: Signer, state: str) -> None:
    """Nothing that could become another parameter, or another address."""
    answer = web_shop.post("credentials/authorize", authorize_body(taro.credential_id, return_url=BACK, state=state))
    assert error_of(answer) == refused("Invalid parameter state")


def test_state_alone_leads_nowhere(web_shop: Application, taro: Signer) -> None:
    answer = web_shop.post("credentials/authorize", authorize_body(taro.credential_id, state="x"))
    assert error_of(answer) == refused("Invalid parameter state")
