"""Reminders: 30 and 7 days before a certificate ends, on every device, in the history, and for the operator."""

import asyncio
import time

import pytest

from app.account.remind import due, remind
from app.config import read_config
from app.services import open_services
from demo.passkey import Passkey
from tests.flow.browser import Browse
from tests.flow.parties import Person
from tests.flow.records import Records
from tests.harness.stack import Stack

DAY_S = 86_400


@pytest.fixture
def person(stack: Stack) -> Person:
    return Person(stack)


def ends_in(stack: Stack, person: Person, days: float) -> None:
    """Let our record say that the certificate ends so soon; the SAM goes by the certificate itself."""
    at = int(time.time() + days * DAY_S)
    Records(stack).change("UPDATE credentials SET not_after = ? WHERE credential_id = ?", at, person.credential_id)


def sweep(stack: Stack) -> None:
    async def run() -> None:
        async with open_services(read_config(stack.environment)) as services:
            await remind(services)

    asyncio.run(run())


def reminded(person: Person) -> int:
    return [entry.kind for entry in person.own(lambda account: account.history()).entries].count("key_ending")


@pytest.mark.parametrize(("days", "expected"), [(31, 0), (29.9, 1), (7.1, 1), (6.9, 1), (-0.1, 0)])
def test_each_reminder_comes_once(stack: Stack, person: Person, days: float, expected: int) -> None:
    """Two sweeps, and those of the workers, record it once; what has ended already is not reminded of."""
    ends_in(stack, person, days)
    for _ in range(2):
        sweep(stack)
    assert reminded(person) == expected


def test_the_last_one_comes_after_the_first(stack: Stack, person: Person) -> None:
    for days, expected in ((20, 1), (10, 1), (6, 2), (3, 2)):
        ends_in(stack, person, days)
        sweep(stack)
        assert reminded(person) == expected


def test_each_device_dismisses_the_first_one_for_itself_and_the_last_one_stays(stack: Stack, person: Person, browse: Browse) -> None:
    second: Passkey = person.add_phone()
    here, there = (browse(stack, passkey).signed_in() for passkey in (person.passkey, second))

    def shown(browser: object) -> list[bool]:
        return [f"/keys/{person.credential_id}/renew" in browser.get(page, Accept="text/html").text for page in ("/", "/account")]  # type: ignore[attr-defined]  # a Browser

    assert shown(here) == [False, False]
    ends_in(stack, person, 20)
    assert here.post(f"/account/reminders/{person.credential_id}/dismiss", {}).status_code == 200
    assert here.post(f"/account/reminders/{person.credential_id}/dismiss", {}).status_code == 200
    assert (shown(here)[0], shown(there)[0]) == (False, True)
    ends_in(stack, person, 5)
    assert (shown(here)[0], shown(there)[0]) == (True, True)
    assert "data-reminder" not in here.get("/", Accept="text/html").text


def test_nobody_dismisses_anothers(stack: Stack, person: Person, taros_browser: object) -> None:
    answer = taros_browser.post(f"/account/reminders/{person.credential_id}/dismiss", {})  # type: ignore[attr-defined]  # a Browser
    assert answer.status_code == 404


def test_the_operator_lists_what_ends(stack: Stack, person: Person) -> None:
    """And the doctor counts it; whoever carries the news elsewhere asks one function."""
    ends_in(stack, person, 20)
    listed = {one["credential_id"] for one in stack.natsuin("credential", "list", "--expiring")}
    assert person.credential_id in listed
    assert person.credential_id not in {one["credential_id"] for one in stack.natsuin("credential", "list", "--expiring", "--days", "10")}
    assert person.credential_id in {one["credential_id"] for one in stack.natsuin("credential", "list")}
    (found,) = [one for one in stack.natsuin("doctor")["findings"] if one["part"] == "certificates"]
    assert int(found["state"].split()[0]) >= 1


def test_one_function_says_who_is_to_be_reminded(stack: Stack, person: Person) -> None:
    Records(stack).change("UPDATE credentials SET reminded = NULL WHERE credential_id = ?", person.credential_id)

    async def ask(days_later: float) -> dict[str, int]:
        async with open_services(read_config(stack.environment)) as services:
            found = await services.database.read(due, services.now() + days_later * DAY_S, 1_000)
            return {one.credential.credential_id: one.days for one in found}

    assert asyncio.run(ask(0)).get(person.credential_id) is None
    assert asyncio.run(ask(705))[person.credential_id] == 30
    assert asyncio.run(ask(725))[person.credential_id] == 7
