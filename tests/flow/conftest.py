"""Parties that the flow tests share: they look at answers, not at each other's requests, so one of each serves them all."""

import ssl
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from demo.passkey import Passkey
from tests.flow.browser import Browse, Browser
from tests.flow.parties import Person, new_application
from tests.flow.records import Records
from tests.harness.push_service import PushService, push_service
from tests.harness.signer import Signer
from tests.harness.stack import Application, Stack, running_stack
from tests.harness.tls import Authority


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
    _fragile.mend()


@pytest.fixture(scope="session")
def service() -> Iterator[PushService]:
    """A push service."""
    with push_service() as running:
        yield running


@pytest.fixture(scope="session")
def callback_ca(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The CA that those who are called back have their certificates from."""
    return Authority(tmp_path_factory.mktemp("receiver"), "callback-ca")


@pytest.fixture(scope="session")
def receiver(callback_ca: Authority) -> Iterator[PushService]:
    """An application's backend, which is called back over TLS."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*callback_ca.issue("receiver"))
    with push_service(tls) as running:
        yield running


@pytest.fixture(scope="session")
def _telling(tmp_path_factory: pytest.TempPathFactory, service: PushService, callback_ca: Authority) -> Iterator[Stack]:
    own = {"NATSUIN_CALLBACK_NETWORKS": "127.0.0.0/8,::1/128", "SSL_CERT_FILE": str(callback_ca.path)}
    with running_stack(tmp_path_factory.mktemp("telling"), NATSUIN_PUSH_TEST_SERVICE=service.origin, **own) as made:
        yield made


@pytest.fixture
def telling(_telling: Stack, service: PushService, receiver: PushService) -> Iterator[Stack]:
    """A stack whose push service is the test's, which may call this machine back, and whose parts may be killed."""
    service.answers.clear()
    receiver.answers.clear()
    yield _telling
    _telling.mend()


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
