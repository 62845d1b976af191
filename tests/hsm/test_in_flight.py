"""Two requests for one SAD at the same time: what goes wrong with one leaves the other's activation alone."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import hsm.activation
from hsm.activation import activate, status
from hsm.change import Change
from hsm.cryptoki import Token
from hsm.errors import StoreUnavailable
from hsm.messages import Outcome, StatusRequest
from tests.harness.records import journal_entries
from tests.harness.sam import TestSigner

WITHIN_S = 30


def test_failed_write_of_one_request_does_not_end_the_other(signer: TestSigner, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the first is signing, the second can't write; the first gets its signature, and the journal tells of one end."""
    transaction = signer.transaction()
    signer.approve(transaction)
    request = signer.activation(transaction, signer.collect(transaction).sad)
    second_is_here, first_is_signing, second_failed = threading.Event(), threading.Event(), threading.Event()
    sign, spend = Token.sign, Change.spend

    def sign_late(*arguments: Any) -> bytes:
        first_is_signing.set()
        assert second_failed.wait(WITHIN_S)
        return sign(*arguments)

    def fail_in_second(change: Change, *arguments: Any, **facts: Any) -> Any:
        if threading.current_thread() is threading.main_thread():
            raise StoreUnavailable("the disk is full")
        return spend(change, *arguments, **facts)

    def look(*arguments: Any) -> Any:
        """Both look before either spends."""
        found = usable_approval(*arguments)
        if threading.current_thread() is threading.main_thread():
            second_is_here.set()
            assert first_is_signing.wait(WITHIN_S)
        else:
            assert second_is_here.wait(WITHIN_S)
        return found

    usable_approval = hsm.activation.usable_approval
    monkeypatch.setattr(hsm.activation, "usable_approval", look)
    monkeypatch.setattr(Token, "sign", sign_late)
    monkeypatch.setattr(Change, "spend", fail_in_second)
    with ThreadPoolExecutor(1) as other:
        first = other.submit(activate, signer.sam, request)
        with pytest.raises(StoreUnavailable):
            activate(signer.sam, request)
        second_failed.set()
        assert len(first.result(WITHIN_S).signatures) == 1

    assert status(signer.sam, StatusRequest(transaction.id)).outcome is Outcome.SIGNED
    assert [entry["event"] for entry in journal_entries(signer.sam, transaction.id)] == ["approved", "sign_intended", "signed"]
