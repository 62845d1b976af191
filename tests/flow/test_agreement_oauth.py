"""OAuth and agreements: what a signer allows is the agreement, without one nothing is granted, and its end ends the tokens."""

import pytest

from tests.flow.browser import Browse, Browser
from tests.flow.fapi import Fapi, brought, credential_details, opened, went
from tests.flow.parties import Person
from tests.flow.records import Records
from tests.flow.test_ciba import NO_SUCH, ask, asked, handle_of, poll_slowly
from tests.flow.wire import DIGEST, b64, error_of, sign_body
from tests.harness.signer import Signer
from tests.harness.stack import Stack


@pytest.fixture
def stranger(stack: Stack) -> Fapi:
    """An application that nobody agreed to yet."""
    return Fapi(stack, for_all=False)


@pytest.fixture
def person(stack: Stack) -> Signer:
    return Person(stack)


@pytest.fixture
def browser(browse: Browse, stack: Stack, person: Signer) -> Browser:
    return browse(stack, person.passkey).signed_in()


def state_of(browser: Browser, application: Fapi) -> str:
    return str(browser.get(f"/agree/{application.client_id}", Accept="application/json").json()["state"])


def test_allowing_scope_service_is_the_agreement(stranger: Fapi, browser: Browser, person: Signer) -> None:
    """Seen and ended like any other; refusing agrees to nothing."""
    assert went(browser, stranger.client_id, stranger.pushed(), agree=False)["error"] == "access_denied"
    assert state_of(browser, stranger) == "none"
    tokens = stranger.tokens(browser)
    assert state_of(browser, stranger) == "agreed"
    assert [(one["kind"], one["by_device"]) for one in browser.history()["entries"]] == [("agreed", "Device")]
    assert stranger.call("credentials/list", {}, tokens["access_token"]).json() == {"credentialIDs": [person.credential_id]}
    own = stranger.form("/oauth2/token", {"grant_type": "client_credentials"}).json()["access_token"]
    assert stranger.call("credentials/list", {"userID": person.user_id}, own).json() == {"credentialIDs": [person.credential_id]}


def test_ending_it_ends_every_token_at_once(stranger: Fapi, browser: Browser, person: Signer) -> None:
    """Access and refresh token, and an approval that was given but not used; a new consent is needed, and does not wake them again."""
    tokens = stranger.tokens(browser)
    details = credential_details(person.credential_id)
    sad = stranger.tokens(browser, "credential", authorization_details=details)["access_token"]
    assert browser.post(f"/agree/{stranger.client_id}", {"agree": False}).json() == {"state": "ended"}
    refreshing = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    for _ in range(2):
        assert error_of(stranger.call("credentials/list", {}, tokens["access_token"]))[:2] == (401, "invalid_token")
        assert error_of(stranger.form("/oauth2/token", refreshing))[:2] == (400, "invalid_grant")
        assert error_of(stranger.call("signatures/signHash", sign_body(person.credential_id, sad, [b64(DIGEST)]), sad))[0] == 401
        stranger.tokens(browser)


def test_scope_credential_asks_for_the_agreement_first(stack: Stack, stranger: Fapi, browser: Browser, person: Signer) -> None:
    """Nothing is recorded before it, and nobody is told anything of the key; with it the approval page follows."""
    details, before = credential_details(person.credential_id), Records(stack).authorizations()
    page = opened(browser, stranger.client_id, stranger.pushed("credential", authorization_details=details))
    assert browser.get(page, Accept="application/json").json()["scope"] == "credential"
    assert browser.get(page).status_code == 200
    assert browser.post(page, {"agree": False}).status_code == 200
    refused = brought(browser.get(page))
    assert (refused["error"], refused["error_description"]) == ("access_denied", "The signer refused")
    assert (Records(stack).authorizations(), person.inbox(), state_of(browser, stranger)) == (before, [], "none")

    page = opened(browser, stranger.client_id, stranger.pushed("credential", authorization_details=details))
    assert browser.post(page, {"agree": True}).json() == {"path": page}
    assert browser.get(page).headers["location"].startswith("/approve/")
    assert state_of(browser, stranger) == "agreed"
    assert browser.post(page, {"agree": True}).status_code == 404  # the approval page decides now
    person.refuse(person.inbox()[0].id)
    assert brought(browser.get(page))["error"] == "access_denied"
    sad = stranger.tokens(browser, "credential", authorization_details=details)["access_token"]
    assert stranger.call("signatures/signHash", sign_body(person.credential_id, sad, [b64(DIGEST)]), sad).status_code == 200


def test_ended_between_two_looks_is_asked_for_again(stranger: Fapi, browser: Browser, person: Signer) -> None:
    """The signer ends it on another page, after the application has sent the browser: no approval is asked for."""
    stranger.tokens(browser)
    page = opened(
        browser, stranger.client_id, stranger.pushed("credential", authorization_details=credential_details(person.credential_id))
    )
    browser.post(f"/agree/{stranger.client_id}", {"agree": False})
    assert browser.get(page).status_code == 200
    assert person.inbox() == []


def test_ciba_knows_only_who_agreed(stranger: Fapi, browser: Browser, person: Signer) -> None:
    """Before: one answer as for nobody. After the end: what waits is declined, and polling says so."""
    assert error_of(ask(stranger, person)) == NO_SUCH
    assert person.inbox() == []
    browser.post(f"/agree/{stranger.client_id}", {"agree": True})
    begun = asked(stranger, person, binding_message="agreed")
    browser.post(f"/agree/{stranger.client_id}", {"agree": False})
    assert person.inbox() == []
    assert error_of(poll_slowly(stranger, begun["auth_req_id"]))[:2] == (400, "access_denied")


def test_what_an_application_may_counts_for_oauth_too(stack: Stack, browser: Browser, person: Signer) -> None:
    """Its quota: a code flow comes back as `temporarily_unavailable`, CIBA is told 429; its most documents are said when it pushes."""
    limited = Fapi(stack)
    stack.natsuin("client", "set", limited.client_id, "--per-day", "1", "--most-documents", "1")
    details = credential_details(person.credential_id)
    begun = asked(limited, person, binding_message="the first")
    person.refuse(handle_of(person, "the first"))
    page = opened(browser, limited.client_id, limited.pushed("credential", authorization_details=details))
    assert brought(browser.get(page))["error"] == "temporarily_unavailable"
    assert error_of(ask(limited, person))[:2] == (429, "too_many_requests")
    two = {"credentialID": person.credential_id, "numSignatures": "2", "hashes": f"{b64(DIGEST)},{b64(DIGEST)}"}
    answer = limited.push("credential", hashAlgorithmOID="2.16.840.1.101.3.4.2.1", **two)
    assert error_of(answer)[2] == "Numbers of signatures is too high"
    assert error_of(poll_slowly(limited, begun["auth_req_id"]))[1] == "access_denied"


def test_the_same_backchannel_request_again_is_another(stack: Stack, person: Signer) -> None:
    """Each has an `auth_req_id` of its own, which must lead to a request of its own."""
    bank = Fapi(stack)
    first, second = (asked(bank, person, binding_message="twice") for _ in range(2))
    assert first["auth_req_id"] != second["auth_req_id"]
    one, other = person.inbox()
    person.refuse(one.id)
    person.refuse(other.id)
    for begun in (first, second):
        assert error_of(poll_slowly(bank, begun["auth_req_id"]))[1] == "access_denied"


def test_the_words_of_one_signer_are_no_repeat_for_another(stack: Stack, browser: Browser, browse: Browse, person: Signer) -> None:
    """Within 15 seconds, with a token that the other one granted."""
    bank, other = Fapi(stack), Person(stack)
    body = {"credentialID": person.credential_id, "numSignatures": 1, "hashes": [b64(DIGEST)], "hashAlgorithmOID": "2.16.840.1.101.3.4.2.1"}
    mine = bank.tokens(browser)["access_token"]
    theirs = bank.tokens(browse(stack, other.passkey).signed_in())["access_token"]
    first = bank.call("credentials/authorize", body, mine).json()["handle"]
    assert bank.call("credentials/authorize", body, mine).json()["handle"] == first
    assert error_of(bank.call("credentials/authorize", body, theirs))[2] == "Invalid parameter credentialID"
    person.refuse(first)
