"""Where the tests' files are, and fixtures that tests of several folders share."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.maker import Maker
from hsm.cryptoki import Token
from hsm.sam import Sam
from tests.harness.records import credential_ids
from tests.harness.sam import TestCa, TestClock, TestSigner, make_sam, make_test_token
from tests.harness.signer import Signer
from tests.harness.stack import Application, Stack, running_stack
from tests.harness.strict import Strict

MEMORY = Path("/dev/shm")
ROOM_BYTES = 2 << 30


def pytest_configure() -> None:
    """
    Keep temporary files in memory where there is room: every test that writes durably waits for the disk.

    Whoever starts the tests in the background of a shell has them ignore Ctrl-C, and programs inherit that; those that are tested must not.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ROOM_BYTES:
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None  # or else what was found before stays


@pytest.fixture(scope="session")
def token(tmp_path_factory: pytest.TempPathFactory) -> Token:
    """A SoftHSM2 token for the whole run: the library reads its settings once a process."""
    return make_test_token(tmp_path_factory.mktemp("token"))


@pytest.fixture
def clock() -> TestClock:
    """A clock that stands still until it is moved."""
    return TestClock()


@pytest.fixture
def sam(token: Token, tmp_path: Path, clock: TestClock) -> Iterator[Sam]:
    """A SAM with an empty database."""
    made = make_sam(token, tmp_path, clock)
    yield made
    for credential_id in credential_ids(made):  # a search takes time linear in the number of objects on the token
        token.destroy(credential_id.encode())
    made.store.close()


@pytest.fixture
def ca(clock: TestClock) -> TestCa:
    """A CA for the certificates of test signers."""
    return TestCa(clock.now)


@pytest.fixture
def signer(sam: Sam, clock: TestClock, ca: TestCa) -> TestSigner:
    """A signer with a P-256 key and its certificate."""
    return TestSigner(sam, clock).enroll(ca)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A running stack for the whole run; a test that harms it must start one of its own with `running_stack`."""
    with running_stack(tmp_path_factory.mktemp("stack"), NATSUIN_OPEN_PER_SIGNER="100") as made:
        yield made


@pytest.fixture(scope="session")
def otp_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Another one, whose new keys may be used with PIN and one-time password too, and where applications may log in by HTTP Basic."""
    settings = {"NATSUIN_OPEN_PER_SIGNER": "100", "NATSUIN_FACTORS": "passkey_or_otp", "NATSUIN_REVOCATION": "off"}
    settings["NATSUIN_CSC_LOGIN"] = "on"
    with running_stack(tmp_path_factory.mktemp("otp"), **settings) as made:
        yield made


@pytest.fixture
def application(stack: Stack) -> Application:
    """A new relying application with a token."""
    return stack.application()


@pytest.fixture
def person(stack: Stack) -> Signer:
    """A new person with an enrolled phone."""
    return Signer(stack)


@pytest.fixture(scope="session")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Strict]:
    """A running stack whose operator takes passkeys of one model only, none of them synced."""
    folder, maker = tmp_path_factory.mktemp("strict"), Maker()
    (folder / "root.pem").write_bytes(maker.root_pem)
    policy = {"NATSUIN_ATTESTATION_ROOTS": str(folder / "root.pem"), "NATSUIN_AAGUIDS": maker.aaguid, "NATSUIN_SYNCED_PASSKEYS": "refuse"}
    with running_stack(folder, **policy) as made:
        yield Strict(made, maker)
