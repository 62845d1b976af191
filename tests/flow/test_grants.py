"""What a grant is worth: nothing after its time or after it was taken back, and nothing in the place of one of another kind."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from app.domain.identifiers import secret_sha256
from tests.flow.browser import Browser
from tests.flow.fapi import URN, Fapi, arrive, brought, credential_details, opened
from tests.flow.records import Records
from tests.flow.test_ciba import asked, handle_of, poll, poll_slowly
from tests.flow.wire import error_of, refused
from tests.harness.signer import Signer
from tests.harness.stack import Stack

INACTIVE = {"active": False}
NO_SUCH = refused("Invalid parameter auth_req_id", "invalid_grant")


@pytest.fixture(scope="module")
def bank(stack: Stack) -> Fapi:
    return Fapi(stack)


@pytest.fixture(scope="module")
def browser(stack: Stack, taro: Signer) -> Iterator[Browser]:
    with closing(Browser(stack, taro.passkey)) as made:
        yield made.signed_in()


def test_refresh_token_is_worth_nothing_when_its_time_is_over(bank: Fapi, browser: Browser, records: Records) -> None:
    """Ninety days; the access tokens that came of it have an hour of their own."""
    told = bank.tokens(browser)
    refresh = {"grant_type": "refresh_token", "refresh_token": told["refresh_token"]}
    assert error_of(bank.form("/oauth2/token", refresh | {"scope": "credential"})) == refused("Invalid parameter scope", "invalid_scope")
    worth = bank.form("/oauth2/introspect", {"token": told["refresh_token"]}).json()
    assert (worth["active"], worth["scope"], worth["client_id"]) == (True, "service", bank.client_id)
    records.change("UPDATE grants SET expires = 1 WHERE refresh_sha256 = ?", secret_sha256(told["refresh_token"]))
    assert error_of(bank.form("/oauth2/token", refresh)) == refused("Refresh token expired", "invalid_grant")
    assert bank.form("/oauth2/introspect", {"token": told["refresh_token"]}).json() == INACTIVE


def test_what_was_taken_back_is_told_to_be_worth_nothing(bank: Fapi, browser: Browser, taro: Signer) -> None:
    """The refresh token with its access token, and a credential token."""
    told = bank.tokens(browser)
    sad = bank.tokens(browser, "credential", authorization_details=credential_details(taro.credential_id))["access_token"]
    tokens = (told["refresh_token"], told["access_token"], sad)
    assert [bank.form("/oauth2/introspect", {"token": one}).json()["active"] for one in tokens] == [True] * 3
    for one in (told["refresh_token"], sad):
        assert bank.form("/oauth2/revoke", {"token": one}).status_code == 204
    assert [bank.form("/oauth2/introspect", {"token": one}).json() for one in tokens] == [INACTIVE] * 3


def test_code_is_redeemed_for_the_details_that_were_granted(bank: Fapi, browser: Browser, taro: Signer) -> None:
    """Others, more of them or none that can be read are refused; whoever repeats them, or says nothing of them, gets the token."""
    details = credential_details(taro.credential_id)
    code = bank.code(browser, "credential", authorization_details=details)
    for other in (credential_details(taro.credential_id, bytes(32)), f"[{details[1:-1]},{details[1:-1]}]", "[]", "{"):
        answer = bank.token(code, authorization_details=other)
        assert error_of(answer) == refused("Not what was granted", "invalid_authorization_details")
    assert bank.token(code, authorization_details=details).status_code == 200


def test_grant_of_one_kind_is_none_of_the_other(bank: Fapi, browser: Browser, taro: Signer) -> None:
    """What a pushed request is known by is nothing to poll with, and an `auth_req_id` leads no browser to anything."""
    page = opened(browser, bank.client_id, bank.pushed("credential", authorization_details=credential_details(taro.credential_id)))
    approval = browser.get(page).headers["location"]
    assert browser.approve(approval.removeprefix("/approve/")).status_code == 200
    assert error_of(poll(bank, page.removeprefix("/access/"))) == NO_SUCH
    assert bank.token(brought(browser.get(approval))["code"]).status_code == 200
    begun = asked(bank, taro, binding_message="no page")
    assert arrive(browser, bank.client_id, URN + begun["auth_req_id"]).status_code == 400
    assert browser.get(f"/access/{begun['auth_req_id']}").status_code == 404
    taro.refuse(handle_of(taro, "no page"))


def test_backchannel_request_that_came_to_nothing_is_told_in_the_words_of_the_standard(bank: Fapi, taro: Signer, records: Records) -> None:
    """CIBA §11: withdrawn is denied; approved and not fetched in time has expired."""
    withdrawn, unused = (asked(bank, taro, binding_message=text) for text in ("withdrawn", "unused"))
    own = bank.form("/oauth2/token", {"grant_type": "client_credentials"}).json()["access_token"]
    path = f"/authorizations/{handle_of(taro, 'withdrawn')}"
    ended = bank.http.delete(path, headers={"Authorization": f"DPoP {own}", "DPoP": bank.proof("DELETE", path, own)})
    assert ended.status_code == 200, ended.text
    assert error_of(poll_slowly(bank, withdrawn["auth_req_id"])) == refused("The request was withdrawn", "access_denied")
    handle = handle_of(taro, "unused")
    taro.approve(handle)
    records.change("UPDATE authorizations SET state = 'lapsed' WHERE id = ?", handle)  # as two minutes later
    assert error_of(poll_slowly(bank, unused["auth_req_id"])) == refused("The approval was not used in time", "expired_token")
