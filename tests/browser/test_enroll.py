"""Registering a phone: the link that was used, the authenticator that lies, the phone that has a passkey already."""

from tests.browser.asking import Request
from tests.browser.conftest import MakePhone, Person
from tests.harness.stack import Application, Stack


def test_a_link_works_once_and_is_never_sent_in_an_address(stack: Stack, make_phone: MakePhone) -> None:
    """Who opens it again reads that it can't be used; so does who had it open. It leaves the address bar when it is spent."""
    url = stack.enrollment_url()
    first, late, later = make_phone(), make_phone(), make_phone()
    addresses: list[str] = []
    first.context.on("request", lambda request: addresses.append(request.url.partition("#")[0]))
    late.page.goto(url)
    first.enroll(url)
    secret = url.partition("#")[2].partition(".")[0]
    assert addresses
    assert [address for address in [*addresses, first.page.url] if secret in address] == []

    late.tap("Register this phone")
    late.shows("This link cannot be used")
    later.page.goto(url)
    later.shows("This link cannot be used")
    later.page.get_by_role("link", name="Sign in").click()
    later.shows("Sign in")


def test_a_link_that_is_not_complete_is_said_so(make_phone: MakePhone) -> None:
    """Whatever stands behind the #; without anything the page asks for the code of the letter."""
    phone = make_phone()
    for rest in ("", "#"):
        phone.page.goto(f"/enroll{rest}")
        phone.shows("Enter the code from the letter")
    for rest in ("#not-a-link", "#%3Cb%3E.%00"):
        phone.page.goto("about:blank")
        phone.page.goto(f"/enroll{rest}")
        phone.shows("This link cannot be used")


def test_a_passkey_made_without_its_person_is_refused(stack: Stack, make_phone: MakePhone) -> None:
    """The page says so each time; with a passkey that is right it goes on, without a reload."""
    phone = make_phone()
    phone.page.goto(stack.enrollment_url())
    for lie in ("isBadUV", "isBadUP"):
        phone.authenticator.lie(**{lie: True})
        phone.tap("Register this phone")
        phone.says("The passkey was not accepted. Try again.")
        phone.can_tap("Register this phone")
        phone.authenticator.lie(**{lie: False})
    phone.authenticator.verify_user(False)
    phone.tap("Register this phone")
    phone.says("The passkey was not made. Tap the button to try again.")
    phone.authenticator.verify_user(True)
    phone.can_tap("Register this phone")
    phone.tap("Register this phone")
    phone.shows("This phone is registered")


def test_a_second_link_is_for_a_second_phone(stack: Stack, shop: Application, make_phone: MakePhone, hanako: Person) -> None:
    """The phone that has the person's passkey is told so and leaves the link unused; another one gets a key of its own with it."""
    url = stack.enrollment_url(hanako.user_id, "鈴木 花子")
    with hanako.holding(make_phone()) as known:
        known.page.goto(url)
        known.tap("Register this phone")
        known.shows("This phone is registered already")
    second = make_phone()
    second.enroll(url)
    both = shop.post("credentials/list", {"userID": hanako.user_id}).json()["credentialIDs"]
    (new,) = set(both) - {hanako.credential_id}
    request = Request(shop, new)
    second.page.goto(request.url)
    second.tap("Approve")
    second.shows("Approved")
    request.signatures_verify()
