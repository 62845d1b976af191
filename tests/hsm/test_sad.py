"""The SAD as a text: one form, that says nothing before its MAC holds."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hsm import sad as sads
from hsm.errors import SadInvalid
from hsm.sad import Sad
from hsm.sam import Sam
from tests.harness.sam import new_id
from tests.hsm.conftest import SignerOf

IDS = st.text("ABCXYZabcxyz0189-_", min_size=22, max_size=22)
SADS = st.builds(Sad, IDS, st.binary(min_size=32, max_size=32), st.integers(0, 2**53))
STEADY = settings(derandomize=True, deadline=None, database=None, max_examples=200)


def test_a_sad_says_what_it_was_made_with(signer_of: SignerOf) -> None:
    """Reading gives back what was minted, in a text of 126 characters that may stand in a URL or a header."""
    mac = signer_of("p-256").sam.keyring.sad_mac

    @STEADY
    @given(SADS)
    def says(sad: Sad) -> None:
        text = sads.mint(mac, sad)
        assert sads.read(mac, text) == sad
        assert len(text) == 126
        assert text.replace("-", "").replace("_", "").isalnum()

    says()


def test_any_text_is_read_or_refused(signer_of: SignerOf) -> None:
    """Nothing but what was minted here is a SAD, and nothing is a failure."""
    mac = signer_of("p-256").sam.keyring.sad_mac

    @STEADY
    @given(st.text(max_size=200) | st.binary(max_size=150).map(lambda raw: base64.urlsafe_b64encode(raw).decode().rstrip("=")))
    def refused(text: str) -> None:
        with pytest.raises(SadInvalid):
            sads.read(mac, text)

    refused()


def test_a_sad_has_one_form(sam: Sam) -> None:
    """Another text that decodes to the same bytes is not the SAD (RFC 4648 §3.5)."""
    text = sads.mint(sam.keyring.sad_mac, Sad(new_id(), bytes(32), 1))
    spare = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = spare.index(text[-1])
    same = [text[:-1] + spare[last | bits] for bits in range(1, 16)]
    for other in (*same, text + "=", text + "==", text + "\n", text.replace("-", "+").replace("_", "/") + "=="):
        with pytest.raises(SadInvalid):
            sads.read(sam.keyring.sad_mac, other)


def test_a_seal_is_not_a_sad(sam: Sam) -> None:
    """The two keys, and what they are used over, are apart."""
    sad = Sad(new_id(), bytes(32), 1)
    with pytest.raises(SadInvalid):
        sads.read(sam.keyring.sad_mac, sads.mint(sam.keyring.seal_mac, sad))
    seen: list[bytes] = []
    sads.mint(lambda data: seen.append(data) or bytes(32), sad)  # type: ignore[func-returns-value]
    assert seen[0].startswith(b"natsuin/v1/sad\0")
