"""Parts of the service are away while a person looks at a page: it says what to do, and goes on when they are back."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.asking import Request
from tests.browser.conftest import MakePhone, Person, registered
from tests.browser.phone import Phone
from tests.harness.stack import Application, Stack, running_stack


@pytest.fixture(scope="module")
def fragile_shop(_fragile: Stack) -> Application:
    return _fragile.application()


@pytest.fixture(scope="module")
def jiro(browser: Browser, fragile_shop: Application) -> Person:
    """A person with a phone, at the stack whose parts may be killed."""
    return registered(browser, fragile_shop, "佐藤 次郎")


@pytest.fixture(scope="module")
def _fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("fragile")) as made:
        yield made


@pytest.fixture
def fragile(_fragile: Stack) -> Iterator[Stack]:
    """A stack whose parts may be killed."""
    yield _fragile
    _fragile.mend()


@pytest.fixture
def phone(fragile: Stack, make_phone: MakePhone, jiro: Person) -> Iterator[Phone]:
    """Jiro's phone, signed in."""
    with jiro.holding(make_phone(origin=fragile.origin)) as made:
        made.refusable.add("eventsource")  # the start page asks for its stream again while Redis is away, and is told 503
        made.open_sign_in()  # an outage of Redis in an earlier test has ended every session
        made.sign_in()
        yield made


def test_registration_goes_on_when_the_ca_is_back(fragile: Stack, make_phone: MakePhone) -> None:
    """The key is made once; another tap, or the link opened anew, asks for the certificate only. Who reloads signs in afterwards."""
    phone = make_phone(origin=fragile.origin)
    url = fragile.enrollment_url()
    phone.page.goto(url)
    fragile.kill("ca")
    phone.tap("Register this phone")
    phone.says("The key is made, but the certificate has not arrived. Nothing is lost")
    phone.tap("Go on")
    phone.says("The key is made, but the certificate has not arrived. Nothing is lost")
    fragile.start("ca")
    phone.page.reload()
    phone.tap("Go on")
    phone.shows("The registration is complete")
    assert len(phone.authenticator.passkeys()) == 1


def test_an_approval_goes_through_when_the_sam_is_back(fragile: Stack, fragile_shop: Application, phone: Phone, jiro: Person) -> None:
    """While the SAM is away nothing is approved; the same page approves afterwards."""
    fragile_shop.renew_token()
    request = Request(fragile_shop, jiro.credential_id)
    phone.page.goto(request.url)
    fragile.kill("sam")
    phone.tap("Approve")
    phone.says("The service does not answer right now. Wait a moment, then try again.")
    fragile.start("sam")
    phone.can_tap("Approve")
    phone.tap("Approve")
    phone.shows("Approved")
    request.signatures_verify()


def test_a_page_that_cannot_be_made_says_so(fragile: Stack, phone: Phone) -> None:
    """Without Redis nobody is known to be signed in: 503 in words, and a button that tries again."""
    fragile.kill("redis")
    answer = phone.page.goto("/")
    assert answer is not None
    assert answer.status == 503
    phone.shows("Not available right now")
    fragile.start("redis")
    phone.page.get_by_role("link", name="Reload").click()
    phone.shows("Sign in")


def test_without_a_connection_the_page_says_so(phone: Phone) -> None:
    """The list goes on by itself when the connection is back."""
    phone.page.clock.install()
    phone.page.goto("/")
    phone.shows("Waiting for you")
    phone.context.set_offline(True)
    phone.page.clock.run_for(4_000)
    phone.says("No connection. The list continues when it is back.")
    phone.context.set_offline(False)
    phone.page.clock.run_for(4_000)
    phone.page.locator("#say:empty").wait_for(state="attached")
