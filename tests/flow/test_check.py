"""`credentials/authorizeCheck`: the error table of CSC 2.0 §11.8, the pace of polls, and held polls (RFC 7240)."""

import time
from typing import Any

import pytest

from tests.flow.polls import Poll, wait_until
from tests.flow.wire import ABSENT, UNKNOWN_ID, error_of, refused
from tests.harness.signer import Signer
from tests.harness.stack import Application

NO_HANDLE = refused("Invalid parameter handle")
CHECK = "credentials/authorizeCheck"
PACE_S = 0.9  # a little less than what lies between two polls (docs/decisions/008)
TRIES = 20


@pytest.mark.parametrize("handle", [ABSENT, None, 5, "", "short", UNKNOWN_ID, UNKNOWN_ID + "=", "署" * 22, ["a"], {}, "a" * 101])
def test_whatever_is_no_handle_gets_the_same_words(shop: Application, handle: Any) -> None:
    """Absent, of a wrong type, malformed or unknown: one answer."""
    assert error_of(shop.post(CHECK, {} if handle is ABSENT else {"handle": handle})) == NO_HANDLE


def test_undecided_is_202_with_the_handle_and_advice(shop: Application, taro: Signer) -> None:
    """A plain poll is not held, and told when to ask again."""
    handle = shop.authorize(taro.credential_id)["handle"]
    answer = shop.post(CHECK, {"handle": handle})
    assert (answer.status_code, answer.json(), answer.headers["retry-after"]) == (202, {"handle": handle, "progress": "no_device"}, "2")
    assert "preference-applied" not in answer.headers


def test_polling_faster_than_advised_is_429(shop: Application, taro: Signer) -> None:
    """Of five at once the first is answered, the others are told to wait; later polls, and those of another handle, are answered."""
    for _ in range(TRIES):
        handle, other = (shop.authorize(taro.credential_id)["handle"] for _ in range(2))
        began = time.monotonic()
        answers = [shop.post(CHECK, {"handle": handle}) for _ in range(5)]
        if time.monotonic() - began < PACE_S:  # or else this machine was too slow to be too fast
            break
    assert [answer.status_code for answer in answers] == [202, 429, 429, 429, 429]
    assert answers[1].json()["error"] == "too_many_requests"
    assert answers[1].headers["retry-after"] == "2"
    assert shop.post(CHECK, {"handle": other}).status_code == 202
    wait_until(lambda: shop.post(CHECK, {"handle": handle}).status_code == 202)


@pytest.mark.parametrize(
    ("prefer", "applied"),
    [
        ("wait=1", "wait=1"),
        ("respond-async, wait=1", "wait=1"),
        ("WAIT=1", "wait=1"),
        ("wait=0", None),
        ("wait=-1", None),
        ("wait=soon", None),
        ("wait=1.5", None),
        ("waiting=1", None),
        ("wait=99999999", None),
        ("return=minimal", None),
    ],
)
def test_held_poll_waits_as_preferred(shop: Application, taro: Signer, prefer: str, applied: str | None) -> None:
    """`Prefer: wait` holds the answer for so many seconds, and says so; what is no such preference is ignored."""
    handle = shop.authorize(taro.credential_id)["handle"]
    began = time.monotonic()
    answer = shop.post(CHECK, {"handle": handle}, Prefer=prefer)
    waited_s = time.monotonic() - began
    assert answer.status_code == 202
    assert answer.headers.get("preference-applied") == applied
    assert ("retry-after" in answer.headers) is (applied is None)
    assert not applied or waited_s > 0.9


def test_longest_wait_is_a_minute(shop: Application, taro: Signer) -> None:
    """Who prefers an hour gets a minute, and the answer says so."""
    handle = shop.authorize(taro.credential_id)["handle"]
    with Poll(shop, handle, "wait=3600") as poll:
        taro.approve(handle)
        assert poll.answer().headers["preference-applied"] == "wait=60"


def test_approval_wakes_a_held_poll(shop: Application, taro: Signer) -> None:
    """The poll is answered with the SAD as soon as the signer has approved, long before its time is over."""
    handle = shop.authorize(taro.credential_id)["handle"]
    with Poll(shop, handle) as poll:
        taro.approve(handle)
        answer = poll.answer()
    assert answer.status_code == 200
    assert answer.json().keys() == {"SAD", "expiresIn", "factor"}
    assert 115 <= answer.json()["expiresIn"] <= 120
    assert answer.headers["preference-applied"] == "wait=25"


def test_refusal_wakes_a_held_poll(shop: Application, taro: Signer) -> None:
    """The poll is answered with the refusal as soon as the signer has declined."""
    handle = shop.authorize(taro.credential_id)["handle"]
    with Poll(shop, handle) as poll:
        taro.refuse(handle)
        assert error_of(poll.answer()) == refused("The signer refused", "access_denied")


def test_all_polls_of_one_handle_wake(shop: Application, taro: Signer) -> None:
    """Two polls of the same handle both get the SAD, and it is the same one."""
    handle = shop.authorize(taro.credential_id)["handle"]
    with Poll(shop, handle) as one, Poll(shop, handle) as two:
        taro.approve(handle)
        assert one.answer().json()["SAD"] == two.answer().json()["SAD"]


def test_collecting_again_gives_the_same_sad(shop: Application, taro: Signer) -> None:
    """An application that lost the answer asks again, and gets the same SAD; plain or held, and without waiting."""
    handle = shop.authorize(taro.credential_id)["handle"]
    taro.approve(handle)
    first = shop.post(CHECK, {"handle": handle})
    second = shop.post(CHECK, {"handle": handle}, Prefer="wait=25")
    assert first.json()["SAD"] == second.json()["SAD"]
    assert len(first.json()["SAD"]) > 40
