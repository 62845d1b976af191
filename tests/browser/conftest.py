"""Chromium on the real stack, people with phones, and two applications; a phone whose pages misbehaved fails its test."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.asking import Request
from tests.browser.phone import Phone, chromium
from tests.browser.words import ENGLISH, Words
from tests.harness.stack import Application, Stack

MakePhone = Callable[..., Phone]


@dataclass
class Person:
    """Somebody who is registered: the passkey moves from one test's phone to the next, with its counter."""

    user_id: str
    credential_id: str
    passkey: dict[str, Any]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for the folder; not longer, because Playwright keeps an event loop running in this thread."""
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def shop(stack: Stack) -> Application:
    """A relying application."""
    return stack.application("青葉建設株式会社 電子契約")


@pytest.fixture(scope="session")
def careful_shop(stack: Stack) -> Application:
    """A relying application that asks the signer for a code from its screen."""
    return stack.application("Aoba Construction e-Contracts", "--code")


@pytest.fixture(scope="package")
def taro(browser: Browser, stack: Stack, shop: Application) -> Person:
    """A person who registered in this browser."""
    phone = Phone(browser, stack.origin)
    url = stack.enrollment_url("taro-in-a-browser")
    phone.enroll(url)
    (passkey,) = phone.authenticator.passkeys()
    phone.close()
    assert phone.faults == []
    return Person("taro-in-a-browser", credential_of(shop, "taro-in-a-browser"), passkey)


@pytest.fixture
def make_phone(browser: Browser, stack: Stack) -> Iterator[MakePhone]:
    """Hand out new phones, without a passkey."""
    made: list[Phone] = []

    def make(words: Words = ENGLISH, origin: str = stack.origin, **context: Any) -> Phone:
        made.append(Phone(browser, origin, words, **context))
        return made[-1]

    yield make
    for phone in made:
        phone.close()
    assert [phone.faults for phone in made] == [[] for _ in made]


@pytest.fixture
def phone(make_phone: MakePhone, taro: Person) -> Iterator[Phone]:
    """Taro's phone, signed out."""
    made = make_phone()
    made.authenticator.put(taro.passkey)
    yield made
    (taro.passkey,) = made.authenticator.passkeys()


@pytest.fixture
def asked(shop: Application, taro: Person) -> Request:
    """An application's request that waits for Taro."""
    return Request(shop, taro.credential_id)


@pytest.fixture
def careful_request(careful_shop: Application, taro: Person) -> Request:
    """A request that waits for Taro and for the code on the application's screen."""
    return Request(careful_shop, taro.credential_id)


def credential_of(application: Application, user_id: str) -> str:
    """Ask for the one credential of a signer, as an application does."""
    (credential_id,) = application.post("credentials/list", {"userID": user_id}).json()["credentialIDs"]
    return str(credential_id)
