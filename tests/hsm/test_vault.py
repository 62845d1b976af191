"""Secrets at rest: they open in their place, under the HSM's key, and nowhere else."""

import copy
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pkcs11 import Attribute, KeyType, ObjectClass
from pkcs11.exceptions import GeneralError

from hsm.cryptoki import Token
from hsm.cryptoki.gcm import decrypt, encrypt
from hsm.errors import HsmUnavailable, SecretUnreadable
from hsm.keyring import Keyring
from hsm.vault import Place, conceal, reveal
from tests.harness.forked import in_own_process
from tests.harness.sam import make_test_token
from tests.hsm.test_token_faults import LOSSES

PLACE = Place("otp_tokens", "serial-1", "seed")
SECRET = b"12345678901234567890"
ELSEWHERE = [
    Place("pins", "serial-1", "seed"),
    Place("otp_tokens", "serial-2", "seed"),
    Place("otp_tokens", b"serial-1", "seed"),
    Place("otp_tokens", "serial-1", "verifier"),
    Place("otp_tokensserial-1", "", "seed"),
    Place("otp_tokens", "serial-1seed", ""),
]


@pytest.fixture(scope="module")
def keyring(token: Token) -> Keyring:
    return Keyring(token, records_exist=False)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.text(), st.text() | st.binary(), st.text())
def test_a_secret_opens_in_its_place(keyring: Keyring, secret: bytes, table: str, row: str | bytes, column: str) -> None:
    place = Place(table, row, column)
    kept = conceal(keyring, place, secret)
    assert reveal(keyring, place, kept) == secret
    assert len(kept) == 12 + len(secret) + 16


def test_what_is_kept_does_not_show_the_secret(keyring: Keyring) -> None:
    """Nor that two secrets are the same."""
    first, second = conceal(keyring, PLACE, SECRET), conceal(keyring, PLACE, SECRET)
    assert SECRET not in first
    assert first[:12] != second[:12]
    assert first[12:] != second[12:]


@pytest.mark.parametrize("place", ELSEWHERE)
def test_a_secret_does_not_open_elsewhere(keyring: Keyring, place: Place) -> None:
    kept = conceal(keyring, PLACE, SECRET)
    with pytest.raises(SecretUnreadable):
        reveal(keyring, place, kept)


def test_a_secret_with_one_changed_bit_does_not_open(keyring: Keyring) -> None:
    """Whichever bit, in the IV, the ciphertext or the tag; and the HSM goes on working as if nothing had been."""
    kept = conceal(keyring, PLACE, SECRET)
    for bit in range(0, len(kept) * 8, 3):
        changed = bytearray(kept)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SecretUnreadable):
            reveal(keyring, PLACE, bytes(changed))
    assert not keyring._token._lost
    assert reveal(keyring, PLACE, kept) == SECRET


@pytest.mark.parametrize("kept", [b"", b"x", bytes(12), bytes(27)])
def test_the_hsm_is_not_asked_about_what_is_too_short(keyring: Keyring, kept: bytes) -> None:
    """An IV or a tag that is not whole is an error of its parameters to some HSMs, not of the data."""
    deaf = copy.copy(keyring)
    deaf.__dict__["decrypt_secret"] = None
    with pytest.raises(SecretUnreadable, match="too short"):
        reveal(deaf, PLACE, kept)


class UnwellKey:
    """A key of an HSM that can't work just now, and says so with CKR_GENERAL_ERROR; it has no wish to encrypt either."""

    def decrypt(self, data: bytes, **_: Any) -> bytes:
        raise GeneralError

    encrypt = decrypt


class WellKey(UnwellKey):
    """Opens nothing but what it closed."""

    def encrypt(self, data: bytes, **_: Any) -> bytes:
        return b"closed"

    def decrypt(self, data: bytes, **_: Any) -> bytes:
        return b"" if data == b"closed" else super().decrypt(data)


def test_an_hsm_that_fails_is_told_from_a_secret_that_was_changed() -> None:
    with pytest.raises(SecretUnreadable):
        decrypt(WellKey(), bytes(12), bytes(16), b"")
    with pytest.raises(GeneralError):  # as every other PKCS#11 error, HsmUnavailable to whoever asked
        decrypt(UnwellKey(), bytes(12), bytes(16), b"")


@pytest.mark.parametrize("kept", [b"", bytes(28), bytes(5_000)])
def test_what_was_never_concealed_does_not_open(keyring: Keyring, kept: bytes) -> None:
    with pytest.raises(SecretUnreadable) as refused:
        reveal(keyring, PLACE, kept)
    assert str(refused.value).startswith("otp_tokens.seed: ")
    assert not keyring._token._lost


def test_randomness_is_asked_for_once_a_secret(keyring: Keyring) -> None:
    asked = []

    def random(size: int) -> bytes:
        asked.append(size)
        return bytes(range(size))

    assert conceal(keyring, PLACE, SECRET, random)[:12] == bytes(range(12))
    assert asked == [12]


def test_another_implementation_opens_it(token: Token) -> None:
    """With a key that both know: what the HSM encrypts is AES-256-GCM as everyone means it."""
    value, iv = bytes(range(32)), bytes(range(12))
    with token._session() as session:
        kind = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.AES, Attribute.VALUE: value}
        key: Any = session.raw.create_object(kind | {Attribute.TOKEN: False, Attribute.ENCRYPT: True, Attribute.DECRYPT: True})
        assert AESGCM(value).decrypt(iv, encrypt(key, iv, SECRET, PLACE.associated()), PLACE.associated()) == SECRET
        assert decrypt(key, iv, AESGCM(value).encrypt(iv, SECRET, PLACE.associated()), PLACE.associated()) == SECRET
        key.destroy()


def after_losses(folder: Path) -> tuple[list[bool], str]:
    """Lose the sessions before each call; then have the token away, and back."""
    token = make_test_token(folder)
    keyring = Keyring(token, records_exist=False)
    kept = conceal(keyring, PLACE, SECRET)
    opened = []
    for lose in LOSSES.values():
        lose(token)
        opened.append(reveal(keyring, PLACE, kept) == SECRET)
        lose(token)
        kept = conceal(keyring, PLACE, SECRET)
    (folder / "tokens").rename(folder / "away")
    try:
        reveal(keyring, PLACE, kept)
        said = ""
    except (HsmUnavailable, SecretUnreadable) as error:
        said = type(error).__name__
    (folder / "away").rename(folder / "tokens")
    opened.append(reveal(keyring, PLACE, kept) == SECRET)
    return opened, said


def test_secrets_open_after_the_token_was_lost(tmp_path: Path) -> None:
    """A lost session is met by trying again; a token that is away is no sign of a changed secret."""
    assert in_own_process(after_losses, tmp_path) == ([True] * 4, "HsmUnavailable")
