"""From the code on an application's screen to the request, and back to the application on the same device."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.asking import Request
from tests.browser.conftest import Person
from tests.browser.phone import Phone
from tests.flow.screen import Screen
from tests.harness.sessions import age_session
from tests.harness.stack import Application, Stack

BACK = "http://localhost:9/back"


@pytest.fixture(scope="session")
def near_shop(stack: Stack) -> Application:
    """An application whose requests open with the code on its screen only, and that names where to go back to."""
    return stack.application("Minato Trading", "--moving-code", "--return-url", BACK)


@pytest.fixture
def ask(near_shop: Application, taro: Person) -> Callable[..., dict[str, Any]]:
    return lambda **fields: near_shop.authorize(taro.credential_id, description="Purchase order", **fields)


def test_scanned_code_leads_through_the_sign_in_to_the_request(signed_out_phone: Phone, ask: Callable[..., dict[str, Any]]) -> None:
    """The code is out of the address at once, and the request opens for whom it is; no way back leads to the other device."""
    phone, asked = signed_out_phone, ask(return_url=BACK)
    phone.page.goto(Screen(asked).address())
    phone.page.wait_for_url(f"**/sign-in?next=/approve/{asked['handle']}")
    phone.can_tap("Sign in")
    with phone.page.expect_response("**/sign-in/options"):
        phone.page.reload()
    phone.sign_in()
    phone.shows("You are asked to sign")
    phone.tap("Approve")
    phone.shows("Approved")
    expect(phone.page.get_by_role("link", name="Back to Minato Trading")).to_have_count(0)


def test_used_code_says_scan_again(phone: Phone, ask: Callable[..., dict[str, Any]]) -> None:
    screen = Screen(ask())
    address = screen.address()
    phone.page.goto(address)
    phone.shows("You are asked to sign")
    phone.page.goto("/history")
    phone.page.goto(address)
    phone.shows("Scan the code again")
    assert phone.page.evaluate("location.hash") == ""


def test_link_on_this_device_leads_back_with_one_tap(phone: Phone, ask: Callable[..., dict[str, Any]]) -> None:
    """After a refusal as after an approval; nothing leads there by itself."""
    phone.page.goto(Screen(ask(return_url=BACK, state="order-1")).address("here"))
    phone.shows("You are asked to sign")
    phone.tap("Decline")
    phone.shows("Declined")
    back = phone.page.get_by_role("link", name="Back to Minato Trading")
    expect(back).to_have_attribute("href", f"{BACK}?state=order-1")


def test_plain_address_asks_for_the_code_and_takes_a_no(phone: Phone, ask: Callable[..., dict[str, Any]]) -> None:
    asked = ask()
    phone.page.goto(f"/approve/{asked['handle']}")
    phone.shows("Scan the code on the screen")
    expect(phone.page.locator("main")).not_to_contain_text("Purchase order")
    phone.tap("I did not expect this")
    phone.tap("Go back")
    phone.tap("Decline")
    phone.shows("Declined")


def test_confidential_request_opens_with_the_passkey(old_phone: Phone, shop: Application, newcomer: Person) -> None:
    """The session is older than some minutes, as it is of a phone that stays signed in; one tap opens it."""
    # opening it begins another session, so it is nobody's who is signed in elsewhere
    asked = shop.authorize(newcomer.credential_id, description="Sale of the house", confidential=True)
    grow_old(shop.stack, old_phone)
    old_phone.page.goto("/")
    expect(old_phone.page.locator(f'[data-id="{asked["handle"]}"]')).to_contain_text("Confidential")
    expect(old_phone.page.locator("main")).not_to_contain_text("Sale of the house")
    with old_phone.page.expect_response("**/sign-in/options"):
        old_phone.page.goto(f"/approve/{asked['handle']}")
    old_phone.shows("A confidential request")
    expect(old_phone.page.locator("main")).not_to_contain_text("Sale of the house")
    old_phone.can_tap("Open with passkey")
    old_phone.page.wait_for_function("document.body.dataset.ready !== undefined")
    old_phone.tap("Open with passkey")
    old_phone.shows("You are asked to sign")
    expect(old_phone.page.locator("main")).to_contain_text("Sale of the house")
    old_phone.tap("Decline")
    old_phone.shows("Declined")


def test_start_page_hears_of_a_request_by_itself(phone: Phone, shop: Application, taro: Person) -> None:
    """With a clock that stands still nothing is asked now and then: the stream tells it, and tells when it is gone."""
    phone.page.clock.install()
    with phone.page.expect_response("**/inbox/events"):
        phone.page.goto("/")
    phone.page.clock.pause_at(phone.page.evaluate("Date.now() + 1000"))
    request = Request(shop, taro.credential_id)
    row = phone.page.locator(f'[data-id="{request.handle}"]')
    row.wait_for()
    answer = phone.context.request.post(
        f"/approve/{request.handle}/refuse", data={"reason": "declined"}, headers={"Origin": phone.origin, "Sec-Fetch-Site": "same-origin"}
    )
    assert answer.ok
    row.wait_for(state="detached")


def test_many_documents_are_folded_and_counted(phone: Phone, shop: Application, taro: Person) -> None:
    """The first five, the rest on a tap, each with its number."""
    request = Request(shop, taro.credential_id, "Orders", tuple(f"order-{number}.pdf" for number in range(1, 21)))
    phone.page.goto(request.url)
    expect(phone.page.get_by_role("heading", name="Documents to sign (20)")).to_be_visible()
    expect(phone.page.get_by_text("5. order-5.pdf")).to_be_visible()
    expect(phone.page.get_by_text("6. order-6.pdf")).to_be_hidden()
    phone.page.get_by_text("Show all 20 documents").click()
    expect(phone.page.get_by_text("20. order-20.pdf")).to_be_visible()
    phone.tap("Decline")
    phone.shows("Declined")


def grow_old(stack: Stack, phone: Phone) -> None:
    """Let the phone's session be older than confidential requests are open for."""
    cookies = {one.get("name"): one.get("value") for one in phone.context.cookies()}
    age_session(stack, str(cookies["natsuin"]), 301)
