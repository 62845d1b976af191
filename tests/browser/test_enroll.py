"""Registering a phone: the link that was used, the authenticator that lies, the phone that has a passkey already."""

import pytest

from tests.browser.asking import Request
from tests.browser.conftest import MakePhone, credential_of
from tests.browser.phone import Phone
from tests.harness.stack import Application, Stack


def test_a_link_works_once(stack: Stack, make_phone: MakePhone) -> None:
    """Who opens it again, on whatever phone, reads that it can't be used; who finds it half open, too."""
    url = stack.enrollment_url()
    first, second, third = make_phone(), make_phone(), make_phone()
    third.page.goto(url)
    first.enroll(url)
    second.page.goto(url)
    second.shows("This link cannot be used")
    third.tap("Register this phone")
    third.shows("This link cannot be used")
    third.page.get_by_role("link", name="Sign in").click()
    third.shows("Sign in")


@pytest.mark.parametrize("rest", ["", "#", "#not-a-link", "#%3Cb%3E.%00"])
def test_a_link_that_is_not_complete_is_said_so(make_phone: MakePhone, rest: str) -> None:
    """Whatever stands behind the #."""
    phone = make_phone()
    phone.page.goto(f"/enroll{rest}")
    phone.shows("This link cannot be used")


def test_the_link_is_never_sent_in_an_address(stack: Stack, make_phone: MakePhone) -> None:
    """It stands behind the #, and is gone from the address bar afterwards."""
    phone = make_phone()
    asked: list[str] = []
    phone.page.on("request", lambda request: asked.append(request.url.partition("#")[0]))
    url = stack.enrollment_url()
    phone.enroll(url)
    secret = url.partition("#")[2]
    assert asked
    assert not [address for address in [*asked, phone.page.url] if secret in address or secret.partition(".")[0] in address]


@pytest.mark.parametrize("lie", ["isBadUV", "isBadUP"])
def test_a_passkey_that_was_made_without_its_person_is_refused(stack: Stack, make_phone: MakePhone, lie: str) -> None:
    """The page says so; with a passkey that is right it goes on, without a reload."""
    phone = make_phone()
    phone.page.goto(stack.enrollment_url())
    phone.authenticator.lie(**{lie: True})
    phone.tap("Register this phone")
    phone.says("The passkey was not accepted. Try again.")
    phone.authenticator.lie()
    registers_after_all(phone)


def test_a_person_who_is_not_recognized_registers_nothing(stack: Stack, make_phone: MakePhone) -> None:
    """The page says that the passkey was not made, and how to go on."""
    phone = make_phone()
    phone.page.goto(stack.enrollment_url())
    phone.authenticator.verify_user(False)
    phone.tap("Register this phone")
    phone.says("The passkey was not made. Tap the button to try again.")
    phone.authenticator.verify_user(True)
    registers_after_all(phone)


def test_a_phone_that_has_a_passkey_is_not_registered_twice(stack: Stack, make_phone: MakePhone) -> None:
    """A second link for the same person and phone leads to sign-in."""
    phone = make_phone()
    user_id = "has-a-passkey"
    phone.enroll(stack.enrollment_url(user_id))
    phone.page.goto(stack.enrollment_url(user_id))
    phone.tap("Register this phone")
    phone.shows("This phone is registered already")


def test_a_second_phone_gets_a_key_of_its_own(stack: Stack, shop: Application, make_phone: MakePhone) -> None:
    """Each phone approves for the key that was made with it."""
    first, second = make_phone(), make_phone()
    user_id = "two-phones"
    first.enroll(stack.enrollment_url(user_id))
    old = credential_of(shop, user_id)
    second.enroll(stack.enrollment_url(user_id))
    both = shop.post("credentials/list", {"userID": user_id}).json()["credentialIDs"]
    (new,) = set(both) - {old}
    request = Request(shop, new)
    second.open(request.url)
    second.tap("Approve")
    second.shows("Approved")
    request.signatures_verify()


def registers_after_all(phone: Phone) -> None:
    phone.can_tap("Register this phone")
    phone.tap("Register this phone")
    phone.shows("This phone is registered")
