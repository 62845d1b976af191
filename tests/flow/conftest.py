"""Parties that the flow tests share: they look at answers, not at each other's requests, so one of each serves them all."""

from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from demo.passkey import Passkey
from tests.flow.browser import Browse, Browser
from tests.flow.parties import Person, new_application
from tests.flow.records import Records
from tests.harness.signer import Signer
from tests.harness.stack import COMMANDS, Application, Stack, running_stack


@pytest.fixture(scope="session")
def shop(stack: Stack) -> Application:
    """A relying application."""
    return new_application(stack)


@pytest.fixture(scope="session")
def rival(stack: Stack) -> Application:
    """Another relying application, which has no business with the first one's requests."""
    return new_application(stack)


@pytest.fixture(scope="session")
def careful_shop(stack: Stack) -> Application:
    """A relying application that asks the signer for a code from its screen."""
    return new_application(stack, asks_code=True)


@pytest.fixture(scope="session")
def taro(stack: Stack) -> Signer:
    """A signer."""
    return Person(stack)


@pytest.fixture(scope="session")
def hanako(stack: Stack) -> Signer:
    """Another signer, who has no business with Taro's requests."""
    return Person(stack, name="Hanako Suzuki")


@pytest.fixture(scope="session")
def records(stack: Stack) -> Records:
    return Records(stack)


@pytest.fixture(scope="session")
def taros_browser(stack: Stack, taro: Signer) -> Iterator[Browser]:
    """Taro's browser, signed in."""
    with closing(Browser(stack, taro.passkey)) as browser:
        yield browser.signed_in()


@pytest.fixture
def browse() -> Iterator[Browse]:
    """Open browsers: `browse(stack, passkey)`, without a passkey for one that has none yet."""
    with ExitStack() as opened:

        def browse(stack: Stack, passkey: Passkey | None = None) -> Browser:
            return opened.enter_context(closing(Browser(stack, passkey)))

        yield browse


@pytest.fixture(scope="session")
def _fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("fragile"), NATSUIN_WORKERS="2", NATSUIN_OPEN_PER_SIGNER="3") as made:
        yield made


@pytest.fixture
def fragile(_fragile: Stack) -> Iterator[Stack]:
    """A stack of two workers whose parts may be killed; three requests may wait for one signer."""
    yield _fragile
    missing = [name for name in COMMANDS if name not in _fragile.processes]
    if missing:
        _fragile.start(*missing)


@pytest.fixture
def otp_fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack whose keys may be used with one-time passwords too, and whose parts may be killed."""
    with running_stack(tmp_path_factory.mktemp("otp-fragile"), NATSUIN_FACTORS="passkey_or_otp") as made:
        yield made


@pytest.fixture(scope="session")
def rsa_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that makes RSA keys."""
    with running_stack(tmp_path_factory.mktemp("rsa"), NATSUIN_KEY_ALGORITHM="rsa-2048") as made:
        yield made
