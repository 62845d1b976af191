"""What the operator may do to keys: destroy one, and have all of a signer's end with a new enrolment; neither lets anybody sign."""

import pytest

from demo.passkey import Passkey
from hsm.activation import activate
from hsm.cryptoki import Token
from hsm.errors import CredentialUnknown, CredentialUnusable, HsmUnavailable, NotNew, Refused
from hsm.forgetting import forget_overdue
from hsm.messages import DestroyRequest, ReplaceRequest
from hsm.replacement import destroy, replace
from hsm.sam import Sam
from tests.harness.records import journal_entries
from tests.harness.sam import TestCa, TestClock, TestSigner, new_id


@pytest.fixture
def anew(signer: TestSigner) -> TestSigner:
    """The same person, identified anew, whose enrolment the operator has announced: another passkey, another key."""
    anew = TestSigner(signer.sam, signer.clock, user_id=signer.user_id, user_handle=signer.user_handle)
    replace(signer.sam, ReplaceRequest(signer.user_id, anew.enrollment_id))
    return anew


def on_token(signer: TestSigner) -> bool:
    return signer.sam.token.has_key(signer.credential_id.encode())


def test_the_old_key_is_destroyed_when_the_new_one_has_its_certificate(signer: TestSigner, anew: TestSigner, ca: TestCa) -> None:
    """Not before: a letter may be lost. Then a search of the token finds nothing of the old key, and the journal says who wanted it."""
    csr = anew.begin().csr
    assert signer.sign(signer.transaction()).signatures
    anew.certify(ca.certificate(csr))
    assert not on_token(signer)
    assert anew.sign(anew.transaction()).signatures
    told = journal_entries(signer.sam, signer.credential_id)
    assert [entry["event"] for entry in told][-2:] == ["replaced", "destroyed"]
    assert told[-2]["by"] == "operator"


def test_approvals_for_the_old_key_are_dead(signer: TestSigner, anew: TestSigner, ca: TestCa) -> None:
    transaction = signer.transaction()
    signer.approve(transaction)
    sad = signer.collect(transaction).sad
    anew.enroll(ca)
    with pytest.raises(CredentialUnusable):
        activate(signer.sam, signer.activation(transaction, sad))
    with pytest.raises(Refused):
        signer.approve(signer.transaction())


def test_keys_with_and_without_certificate_and_renewals_go_too(signer: TestSigner, sam: Sam, clock: TestClock, ca: TestCa) -> None:
    """Whatever the signer had when it was announced, and what a renewal makes of it afterwards."""
    beside = TestSigner(sam, clock, user_id=signer.user_id, user_handle=signer.user_handle)
    beside.begin()
    anew = TestSigner(sam, clock, user_id=signer.user_id, user_handle=signer.user_handle)
    named = replace(sam, ReplaceRequest(signer.user_id, anew.enrollment_id)).credential_ids
    assert set(named) == {signer.credential_id, beside.credential_id}
    renewed = signer.renew()
    renewed.certify(ca.certificate(renewed.request()))
    anew.enroll(ca)
    assert [on_token(one) for one in (signer, beside, renewed, anew)] == [False, False, False, True]


def test_nobody_elses_keys_go(signer: TestSigner, anew: TestSigner, sam: Sam, clock: TestClock, ca: TestCa) -> None:
    """Nor do the signer's by an enrolment that was not announced, or by the announced one under another name."""
    other = TestSigner(sam, clock).enroll(ca)
    beside = TestSigner(sam, clock, user_id=signer.user_id, user_handle=signer.user_handle).enroll(ca)
    TestSigner(sam, clock, enrollment_id=anew.enrollment_id).enroll(ca)
    assert all(on_token(one) for one in (signer, other, beside))


def test_the_old_passkey_approves_nothing_for_the_new_key(signer: TestSigner, anew: TestSigner, ca: TestCa) -> None:
    anew.enroll(ca)
    stolen: Passkey = signer.passkey
    anew.passkey, own = stolen, anew.passkey
    with pytest.raises(Refused):
        anew.approve(anew.transaction())
    anew.passkey = own
    assert anew.sign(anew.transaction()).signatures


def test_a_later_announcement_takes_the_place_of_an_earlier_one(signer: TestSigner, anew: TestSigner, ca: TestCa) -> None:
    """Where the first letter was lost, an enrolment with it destroys nothing any more."""
    again = TestSigner(signer.sam, signer.clock, user_id=signer.user_id, user_handle=signer.user_handle)
    replace(signer.sam, ReplaceRequest(signer.user_id, again.enrollment_id))
    anew.enroll(ca)
    assert on_token(signer)
    again.enroll(ca)
    assert not on_token(signer)


def test_an_enrolment_that_is_there_is_not_announced(signer: TestSigner) -> None:
    with pytest.raises(NotNew):
        replace(signer.sam, ReplaceRequest(signer.user_id, signer.enrollment_id))
    with pytest.raises(CredentialUnknown):
        replace(signer.sam, ReplaceRequest("nobody", new_id()))


def test_a_token_that_fails_at_that_moment_loses_the_key_later(
    signer: TestSigner, anew: TestSigner, ca: TestCa, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new key is registered, the old one is of no use from then on, and gone at the next look."""
    csr = anew.begin().csr

    def fails(*_: object) -> None:
        raise HsmUnavailable("gone")

    with monkeypatch.context() as patched:
        patched.setattr(Token, "destroy", fails)
        with pytest.raises(HsmUnavailable):
            anew.certify(ca.certificate(csr))
    with pytest.raises(CredentialUnusable):
        signer.approve(signer.transaction())
    assert on_token(signer)
    forget_overdue(signer.sam)
    assert not on_token(signer)
    assert anew.sam.store.credential(anew.credential_id).state == "enabled"


def test_the_operator_destroys_a_key(signer: TestSigner) -> None:
    """For good, with every approval; twice is refused."""
    transaction = signer.transaction()
    signer.approve(transaction)
    sad = signer.collect(transaction).sad
    destroy(signer.sam, DestroyRequest(signer.credential_id))
    assert not on_token(signer)
    with pytest.raises(CredentialUnusable):
        activate(signer.sam, signer.activation(transaction, sad))
    with pytest.raises(CredentialUnusable):
        destroy(signer.sam, DestroyRequest(signer.credential_id))
    assert [entry["event"] for entry in journal_entries(signer.sam, signer.credential_id)][-2:] == ["ended", "destroyed"]
