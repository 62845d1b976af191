"""Fixtures of the SAM's tests."""

import functools
from collections.abc import Callable, Iterator

import pytest

from hsm.cryptoki import Token
from hsm.messages import KeyAlgorithm
from tests.harness.sam import TestClock, TestSigner, make_sam

SignerOf = Callable[[KeyAlgorithm], TestSigner]


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
