"""Unknown and someone else's get one answer, in about the same time; whoever guesses learns nothing."""

import statistics
import time
from collections.abc import Callable

import httpx2

from tests.flow.browser import Browser
from tests.flow.parties import new_enrollment_url
from tests.flow.wire import UNKNOWN_ID, authorize_body, error_of, refused
from tests.harness.signer import Signer
from tests.harness.stack import Application, Stack

SAMPLES = 60
ROUNDS = 3
AS_FAST = 1.5  # the medians of both may differ by so much, as a ratio

Ask = Callable[[], httpx2.Response]


def is_as_fast(one: Ask, other: Ask) -> bool:
    """Compare the medians of many times, asked in turn; a real difference shows in every round, a busy machine's not in all of three."""
    return any(_ratio_of_medians(one, other) < AS_FAST for _ in range(ROUNDS))


def _ratio_of_medians(one: Ask, other: Ask) -> float:
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(SAMPLES):
        pair = ((one, times[0]), (other, times[1]))
        for ask, taken in pair if number % 2 else reversed(pair):
            began = time.perf_counter()
            ask()
            taken.append(time.perf_counter() - began)
    slow, fast = sorted(map(statistics.median, times), reverse=True)
    return slow / fast


def same(one: Ask, other: Ask) -> bool:
    """Tell whether two answers agree in all but what differs in every answer."""

    def parts(answer: httpx2.Response) -> tuple[int, bytes, dict[str, str]]:
        return answer.status_code, answer.content, {k: v for k, v in answer.headers.items() if k not in ("date", "x-request-id")}

    return parts(one()) == parts(other())


def test_handle_of_another_application(shop: Application, rival: Application, taro: Signer) -> None:
    """A handle that the rival guessed right is no better than one that it made up."""
    handle = shop.authorize(taro.credential_id)["handle"]

    def check(asked: str) -> Ask:
        return lambda: rival.post("credentials/authorizeCheck", {"handle": asked}, Prefer="wait=25")

    assert error_of(check(handle)()) == refused("Invalid parameter handle")
    assert same(check(handle), check(UNKNOWN_ID))
    assert is_as_fast(check(handle), check(UNKNOWN_ID))


def test_credential_of_another_signer(shop: Application, taro: Signer, hanako: Signer) -> None:
    """A credential that is not the named signer's is no better than one that does not exist."""

    def authorize(asked: str) -> Ask:
        return lambda: shop.post("credentials/authorize", authorize_body(asked, userID=taro.user_id))

    assert error_of(authorize(hanako.credential_id)()) == refused("Invalid parameter credentialID")
    assert same(authorize(hanako.credential_id), authorize(UNKNOWN_ID))
    assert is_as_fast(authorize(hanako.credential_id), authorize(UNKNOWN_ID))


def test_authorization_of_another_signer(shop: Application, hanako: Signer, taros_browser: Browser) -> None:
    """An id that Taro guessed right is no better than one that he made up: page, JSON, approval and refusal alike."""
    handle = shop.authorize(hanako.credential_id)["handle"]

    def as_json(asked: str) -> Ask:
        return lambda: taros_browser.get(f"/approve/{asked}", Accept="application/json")

    def approve(asked: str) -> Ask:
        return lambda: taros_browser.post(f"/approve/{asked}", {"credential": {}, "code": None})

    def refuse(asked: str) -> Ask:
        return lambda: taros_browser.refuse(asked)

    for ask in (as_json, approve, refuse):
        assert (ask(handle)().status_code, ask(handle)().json()) == (404, {"error": "not_found"})
        assert same(ask(handle), ask(UNKNOWN_ID))
    assert taros_browser.get(f"/approve/{handle}").status_code == 404
    assert is_as_fast(as_json(handle), as_json(UNKNOWN_ID))
    assert hanako.refuse(handle) == "refused"


def test_link_that_was_used(stack: Stack, taros_browser: Browser, browse: Callable[[Stack], Browser]) -> None:
    """An enrolment link that was used is no better than one that was never given."""
    used = new_enrollment_url(stack).partition("#")[2]
    assert browse(stack).register(used).status_code == 200

    def options(link: str) -> Ask:
        return lambda: taros_browser.post("/enroll/options", {"link": link})

    assert (options(used)().status_code, options(used)().json()) == (404, {"error": "link_unknown"})
    assert same(options(used), options("never-given.CODE"))
    assert is_as_fast(options(used), options("never-given.CODE"))


def test_wrong_secret_of_a_client(shop: Application, stack: Stack) -> None:
    """A wrong secret takes as long as another wrong secret that begins right."""

    def token(secret: str) -> Ask:
        return lambda: stack.http.post("/oauth2/token", data={"grant_type": "client_credentials"}, auth=(shop.client_id, secret))

    nearly = shop.client_secret[:-1] + ("A" if shop.client_secret[-1] != "A" else "B")
    assert same(token(nearly), token("wrong"))
    assert is_as_fast(token(nearly), token("wrong"))
