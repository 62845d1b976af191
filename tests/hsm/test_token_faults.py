"""The token when something goes wrong: lost sessions, a token that goes and comes back, a wrong PIN, many threads; each in a process."""

import os
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import load_der_public_key

from hsm.activation import activate, status
from hsm.cryptoki import Module, Token
from hsm.errors import HsmUnavailable, Unavailable
from hsm.messages import Outcome, StatusRequest
from hsm.policy import Padding, Scheme
from tests.harness.forked import in_own_process
from tests.harness.sam import PIN, TestClock, TestSigner, make_sam, make_test_token, softhsm
from tests.harness.spy import SPY

ECDSA = Scheme(Padding.ECDSA, hashes.SHA256())
DIGEST = bytes(range(32))
KEY = b"the key"


def answers(call: Callable[[], object]) -> bool:
    """Tell whether the HSM gives an answer."""
    try:
        call()
    except HsmUnavailable:
        return False
    return True


def sign(token: Token) -> bytes:
    return token.sign(KEY, ECDSA, DIGEST)


def opened(folder: Path) -> Token:
    """A token with one signing key, and a MAC key."""
    token = make_test_token(folder)
    token.generate_signing_key(KEY, "p-256")
    token.generate_mac_key(b"mac")
    return token


def close_sessions(token: Token) -> None:
    for session in token._sessions:
        session.raw.close()


def restart_module(token: Token) -> None:
    token._module.finalize()
    token._module.initialize()


def finalize_module(token: Token) -> None:
    token._module.finalize()


LOSSES = {"sessions closed": close_sessions, "module restarted": restart_module, "module finalized": finalize_module}


def after_a_loss(folder: Path, loss: str) -> list[bool]:
    token = opened(folder)
    LOSSES[loss](token)
    first = answers(lambda: sign(token))
    rest = [answers(lambda: sign(token)) for _ in range(8)]
    LOSSES[loss](token)
    return [first, all(rest), answers(lambda: token.mac(b"mac", b"x"))]


@pytest.mark.parametrize("loss", LOSSES)
def test_lost_sessions_come_back_by_themselves(tmp_path: Path, loss: str) -> None:
    """The signature that meets the loss is not repeated, the next ones are made; a MAC, which changes nothing, is repeated."""
    assert in_own_process(after_a_loss, tmp_path, loss) == [False, True, True]


def away_and_back(folder: Path, times: int) -> tuple[list[bool], list[bool]]:
    token = opened(folder)
    away, back = [], []
    for _ in range(times):
        (folder / "tokens").rename(folder / "away")
        away += [answers(lambda: token.mac(b"mac", b"x")) for _ in range(3)]
        (folder / "away").rename(folder / "tokens")
        back += [answers(lambda: token.mac(b"mac", b"x")), *(answers(lambda: sign(token)) for _ in range(4))]
    return away, back


def test_a_token_that_goes_and_comes_back_is_used_again(tmp_path: Path) -> None:
    """Twenty times: no answer while it is away, every answer when it is back, without a restart."""
    away, back = in_own_process(away_and_back, tmp_path, 20)
    assert (any(away), all(back)) == (False, True)


def activate_while_away(folder: Path) -> list[Outcome]:
    token = make_test_token(folder)
    clock = TestClock()
    sam = make_sam(token, folder, clock)
    signer = TestSigner(sam, clock).enroll()
    transaction = signer.transaction()
    signer.approve(transaction)
    request = signer.activation(transaction, signer.collect(transaction).sad)
    (folder / "tokens").rename(folder / "away")
    for _ in range(2):
        with pytest.raises(Unavailable):
            activate(sam, request)
    (folder / "away").rename(folder / "tokens")
    outcomes = [status(sam, StatusRequest(transaction.id)).outcome]
    activate(sam, request)
    outcomes.append(status(sam, StatusRequest(transaction.id)).outcome)
    sam.store.close()
    return outcomes


def test_an_activation_without_hsm_spends_nothing(tmp_path: Path) -> None:
    """The SAD that met a missing HSM signs when it is back."""
    assert in_own_process(activate_while_away, tmp_path) == [Outcome.APPROVED, Outcome.SIGNED]


def lose_the_pin(folder: Path) -> list[bool]:
    make_test_token(folder).close()
    pin_file = folder / "pin"
    pin_file.write_text(PIN)
    token = Token(Module(softhsm()), "test", lambda: pin_file.read_text(), 3)
    token.generate_signing_key(KEY, "p-256")
    close_sessions(token)
    pin_file.unlink()
    without = [answers(lambda: sign(token)) for _ in range(3)]
    pin_file.write_text(PIN)
    return [*without, *(answers(lambda: sign(token)) for _ in range(4))]


def test_a_pin_that_was_out_of_reach_is_read_again(tmp_path: Path) -> None:
    """A PIN file that is missing for a while costs no session for good."""
    assert in_own_process(lose_the_pin, tmp_path) == [False] * 3 + [True] * 4


def spied(folder: Path) -> Path:
    """Have every PKCS#11 call of this process written down."""
    log = folder / "spy.log"
    os.environ |= {"PKCS11SPY": str(softhsm()), "PKCS11SPY_OUTPUT": str(log)}
    return log


def calls(log: Path, function: str) -> int:
    return len(re.findall(rf"^\d+: {function}$", log.read_text(errors="replace"), re.MULTILINE))


def start_with_a_wrong_pin(folder: Path) -> tuple[str, int]:
    log = spied(folder)
    make_test_token(folder, module=SPY).close()
    before = calls(log, "C_Login")
    try:
        Token(Module(SPY), "test", lambda: "wrong", 4)
        said = ""
    except HsmUnavailable as error:
        said = str(error)
    return said, calls(log, "C_Login") - before


def restart_with_a_wrong_pin(folder: Path) -> tuple[list[bool], int]:
    log = spied(folder)
    make_test_token(folder, module=SPY).close()
    pins = [PIN, "wrong", PIN, PIN]
    token = Token(Module(SPY), "test", lambda: pins.pop(0), 4)
    token.generate_mac_key(b"mac")
    close_sessions(token)
    before = calls(log, "C_Login")
    return [answers(lambda: token.mac(b"mac", b"x")) for _ in range(5)], calls(log, "C_Login") - before


@pytest.mark.skipif(not SPY.exists(), reason="pkcs11-spy is not installed (Debian: opensc-pkcs11)")
def test_a_wrong_pin_is_tried_once(tmp_path: Path) -> None:
    """A real HSM locks after a few; the refusal does not say the PIN."""
    said, logins = in_own_process(start_with_a_wrong_pin, tmp_path)
    assert (said, logins) == ("the HSM refused the PIN (PinIncorrect)", 1)


@pytest.mark.skipif(not SPY.exists(), reason="pkcs11-spy is not installed (Debian: opensc-pkcs11)")
def test_a_pin_that_became_wrong_is_tried_once(tmp_path: Path) -> None:
    """After a recovery that met a wrong PIN nothing logs in again before a restart, whatever the file says then."""
    assert in_own_process(restart_with_a_wrong_pin, tmp_path) == ([False] * 5, 1)


def sign_in_many_threads(folder: Path) -> tuple[int, int, int]:
    log = spied(folder) if SPY.exists() else None
    token = make_test_token(folder, sessions=3, module=SPY if log else None)
    keys = [(number.to_bytes(4), token.generate_signing_key(number.to_bytes(4), "p-256")) for number in range(4)]
    started = threading.Barrier(9)

    def work(number: int) -> int:
        key_id, public = keys[number % 4]
        verifier = load_der_public_key(public)
        assert isinstance(verifier, ec.EllipticCurvePublicKey)
        started.wait(20)
        for count in range(40):
            digest = bytes([number, count]) * 16
            verifier.verify(token.sign(key_id, ECDSA, digest), digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
        return 40

    def make_keys() -> int:
        started.wait(20)
        for number in range(100, 110):
            token.generate_signing_key(number.to_bytes(4), "p-256")
        return 10

    with ThreadPoolExecutor(9) as pool:
        made = pool.submit(make_keys)
        signed = sum(pool.map(work, range(8)))
        keys_made = made.result()
    return signed, keys_made, calls(log, "C_Login") if log else 2


def test_many_threads_sign_at_once(tmp_path: Path) -> None:
    """Eight threads on three sessions sign while another makes keys; every signature verifies, on one login."""
    assert in_own_process(sign_in_many_threads, tmp_path) == (320, 10, 2)  # the other login made the token
