"""Parts of the service are away while a person looks at a page: it says what to do, and goes on when they are back."""

from collections.abc import Iterator

import pytest

from tests.browser.asking import Request
from tests.browser.conftest import MakePhone, credential_of
from tests.harness.stack import COMMANDS, Stack, running_stack


@pytest.fixture(scope="module")
def _fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("fragile")) as made:
        yield made


@pytest.fixture
def fragile(_fragile: Stack) -> Iterator[Stack]:
    """A stack whose parts may be killed."""
    yield _fragile
    missing = [name for name in COMMANDS if name not in _fragile.processes]
    if missing:
        _fragile.start(*missing)


def test_registration_goes_on_when_the_ca_is_back(fragile: Stack, make_phone: MakePhone) -> None:
    """The key is made once; another tap, or the link opened anew, asks for the certificate only."""
    phone = make_phone(origin=fragile.origin)
    url = fragile.enrollment_url()
    phone.page.goto(url)
    fragile.kill("ca")
    phone.tap("Register this phone")
    phone.says("The key is made, but the certificate has not arrived. Nothing is lost")
    phone.tap("Get the certificate")
    phone.says("The key is made, but the certificate has not arrived. Nothing is lost")
    fragile.start("ca")
    phone.page.reload()
    phone.tap("Get the certificate")
    phone.shows("This phone is registered")
    assert len(phone.authenticator.passkeys()) == 1


def test_an_approval_goes_through_when_the_sam_is_back(fragile: Stack, make_phone: MakePhone) -> None:
    """While the SAM is away nothing is approved; the same page approves afterwards."""
    phone = make_phone(origin=fragile.origin)
    phone.enroll(fragile.enrollment_url("asked-in-an-outage"))
    shop = fragile.application()
    request = Request(shop, credential_of(shop, "asked-in-an-outage"))
    phone.open(request.url)
    fragile.kill("sam")
    phone.tap("Approve")
    phone.says("The service does not answer right now. Wait a moment, then try again.")
    fragile.start("sam")
    phone.can_tap("Approve")
    phone.tap("Approve")
    phone.shows("Approved")
    request.signatures_verify()


def test_a_page_that_cannot_be_made_says_so(fragile: Stack, make_phone: MakePhone) -> None:
    """Without Redis nobody is known to be signed in: 503 in words, and a button that tries again."""
    phone = make_phone(origin=fragile.origin)
    phone.enroll(fragile.enrollment_url())
    fragile.kill("redis")
    answer = phone.page.goto("/")
    assert answer is not None
    assert answer.status == 503
    phone.shows("Not available right now")
    fragile.start("redis")
    phone.page.get_by_role("link", name="Reload").click()
    phone.shows("Sign in")


def test_without_a_connection_the_page_says_so(fragile: Stack, make_phone: MakePhone) -> None:
    """The list goes on by itself when the connection is back."""
    phone = make_phone(origin=fragile.origin)
    phone.enroll(fragile.enrollment_url())
    phone.page.get_by_role("link", name="See what waits for you").click()
    phone.shows("Nothing is waiting")
    phone.context.set_offline(True)
    phone.says("No connection. The list continues when it is back.")
    phone.context.set_offline(False)
    phone.page.locator("#say:empty").wait_for(state="attached")
