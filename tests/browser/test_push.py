"""Pushes in Chromium's real service worker: from a push service that nobody here wrote to notification, tap, page and passkey."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.asking import DESCRIPTION, LABELS, Request
from tests.browser.conftest import MakePhone, Person, registered
from tests.browser.own import add
from tests.browser.phone import Phone
from tests.browser.pushes import OwnProfile, Pushes
from tests.browser.words import ENGLISH, JAPANESE, Words
from tests.flow.pushed import wait_progress
from tests.harness.desktop import Desktop, desktop
from tests.harness.stack import Application, Stack, running_stack
from tests.harness.web_push_testing import WebPushTesting, web_push_testing

PATIENCE_S = 20
ASKED = {ENGLISH: "You are asked to sign.", JAPANESE: "署名の依頼が届いています。"}
OVER = "Nothing is to do any more"
TakePushes = Callable[..., Pushes]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebPushTesting]:
    with web_push_testing(tmp_path_factory.mktemp("service") / "log") as running:
        yield running


@pytest.fixture(scope="module")
def telling(tmp_path_factory: pytest.TempPathFactory, service: WebPushTesting) -> Iterator[Stack]:
    """A stack that sends to this push service."""
    with running_stack(tmp_path_factory.mktemp("telling"), NATSUIN_PUSH_TEST_SERVICE=service.origin) as made:
        yield made


@pytest.fixture(scope="module")
def asking(telling: Stack) -> Application:
    return telling.application("青葉建設株式会社 電子契約")


@pytest.fixture
def somebody(browser: Browser, asking: Application) -> Person:
    return registered(browser, asking, "山田 太郎")


@pytest.fixture(scope="module")
def screen() -> Iterator[Desktop]:
    """Where the phones show notifications."""
    with desktop() as running:
        yield running


@pytest.fixture
def take_pushes(
    browser: Browser, tmp_path: Path, screen: Desktop, telling: Stack, service: WebPushTesting, somebody: Person
) -> Iterator[TakePushes]:
    """Give a phone of the person, signed in, which takes pushes."""
    made: list[Phone] = []

    def take(words: Words = ENGLISH) -> Pushes:
        profile = OwnProfile(browser, tmp_path / f"profile-{len(made)}", screen.address)
        phone = Phone(profile, telling.origin, words, permissions=["notifications"])
        made.append(phone)
        phone.authenticator.put(somebody.passkey)
        phone.context.add_cookies(somebody.session)
        pushes = Pushes(phone, service)
        pushes.turn_on(words)
        return pushes

    yield take
    for phone in made:
        phone.close()
    assert [phone.faults for phone in made] == [[] for _ in made]


@pytest.mark.parametrize("words", [ENGLISH, JAPANESE], ids=["en", "ja"])
def test_from_the_push_to_the_signature(
    take_pushes: TakePushes, asking: Application, somebody: Person, screen: Desktop, words: Words
) -> None:
    """A notification that names nothing; a tap leads the open start page to the request; the application is told of each step."""
    pushes = take_pushes(words)
    phone = pushes.phone
    phone.page.goto("/")
    request = Request(asking, somebody.credential_id)
    pushes.deliver(1)
    shown = screen.wait_for(ASKED[words])
    for secret in (DESCRIPTION, *LABELS, "青葉建設", "山田", request.handle):
        assert secret not in shown.title + shown.body
    wait_progress(asking, request.handle, "delivered")
    screen.click(shown)
    phone.shows(words.asked)
    assert phone.page.url == request.url
    wait_progress(asking, request.handle, "opened")
    phone.tap(words.approve)
    phone.shows(words.approved)
    request.signatures_verify()
    assert pushes.standing() == []


ELSEWHERE = {"approved elsewhere": ("Approve", "Approved"), "declined elsewhere": ("Decline", "Declined")}
ENDS = {end: heading for end, (_, heading) in ELSEWHERE.items()}
ENDS |= {"time is over": "The time ran out", "withdrawn": "The request was withdrawn"}


@pytest.mark.parametrize("end", ENDS)
def test_what_ended_takes_its_notification_back(
    take_pushes: TakePushes, asking: Application, make_phone: MakePhone, somebody: Person, screen: Desktop, end: str
) -> None:
    """It stands in the place of the first one, and leads to how it ended; elsewhere is a second device with a passkey of its own."""
    other = second_device(make_phone, asking.stack, somebody) if end in ELSEWHERE else None
    pushes = take_pushes()
    phone = pushes.phone
    request = Request(asking, somebody.credential_id)
    first = pushes.deliver(1)
    screen.wait_for(ASKED[ENGLISH])
    if other is not None:
        tapped, heading = ELSEWHERE[end]
        other.page.goto(request.url)
        other.tap(tapped)
        other.shows(heading)
    elif end == "withdrawn":
        withdrawn = asking.stack.http.delete(f"/authorizations/{request.handle}", headers={"Authorization": f"Bearer {asking.token}"})
        assert withdrawn.status_code == 200, withdrawn.text
    else:
        request.end_now()
    last = pushes.deliver(2)
    replaced = screen.wait_for(OVER)
    assert last["notification"]["tag"] == first["notification"]["tag"]
    assert [one["body"] for one in pushes.standing()] == [last["notification"]["body"]]
    phone.page.goto("/")
    screen.click(replaced)
    expect(phone.page).to_have_url(request.url)
    phone.shows(ENDS[end])


def second_device(make_phone: MakePhone, stack: Stack, person: Person) -> Phone:
    """Add a device to somebody's; it is signed in, and takes no pushes."""
    old, new = make_phone(origin=stack.origin), make_phone(origin=stack.origin)
    with person.holding(old):
        old.context.add_cookies(person.session)
        add(old, new)
    return new


def test_a_push_that_is_no_message_shows_something_all_the_same(take_pushes: TakePushes, screen: Desktop) -> None:
    """iOS takes a subscription away that shows nothing; and it leads nowhere but to our start page."""
    pushes = take_pushes()
    hostile = ("", "not json", "{}", "null", '{"notification": {"title": "Evil", "navigate": "https://evil.example/", "tag": "t"}}')
    for number, message in enumerate(hostile, 1):
        before = len(screen.shown)
        pushes.put(message)
        deadline = time.monotonic() + PATIENCE_S
        while len(screen.shown) == before:
            assert time.monotonic() < deadline, f"message {number} shows nothing"
            pushes.phone.page.wait_for_timeout(20)
    pushes.phone.page.goto("/")
    screen.click(screen.shown[-1])
    pushes.phone.page.wait_for_url("/")
    assert pushes.phone.page.url == f"{pushes.phone.origin}/"


def test_the_test_button_says_whether_pushes_come(take_pushes: TakePushes, telling: Stack, somebody: Person, screen: Desktop) -> None:
    """The service worker's word makes the page say so. A push about the signer's key leads to the start page, which says what happened."""
    pushes = take_pushes()
    pushes.phone.page.wait_for_timeout(1_100)  # what is seen is told in whole seconds
    pushes.phone.tap("Send a test notification")
    pushes.deliver(1)
    pushes.phone.says("It has come.")
    telling.natsuin("credential", "freeze", somebody.credential_id)
    pushes.deliver(2)
    shown = screen.wait_for("Something happened to your key.")
    assert somebody.credential_id not in shown.title + shown.body
    pushes.phone.page.goto("/")
    with pushes.phone.page.expect_navigation(url=f"{pushes.phone.origin}/"):
        screen.click(shown)
    expect(pushes.phone.page.get_by_role("link", name="Key paused by the operator of this service")).to_be_visible()


def test_turning_off_ends_it(take_pushes: TakePushes, asking: Application, somebody: Person) -> None:
    pushes = take_pushes()
    pushes.phone.tap("Turn off")
    pushes.phone.shows("Off for this phone")
    assert Request(asking, somebody.credential_id).check()["progress"] == "no_device"


def test_without_a_network_there_is_a_page(take_pushes: TakePushes, telling: Stack) -> None:
    """In both languages and in its dress; the address stays, and opens when the network is back."""
    phone = take_pushes().phone
    telling.kill("web")
    try:
        phone.page.goto("/account")
        phone.shows("No connection")
        phone.shows("通信できません")
        assert phone.page.evaluate("getComputedStyle(document.querySelector('a.button')).borderRadius") != "0px"
    finally:
        telling.start("web")
    phone.page.get_by_role("link", name="Try again").click()
    phone.shows(ENGLISH.account)


def test_a_browser_that_says_no_is_believed(make_phone: MakePhone, somebody: Person, telling: Stack) -> None:
    """A private window gets no permission: nothing is subscribed, and the page says why."""
    phone: Phone = make_phone(origin=telling.origin)
    phone.context.add_cookies(somebody.session)
    phone.page.goto("/notifications")
    phone.tap(ENGLISH.turn_on)
    phone.says("The browser was not allowed to show notifications.")
    assert phone.facts("/notifications") == {"devices": []}


def test_an_iphone_is_told_about_its_home_screen(make_phone: MakePhone, somebody: Person, telling: Stack) -> None:
    """Safari has no pushes in its tabs, and says so by having no interface for them."""
    phone: Phone = make_phone(JAPANESE, origin=telling.origin)
    phone.context.add_init_script("delete window.PushManager; Object.defineProperty(navigator, 'standalone', { value: false });")
    phone.context.add_cookies(somebody.session)
    phone.page.goto("/")
    phone.page.get_by_role("link", name=JAPANESE.turn_on).click()
    phone.shows("まずホーム画面に追加してください")
