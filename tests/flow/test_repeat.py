"""The same request again within 15 seconds is the same request: for whoever lost the answer, and for a button that was pressed twice."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.flow.parties import Person, new_application
from tests.flow.screen import Screen
from tests.flow.wire import ABSENT, authorize_body, new_hash
from tests.harness.signer import Signer
from tests.harness.stack import Application, Stack


def ask(application: Application, body: dict[str, Any]) -> dict[str, Any]:
    answer = application.post("credentials/authorize", body)
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


def make_older(stack: Stack, handle: str, seconds: int) -> None:
    """Let a request be so much older: nobody waits in a test."""
    with sqlite3.connect(stack.data / "app" / "natsuin.db", timeout=10) as database:
        database.execute("UPDATE authorizations SET created = created - ?, expires = expires - ? WHERE id = ?", (seconds, seconds, handle))
        database.execute("UPDATE openings SET begun_ms = begun_ms - ? WHERE authorization_id = ?", (seconds * 1000, handle))
    database.close()


def test_the_same_words_get_the_same_request(stack: Stack, taro: Signer) -> None:
    """Everything that belongs to it is the same: handle, verification code, and what the moving code is made of, which goes on."""
    shop = new_application(stack, asks_code=True, return_urls=["https://shop.example.jp/signed"])
    body = authorize_body(taro.credential_id, return_url="https://shop.example.jp/signed", state="order-47", description="契約")
    first = ask(shop, body)
    make_older(stack, first["handle"], 12)
    again = ask(shop, dict(reversed(body.items())))
    changing = ("code_second", "expiresIn", "progress")
    assert {name: value for name, value in first.items() if name not in changing} == {
        name: value for name, value in again.items() if name not in changing
    }
    assert again["code_second"] >= 12
    assert again["expiresIn"] <= 168
    screen = Screen(again)
    scanned = stack.http.post("/s", json={"code": screen.code(again["code_second"])}, headers={"Origin": stack.origin})
    assert scanned.json() == {"path": f"/approve/{first['handle']}"}
    taro.refuse(first["handle"])


DIFFERING: dict[str, dict[str, Any]] = {
    "another hash": {"hashes": [new_hash()]},
    "another description": {"description": "x"},
    "a label": {"documentLabels": ["x"]},
    "another life": {"requestedExpiry": 60},
    "confidential": {"confidential": True},
    "other client data": {"clientData": "x"},
    "no client data": {"clientData": ABSENT},
    "a field that nobody reads": {"somethingElse": 1},
}


@pytest.mark.parametrize("case", DIFFERING)
def test_other_words_are_another_request(shop: Application, taro: Signer, case: str) -> None:
    """Whatever differs, it is never taken for the first one."""
    body = authorize_body(taro.credential_id)
    changed = {name: value for name, value in (body | DIFFERING[case]).items() if value is not ABSENT}
    handles = [ask(shop, one)["handle"] for one in (body, changed)]
    assert len(set(handles)) == 2
    for handle in handles:
        taro.refuse(handle)


def test_another_applications_words_are_its_own(shop: Application, rival: Application, taro: Signer) -> None:
    body = authorize_body(taro.credential_id)
    handles = [ask(one, body)["handle"] for one in (shop, rival)]
    assert len(set(handles)) == 2
    for handle in handles:
        taro.refuse(handle)


@pytest.mark.parametrize("end", ["refused", "later"])
def test_after_its_end_or_15_seconds_it_is_a_new_one(stack: Stack, shop: Application, taro: Signer, end: str) -> None:
    body = authorize_body(taro.credential_id)
    first = ask(shop, body)["handle"]
    if end == "refused":
        taro.refuse(first)
    else:
        make_older(stack, first, 16)
    second = ask(shop, body)["handle"]
    assert first != second
    taro.refuse(second)


@pytest.mark.parametrize("open_before", [0, 2])
def test_of_many_at_once_one_is_recorded(fragile: Stack, open_before: int) -> None:
    """Two workers, eight requests, with room for three or for one only: one handle for all."""
    shop, person = new_application(fragile), Person(fragile)
    for _ in range(open_before):
        ask(shop, authorize_body(person.credential_id))
    body = authorize_body(person.credential_id)
    with ThreadPoolExecutor(8) as pool:
        handles = {one["handle"] for one in pool.map(lambda _: ask(shop, body), range(8))}
    assert len(handles) == 1
    assert len(person.inbox()) == open_before + 1
