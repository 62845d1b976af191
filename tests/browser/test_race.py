"""Two phones of one person and one request: exactly one decision counts, and the other phone is told by itself which one that was."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Route

from tests.browser.asking import Request
from tests.browser.conftest import MakePhone, Person
from tests.browser.own import add
from tests.browser.phone import Phone
from tests.harness.stack import Application


@pytest.fixture
def phones(make_phone: MakePhone, newcomer: Person) -> Iterator[tuple[Phone, Phone]]:
    """Two registered devices, each with an authenticator and a passkey of its own, both signed in."""
    first, second = make_phone(), make_phone()
    with newcomer.holding(first):
        first.context.add_cookies(newcomer.session)
        add(first, second, "Study tablet")
        yield first, second


def race(request: Request, *taps: tuple[Phone, str]) -> None:
    """Have phones decide at the same moment: what their pages send is held until all have sent it."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method == "POST":
            held.append(route)
        else:
            route.continue_()

    for phone, button in taps:
        phone.page.goto(request.url)
        phone.page.route(re.compile(f"/approve/{request.handle}"), hold)
        phone.tap(button)
    while len(held) < len(taps):
        taps[0][0].page.wait_for_timeout(20)
    for route in held:
        route.continue_()
    for phone, _ in taps:
        phone.page.locator("main.end").wait_for()
        phone.page.unroute_all()


def end_of(phone: Phone) -> list[str]:
    """Wait until a page says how it ended; gives its heading, and what it says of the device that decided."""
    end = phone.page.locator("main.end")
    decided = end.locator("dl div").filter(has=phone.page.locator("dt", has_text=re.compile("(Approved|Refused) on")))
    return [end.locator("h1").inner_text(), *decided.locator("dt, dd").all_inner_texts()]


def approved_on(name: str) -> list[str]:
    return ["Approved", "Approved on", name]


def declined_on(name: str) -> list[str]:
    return ["Declined", "Refused on", name]


def name_of(phone: Phone) -> str:
    """Say what this phone is called on its signer's list."""
    (name,) = [str(one["name"]) for one in phone.facts("/account")["devices"] if one["current"]]
    return name


def test_of_two_phones_one_is_taken_and_the_other_is_told(shop: Application, phones: tuple[Phone, Phone], newcomer: Person) -> None:
    """Both approve; one approves and the other declines; one only looks on. One decision is recorded, and both pages tell the same."""
    names = [name_of(phone) for phone in phones]

    request = Request(shop, newcomer.credential_id)
    race(request, *((phone, "Approve") for phone in phones))
    first, second = (end_of(phone) for phone in phones)
    assert first == second
    assert first in [approved_on(name) for name in names]
    request.signatures_verify()

    request = Request(shop, newcomer.credential_id)
    race(request, (phones[0], "Approve"), (phones[1], "Decline"))
    first, second = (end_of(phone) for phone in phones)
    assert first == second
    assert first in [approved_on(names[0]), declined_on(names[1])]
    if first == approved_on(names[0]):
        request.signatures_verify()
    else:
        assert request.check()["reason"] == "declined"

    request = Request(shop, newcomer.credential_id)
    for phone in phones:
        phone.page.goto(request.url)
    phones[1].tap("Decline")
    assert [end_of(phone) for phone in phones] == [declined_on(names[1])] * 2
    assert request.check()["reason"] == "declined"
