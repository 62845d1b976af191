"""An agreement that ends after it was looked at, and before the request is recorded: nothing is recorded, nobody is asked."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.authorization.request import request_for, within_policy
from tests.flow.browser import Browse
from tests.flow.fapi import Fapi, credential_details, opened
from tests.flow.later import worker_ahead
from tests.flow.parties import Person, new_application
from tests.flow.records import Records
from tests.flow.wire import authorize_body
from tests.harness.signer import Signer
from tests.harness.stack import Stack


def ending(records: Records, client_id: str, then: Callable[..., Any]) -> Callable[..., Any]:
    """Give a step of ours before which the signer ends the agreement, in another worker."""

    def step(*arguments: Any, **named: Any) -> Any:
        records.change("UPDATE agreements SET state = 'ended' WHERE application_id = ?", client_id)
        return then(*arguments, **named)

    return step


@pytest.fixture
def person(stack: Stack) -> Signer:
    return Person(stack)


def test_what_an_application_asks(stack: Stack, records: Records, person: Signer, browse: Browse, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is that of a credential that there is not."""
    shop = new_application(stack, for_all=False)
    browse(stack, person.passkey).signed_in().post(f"/agree/{shop.client_id}", {"agree": True})
    step = "app.authorization.request.within_policy"
    with worker_ahead(stack, 0) as worker:
        monkeypatch.setattr(step, ending(records, shop.client_id, within_policy))
        answer = asked(worker, shop.token, authorize_body(person.credential_id))
    assert (answer.status_code, answer.json()["error_description"]) == (400, "Invalid parameter credentialID")
    assert person.inbox() == []


def asked(worker: TestClient, token: str, body: dict[str, Any]) -> Any:
    return worker.post("/csc/v2/credentials/authorize", json=body, headers={"Authorization": f"Bearer {token}"})


def test_what_an_application_sends_a_browser_for(
    stack: Stack, records: Records, person: Signer, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page asks for the agreement again."""
    bank, browser = Fapi(stack, for_all=False), browse(stack, person.passkey).signed_in()
    browser.post(f"/agree/{bank.client_id}", {"agree": True})
    details = credential_details(person.credential_id)
    page = opened(browser, bank.client_id, bank.pushed("credential", authorization_details=details))
    cookies = "; ".join(f"{name}={value}" for name, value in browser.http.cookies.items())
    with worker_ahead(stack, 0) as worker:
        monkeypatch.setattr("app.phone.access.request_for", ending(records, bank.client_id, request_for))
        answer = worker.get(page, headers={"Cookie": cookies})
    assert (answer.status_code, answer.headers.get("location")) == (303, page)
    assert person.inbox() == []
    assert browser.get(page, Accept="application/json").json()["scope"] == "credential"
