"""A signer's language is the signer's: switched to on one device, it is spoken on every other one, and by the pushes."""

import pytest

from app.phone.language import COOKIE
from tests.flow.browser import Browse, Browser
from tests.harness.signer import Signer
from tests.harness.stack import Stack

SWITCH = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def person(stack: Stack) -> Signer:
    """Somebody who has not chosen a language yet."""
    return Signer(stack)


@pytest.fixture
def phone(stack: Stack, person: Signer, browse: Browse) -> Browser:
    return browse(stack, person.passkey).signed_in()


def speaks(browser: Browser, path: str = "/account") -> str:
    """Say in which language a page comes to a browser that reads English."""
    return browser.get(path, **{"Accept-Language": "en"}).text.split('<html lang="', 1)[1][:2]


def test_a_switch_on_one_device_is_followed_by_the_others(stack: Stack, person: Signer, phone: Browser, browse: Browse) -> None:
    """One that is signed in already, and one that signs in later; then also where nobody is signed in, and nobody else's."""
    other = browse(stack, person.passkey).signed_in()
    assert (speaks(phone), speaks(other)) == ("en", "en")
    assert 'lang="ja"' in phone.get("/account?lang=ja", **SWITCH).text
    assert speaks(phone) == speaks(other) == "ja"
    later = browse(stack, person.passkey)
    assert speaks(later, "/sign-in") == "en"
    later.signed_in()
    assert later.http.cookies.get(COOKIE) == "ja"
    assert speaks(later, "/nothing") == speaks(later) == "ja"
    assert speaks(browse(stack, Signer(stack).passkey).signed_in()) == "en"


def test_switching_back_holds_too(phone: Browser) -> None:
    """The last choice is the one that counts."""
    for chosen in ("ja", "en", "ja"):
        phone.get(f"/?lang={chosen}", **SWITCH)
        assert speaks(phone, "/freeze") == chosen


def test_a_choice_made_before_signing_in_is_the_signers_first(stack: Stack, person: Signer, browse: Browse) -> None:
    """On the sign-in page of a device; a choice that the signer made earlier elsewhere goes first."""
    first = browse(stack, person.passkey)
    first.get("/sign-in?lang=ja", **SWITCH)
    first.signed_in()
    assert speaks(browse(stack, person.passkey).signed_in()) == "ja"
    second = browse(stack, person.passkey)
    second.get("/sign-in?lang=en", **SWITCH)
    assert speaks(second.signed_in()) == "ja"


def test_no_other_site_chooses(stack: Stack, person: Signer, phone: Browser, browse: Browse) -> None:
    """Its link is followed in the language that it names, once; nothing is kept."""
    assert 'lang="ja"' in phone.get("/account?lang=ja", **{"Sec-Fetch-Site": "cross-site"}).text
    assert 'lang="en"' in phone.get("/account?lang=xx", **SWITCH, **{"Accept-Language": "en"}).text
    assert COOKIE not in phone.http.cookies
    assert speaks(phone) == speaks(browse(stack, person.passkey).signed_in()) == "en"
