"""The MACs under the SAM's own keys: which of them the HSM is asked for."""

import copy

import pytest

from hsm import keyring as keyrings
from hsm.cryptoki import Token
from hsm.errors import HsmUnavailable
from hsm.keyring import Keyring


class Asked:
    """A keyring on the real token, and what it asked the token for."""

    def __init__(self, token: Token) -> None:
        self.token = copy.copy(token)
        self.data: list[bytes] = []
        self.token.__dict__["mac"] = self._mac
        self._real = token.mac
        self.keyring = Keyring(self.token, records_exist=False)

    def _mac(self, key_id: bytes, data: bytes) -> bytes:
        self.data.append(data)
        return self._real(key_id, data)


@pytest.fixture
def asked(token: Token) -> Asked:
    return Asked(token)


def test_the_seal_of_the_same_row_is_asked_for_once(asked: Asked, token: Token) -> None:
    first, again, other = asked.keyring.seal_mac(b"row"), asked.keyring.seal_mac(b"row"), asked.keyring.seal_mac(b"row2")
    assert first == again == token.mac(keyrings.SEAL_KEY_ID, b"row")
    assert other != first
    assert asked.data == [b"row", b"row2"]


def test_old_seals_are_forgotten_and_right_when_asked_for_again(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyrings, "REMEMBERED", 10)
    rows = [b"row %d" % number for number in range(50)]
    made = [asked.keyring.seal_mac(row) for row in rows]
    assert len(asked.keyring._recent) + len(asked.keyring._older) <= 20
    assert [asked.keyring.seal_mac(row) for row in rows] == made
    assert len(set(made)) == 50


def test_a_sad_and_a_probe_are_asked_for_every_time(asked: Asked) -> None:
    for _ in range(2):
        asked.keyring.sad_mac(b"sad")
        asked.keyring.probe()
    assert len(asked.data) == 4


def test_a_probe_tells_that_the_hsm_is_away(asked: Asked) -> None:
    def fail(key_id: bytes, data: bytes) -> bytes:
        raise HsmUnavailable("away")

    asked.keyring.seal_mac(b"row")
    asked.token.__dict__["mac"] = fail
    with pytest.raises(HsmUnavailable):
        asked.keyring.probe()
