"""Fixtures of the SAM's tests."""

import functools
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from argon2 import PasswordHasher

from hsm import pin
from hsm.cryptoki import Token
from hsm.messages import KeyAlgorithm
from hsm.sam import Sam
from tests.harness.otp import Authenticator, offered
from tests.harness.sam import TestCa, TestClock, TestSigner, make_sam

LIGHT = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1)
SignerOf = Callable[[KeyAlgorithm], TestSigner]


@pytest.fixture(autouse=True)
def light_pins(monkeypatch: pytest.MonkeyPatch) -> None:
    """A PIN costs little to check; what a real one costs is looked at in `test_pin.py`, where this does nothing."""
    monkeypatch.setattr(pin, "_ARGON2ID", LIGHT)


@pytest.fixture(scope="session")
def signer_of(token: Token, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignerOf]:
    """Signers for the whole run, one for each kind of key: a large RSA key takes seconds to make."""
    clock = TestClock()
    sam = make_sam(token, tmp_path_factory.mktemp("signers"), clock)

    @functools.cache
    def signer(key_algorithm: KeyAlgorithm) -> TestSigner:
        return TestSigner(sam, clock, key_algorithm=key_algorithm).enroll()

    yield signer
    sam.store.close()


@pytest.fixture
def lenient(sam: Sam) -> Sam:
    """The same SAM, whose operator lets new keys be used with PIN and one-time password too."""
    return replace(sam, factors="passkey_or_otp")


@pytest.fixture
def held(lenient: Sam, clock: TestClock, ca: TestCa) -> Authenticator:
    """An authenticator app of a signer whose key may be used with it."""
    return offered(TestSigner(lenient, clock).enroll(ca)).set()
