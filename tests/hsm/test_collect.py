"""`collect` gives an approval's SAD to the application that asked for it, and `status` says where an authorization stands."""

import pytest

from hsm.activation import activate, collect, status
from hsm.approval import refuse
from hsm.errors import NotApproved, SadExpired, SadSpent
from hsm.messages import CollectRequest, Outcome, RefuseRequest, StatusRequest
from tests.harness.sam import TestClock, TestSigner, new_id


def test_a_sad_is_made_from_the_approval_alone(signer: TestSigner) -> None:
    """It is kept nowhere: collecting it again gives the same text, which is usable until the approval ends."""
    transaction = signer.transaction()
    usable_until = signer.approve(transaction).usable_until
    first, again = signer.collect(transaction), signer.collect(transaction)
    assert first == again
    assert first.usable_until == usable_until
    assert len(first.sad) == 126


def test_two_approvals_have_two_sads(signer: TestSigner) -> None:
    """Equal documents are different transactions."""
    first, second = signer.transaction(bytes(32)), signer.transaction(bytes(32))
    signer.approve(first)
    signer.approve(second)
    assert signer.collect(first).sad != signer.collect(second).sad


def test_another_application_collects_nothing(signer: TestSigner) -> None:
    """Someone else's authorization gets the answer of an unknown one."""
    transaction = signer.transaction()
    signer.approve(transaction)
    for request in (CollectRequest(transaction.id, new_id()), CollectRequest(new_id(), transaction.application_id)):
        with pytest.raises(NotApproved):
            collect(signer.sam, request)


def test_before_the_approval_there_is_nothing(signer: TestSigner) -> None:
    """Nor after a refusal."""
    transaction = signer.transaction()
    with pytest.raises(NotApproved):
        signer.collect(transaction)
    refuse(signer.sam, RefuseRequest(transaction.encode(), "declined"))
    with pytest.raises(NotApproved):
        signer.collect(transaction)


def test_a_spent_approval_has_no_sad(signer: TestSigner) -> None:
    """After its use there is nothing to collect."""
    transaction = signer.transaction()
    signer.sign(transaction)
    with pytest.raises(SadSpent):
        signer.collect(transaction)


def test_an_expired_approval_has_no_sad(signer: TestSigner, clock: TestClock) -> None:
    """The last moment is just before its end."""
    transaction = signer.transaction()
    signer.approve(transaction)
    clock.now += 119.9
    signer.collect(transaction)
    clock.now += 0.1
    with pytest.raises(SadExpired):
        signer.collect(transaction)


def test_status_follows_an_authorization(signer: TestSigner, clock: TestClock) -> None:
    """None, approved until when, signed; and lapsed, where nobody used it."""
    used, unused = signer.transaction(), signer.transaction()
    assert status(signer.sam, StatusRequest(used.id)).outcome == Outcome.NONE
    for transaction in (used, unused):
        reply = signer.approve(transaction)
        assert status(signer.sam, StatusRequest(transaction.id)).usable_until == reply.usable_until
    assert status(signer.sam, StatusRequest(used.id)).outcome == Outcome.APPROVED
    activate(signer.sam, signer.activation(used, signer.collect(used).sad))
    clock.now += 120
    assert status(signer.sam, StatusRequest(used.id)).outcome == Outcome.SIGNED
    assert status(signer.sam, StatusRequest(unused.id)).outcome == Outcome.LAPSED
