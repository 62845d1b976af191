"""How a key stands: `freeze` needs no proof, `credential` tells, and a destruction is completed whatever happens."""

from pathlib import Path

import pytest

from hsm import amendment
from hsm.credential import complete_destructions, credential, freeze
from hsm.cryptoki import Token
from hsm.errors import CredentialUnknown, HsmUnavailable
from hsm.messages import FOR_EVER, CredentialRequest, FreezeRequest
from hsm.sam import Sam
from tests.harness.hostile import open_sam
from tests.harness.records import journal_entries
from tests.harness.sam import TestClock, TestSigner, new_id


def frozen_until(signer: TestSigner) -> int:
    return credential(signer.sam, CredentialRequest(signer.credential_id)).frozen_until


def test_a_freeze_is_told_and_journalled(signer: TestSigner, clock: TestClock) -> None:
    """Who froze it, until when."""
    until = int(clock.now) + 3_600
    assert freeze(signer.sam, FreezeRequest(signer.credential_id, until, "not_me")).frozen_until == until
    assert frozen_until(signer) == until
    entry = journal_entries(signer.sam, signer.credential_id)[-1]
    assert (entry["event"], entry["by"], entry["until"]) == ("frozen", "not_me", until)


def test_a_freeze_makes_another_longer_never_shorter(signer: TestSigner, clock: TestClock) -> None:
    now = int(clock.now)
    for asked, expected in ((now + 60, now + 60), (now + 30, now + 60), (FOR_EVER, FOR_EVER), (now + 60, FOR_EVER), (0, FOR_EVER)):
        assert freeze(signer.sam, FreezeRequest(signer.credential_id, asked, "signer")).frozen_until == expected
        assert frozen_until(signer) == expected


def test_a_key_may_be_frozen_before_its_certificate_comes(sam: Sam, clock: TestClock) -> None:
    signer = TestSigner(sam, clock)
    signer.begin()
    freeze(sam, FreezeRequest(signer.credential_id, FOR_EVER, "signer"))
    assert frozen_until(signer) == FOR_EVER


def test_an_unknown_key_is_neither_frozen_nor_told_of(sam: Sam) -> None:
    with pytest.raises(CredentialUnknown):
        freeze(sam, FreezeRequest(new_id(), FOR_EVER, "signer"))
    with pytest.raises(CredentialUnknown):
        credential(sam, CredentialRequest(new_id()))


def test_a_key_is_told_of_as_it_stands(sam: Sam, clock: TestClock) -> None:
    signer = TestSigner(sam, clock)
    signer.begin()
    states = [credential(sam, CredentialRequest(signer.credential_id)).state]
    other = TestSigner(sam, clock).enroll()
    states.append(credential(sam, CredentialRequest(other.credential_id)).state)
    other.amend(other.destroying())
    states.append(credential(sam, CredentialRequest(other.credential_id)).state)
    assert states == ["made", "enabled", "destroyed"]


def test_a_destruction_that_a_crash_cut_off_is_completed_at_the_start(
    signer: TestSigner, token: Token, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record says destroyed, the token still has the key: the next start takes it off, and no other key."""

    def die(*_: object) -> None:
        raise HsmUnavailable("the SAM was killed here")

    other = TestSigner(signer.sam, clock).enroll()
    monkeypatch.setattr(amendment, "complete_destruction", die)
    with pytest.raises(HsmUnavailable):
        signer.amend(signer.destroying())
    assert token.has_key(signer.credential_id.encode())
    signer.sam.store.close()
    sam = open_sam(token, Path(str(signer.sam.store._writing.engine.url.database)), clock)
    assert complete_destructions(sam) == 1
    assert not token.has_key(signer.credential_id.encode())
    assert journal_entries(sam, signer.credential_id)[-1]["event"] == "destroyed"
    assert complete_destructions(sam) == 0
    other.sam = sam
    assert other.sign(other.transaction()).signatures
    sam.store.close()
