"""`activate`, step by step."""

from hsm.activation import activate
from tests.harness.sam import TestSigner


def test_approved_transaction_is_signed(signer: TestSigner) -> None:
    """The happy path gives one signature for each document."""
    transaction = signer.transaction()
    assert len(signer.sign(transaction).signatures) == 1
    assert activate is not None
