"""Chromium on the real stack, people with phones, and two applications; a phone whose pages misbehaved fails its test."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.asking import Request
from tests.browser.phone import Phone
from tests.browser.words import ENGLISH, Words
from tests.harness.chromium import chromium
from tests.harness.stack import Application, Stack

MakePhone = Callable[..., Phone]


@dataclass
class Person:
    """Somebody who is registered and signed in: passkey, counter and session move from one test's phone to the next."""

    user_id: str
    credential_id: str
    passkey: dict[str, Any]
    session: Any

    @contextmanager
    def holding(self, phone: Phone) -> Iterator[Phone]:
        """Put the passkey into a phone for as long as the block lasts."""
        phone.authenticator.put(self.passkey)
        yield phone
        (used,) = phone.authenticator.passkeys()
        self.passkey["signCount"] = used["signCount"]


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


@pytest.fixture(scope="session")
def people() -> dict[str, Person]:
    """Who is registered already: in a random order, tests of this folder may need several browsers, one after the other."""
    return {}


@pytest.fixture
def taro(people: dict[str, Person], browser: Browser, shop: Application) -> Person:
    """A person with a phone."""
    return people.get("taro") or people.setdefault("taro", registered(browser, shop, "山田 太郎"))


@pytest.fixture
def hanako(people: dict[str, Person], browser: Browser, shop: Application) -> Person:
    """Another person with a phone."""
    return people.get("hanako") or people.setdefault("hanako", registered(browser, shop, "鈴木 花子"))


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
def signed_out_phone(make_phone: MakePhone, taro: Person) -> Iterator[Phone]:
    """Taro's phone, without a session."""
    with taro.holding(make_phone()) as made:
        yield made


@pytest.fixture
def phone(signed_out_phone: Phone, taro: Person) -> Phone:
    """Taro's phone, signed in."""
    signed_out_phone.context.add_cookies(taro.session)
    return signed_out_phone


@pytest.fixture
def newcomer(browser: Browser, shop: Application) -> Person:
    """A person of one test only, who may change whatever is theirs."""
    return registered(browser, shop, "田中 梅子")


@pytest.fixture
def old_phone(make_phone: MakePhone, newcomer: Person) -> Iterator[Phone]:
    """The newcomer's registered phone, signed in; it speaks English."""
    with newcomer.holding(make_phone()) as made:
        made.context.add_cookies(newcomer.session)
        yield made


@pytest.fixture
def asked(shop: Application, taro: Person) -> Request:
    """An application's request that waits for Taro."""
    return Request(shop, taro.credential_id)


@pytest.fixture
def careful_request(careful_shop: Application, taro: Person) -> Request:
    """A request that waits for Taro and for the code on the application's screen."""
    return Request(careful_shop, taro.credential_id)


def new_user_id() -> str:
    return f"browser-{secrets.token_hex(4)}"


def registered(browser: Browser, application: Application, name: str) -> Person:
    """Register a person in this browser, with the service that the application uses."""
    user_id = new_user_id()
    phone = Phone(browser, application.stack.origin)
    phone.enroll(application.stack.enrollment_url(user_id, name))
    (passkey,) = phone.authenticator.passkeys()
    person = Person(user_id, credential_of(application, user_id), passkey, phone.context.cookies())
    phone.close()
    assert phone.faults == []
    return person


def credential_of(application: Application, user_id: str) -> str:
    """Ask for the one credential of a signer, as an application does."""
    (credential_id,) = application.post("credentials/list", {"userID": user_id}).json()["credentialIDs"]
    return str(credential_id)
