"""What an operator lets one application ask, set by command line and API, counts at the next request, and for that application alone."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from tests.flow.browser import Browser
from tests.flow.parties import Person, new_application
from tests.flow.records import Records
from tests.flow.wire import authorize_body, error_of, new_hash, refused
from tests.harness.signer import Signer
from tests.harness.stack import Application, Stack


@pytest.fixture
def shop(stack: Stack) -> Application:
    return new_application(stack)


@pytest.fixture(scope="module")
def person(stack: Stack) -> Signer:
    return Person(stack)


def ask(shop: Application, person: Signer, **changes: Any) -> httpx2.Response:
    """Ask, and have it declined where it was taken."""
    answer = shop.post("credentials/authorize", authorize_body(person.credential_id, **changes))
    if answer.status_code == 202:
        person.refuse(answer.json()["handle"])
    return answer


def test_a_batch_and_a_life_have_limits_of_their_own(stack: Stack, shop: Application, person: Signer) -> None:
    """A life that was not asked for is shortened, one that was is refused; 0 takes limits away."""
    stack.natsuin("client", "set", shop.client_id, "--most-documents", "2", "--longest-life-s", "60")
    two, three = ({"hashes": [new_hash() for _ in range(count)], "numSignatures": count} for count in (2, 3))
    taken = ask(shop, person, **two)
    assert taken.status_code == 202
    assert taken.json()["expiresIn"] <= 60
    assert error_of(ask(shop, person, **three)) == refused("Numbers of signatures is too high")
    assert error_of(ask(shop, person, requestedExpiry=61)) == refused("Invalid parameter requestedExpiry")
    stack.natsuin("client", "set", shop.client_id, "--most-documents", "0", "--longest-life-s", "0")
    assert ask(shop, person, requestedExpiry=61, **three).status_code == 202


@pytest.mark.parametrize(("limit", "seconds"), [("--per-minute", 60), ("--per-day", 86_400)])
def test_a_quota_is_used_up_and_comes_back(stack: Stack, shop: Application, person: Signer, limit: str, seconds: int) -> None:
    """429 with `Retry-After`; nothing of it is recorded, and other applications ask on."""
    stack.natsuin("client", "set", shop.client_id, limit, "2")
    assert [ask(shop, person).status_code for _ in range(2)] == [202, 202]
    records = Records(stack)
    before = records.authorizations()
    told = ask(shop, person)
    assert error_of(told) == refused("The application has asked as often as it may for now", "too_many_requests", 429)
    assert told.json()["reason"] == "quota"
    assert 0 < int(told.headers["retry-after"]) <= seconds
    assert records.authorizations() == before
    assert ask(new_application(stack), person).status_code == 202
    records.change_all("UPDATE authorizations SET created = created - ? WHERE application_id = ?", seconds, shop.client_id)
    assert ask(shop, person).status_code == 202


def test_of_many_at_once_no_more_than_the_quota_are_recorded(fragile: Stack) -> None:
    shop, person = new_application(fragile), Person(fragile)
    fragile.natsuin("client", "set", shop.client_id, "--per-day", "2")
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: shop.post("credentials/authorize", authorize_body(person.credential_id)).status_code, range(8)))
    assert sorted(statuses) == [202] * 2 + [429] * 6


def test_flags_are_changed_and_what_is_not_named_stays(stack: Stack, shop: Application, person: Signer) -> None:
    """The verification code from the next request on; an unknown application and an impossible limit are refused."""
    changed = stack.natsuin("client", "set", shop.client_id, "--code", "--per-day", "100")
    assert (changed["code"], changed["for_all"], changed["policy"]["per_day"]) == (True, True, 100)
    assert "verification_code" in ask(shop, person).json()
    changed = stack.natsuin("client", "set", shop.client_id, "--no-code")
    assert (changed["code"], changed["policy"]["per_day"]) == (False, 100)
    assert "verification_code" not in ask(shop, person).json()
    assert "from 1 to 100" in stack.natsuin("client", "set", shop.client_id, "--most-documents", "101", expect=1)["error"]
    assert "no application" in stack.natsuin("client", "set", "A" * 22, "--code", expect=1)["error"]


def test_where_only_a_passkey_may_approve_a_one_time_password_does_not(otp_fragile: Stack) -> None:
    """Not offered, and refused before a try is counted, whatever the key allows."""
    shop, person = new_application(otp_fragile), Person(otp_fragile)
    otp_fragile.natsuin("client", "set", shop.client_id, "--passkey-only")
    handle = shop.authorize(person.credential_id)["handle"]
    browser = Browser(otp_fragile, person.passkey).signed_in()
    assert browser.look(handle)["otp"] is None
    answer = browser.post(f"/approve/{handle}", {"otp": {"token_id": "A" * 22, "pin": "739154", "code": "123456"}, "code": None})
    assert (answer.status_code, answer.json()) == (400, {"error": "evidence_refused"})
    assert browser.approve(handle).status_code == 200
    browser.close()
