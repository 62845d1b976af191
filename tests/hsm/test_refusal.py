"""`refuse`: a no is final, grants nothing, and is journalled."""

import pytest

from hsm.activation import collect, status
from hsm.approval import refuse
from hsm.errors import NotApproved, NotNew
from hsm.messages import CollectRequest, Outcome, RefuseRequest, StatusRequest
from tests.harness.records import journal_entries
from tests.harness.sam import TestSigner


def test_a_refusal_is_kept_with_its_reason(signer: TestSigner) -> None:
    """Status and journal say who ended it, and why."""
    transaction = signer.transaction()
    refuse(signer.sam, RefuseRequest(transaction.encode(), "not_me"))
    reply = status(signer.sam, StatusRequest(transaction.id))
    assert (reply.outcome, reply.reason) == (Outcome.REFUSED, "not_me")
    (entry,) = journal_entries(signer.sam, transaction.id)
    assert (entry["event"], entry["reason"]) == ("refused", "not_me")


def test_a_refused_transaction_has_no_sad(signer: TestSigner) -> None:
    """There is nothing to collect."""
    transaction = signer.transaction()
    refuse(signer.sam, RefuseRequest(transaction.encode(), "declined"))
    with pytest.raises(NotApproved):
        collect(signer.sam, CollectRequest(transaction.id, transaction.application_id))


def test_an_approved_transaction_is_not_refused_any_more(signer: TestSigner) -> None:
    """What was decided stays decided: the approval still signs."""
    transaction = signer.transaction()
    signer.approve(transaction)
    with pytest.raises(NotNew):
        refuse(signer.sam, RefuseRequest(transaction.encode(), "expired"))
    assert status(signer.sam, StatusRequest(transaction.id)).outcome == Outcome.APPROVED


def test_a_refusal_is_recorded_once(signer: TestSigner) -> None:
    """A second refusal does not replace the reason of the first."""
    transaction = signer.transaction()
    refuse(signer.sam, RefuseRequest(transaction.encode(), "declined"))
    with pytest.raises(NotNew):
        refuse(signer.sam, RefuseRequest(transaction.encode(), "expired"))
    assert status(signer.sam, StatusRequest(transaction.id)).reason == "declined"
