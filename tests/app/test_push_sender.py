"""One push to a push service on this machine: what is sent, and what each answer means."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from email.utils import formatdate

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from app.errors import NatsuinError, PushFailed, PushGone, PushLater, PushRefused
from app.push import sender as sending
from app.push.endpoint import PUSH_SERVICES
from app.push.sender import Sender, Target, seconds
from app.push.vapid import Vapid
from tests.harness.browser_keys import BrowserKeys
from tests.harness.push_service import PushService, push_service

NOW = 1_800_000_000.0
Send = Callable[..., None]


@pytest.fixture
def service() -> Iterator[PushService]:
    with push_service() as running:
        yield running


@pytest.fixture
def browser() -> BrowserKeys:
    return BrowserKeys()


@pytest.fixture
def send(service: PushService, browser: BrowserKeys) -> Send:
    """Send a message to one address of the push service."""

    def send(message: bytes = b"{}", name: str = "one", ttl_s: int = 60) -> None:
        async def run() -> None:
            vapid = Vapid(ec.generate_private_key(ec.SECP256R1()), "mailto:operator@sign.example.jp")
            sender = Sender(vapid, lambda: NOW, PUSH_SERVICES, service.origin)
            try:
                await sender.send(Target(service.endpoint(name), browser.p256dh, browser.auth), message, ttl_s=ttl_s, topic="t" * 32)
            finally:
                await sender.close()

        asyncio.run(run())

    return send


def test_one_push_is_as_the_standards_say(service: PushService, browser: BrowserKeys, send: Send) -> None:
    """RFC 8030 §5, RFC 8291 §4, RFC 8292 §2."""
    send(b'{"id": "x"}', ttl_s=173)
    (push,) = service.came
    names = {"ttl": "173", "urgency": "high", "topic": "t" * 32, "content-encoding": "aes128gcm"}
    assert {name: push.headers[name] for name in names} == names
    assert push.headers["authorization"].startswith("vapid t=")
    assert "cookie" not in push.headers
    assert browser.read(push.body).rstrip() == b'{"id": "x"}'


@pytest.mark.parametrize("ttl_s", [-5, 10**9])
def test_the_time_to_live_is_one_that_services_take(service: PushService, send: Send, ttl_s: int) -> None:
    send(ttl_s=ttl_s)
    assert 0 <= int(service.came[0].headers["ttl"]) <= 28 * 86_400


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_taken(service: PushService, send: Send, status: int) -> None:
    service.answers = [(status, {})]
    send()
    assert len(service.came) == 1


@pytest.mark.parametrize(
    ("status", "means"),
    [
        *((status, PushGone) for status in (404, 410)),
        *((status, PushRefused) for status in (401, 403)),
        *((status, PushLater) for status in (429, 500, 503)),
        *((status, PushFailed) for status in (400, 413, 307)),
    ],
)
def test_every_other_answer_means_something(service: PushService, send: Send, status: int, means: type[NatsuinError]) -> None:
    """RFC 8030 §5.2, §8.3, RFC 8292 §4.2."""
    service.answers = [(status, {})]
    with pytest.raises(means):
        send()


def test_the_service_says_when(service: PushService, send: Send) -> None:
    """`Retry-After` is passed on."""
    service.answers = [(429, {"Retry-After": "17"})]
    with pytest.raises(PushLater) as caught:
        send()
    assert caught.value.retry_after_s == 17


def test_when_is_read_in_both_forms_and_within_an_hour() -> None:
    """RFC 9110 §10.2.3; nonsense is nothing."""
    assert seconds("17", NOW) == 17
    assert seconds(formatdate(NOW + 90, usegmt=True), NOW) == 90
    assert seconds(formatdate(NOW - 90, usegmt=True), NOW) == 0
    assert seconds("9" * 400, NOW) == 3_600
    assert [seconds(text, NOW) for text in ("", "soon", "-1", "1.5", "１", "Wed, 99 Foo")] == [None] * 6


def test_a_service_that_says_nothing_is_left_in_time(service: PushService, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    """The deadline counts from the beginning, whatever is sent in between."""
    monkeypatch.setattr(sending, "DEADLINE_S", 0.2)
    held = threading.Event()
    service.answers = Held(held)
    with pytest.raises(PushLater, match="Timeout"):
        send()
    held.set()


class Held(list[tuple[int, dict[str, str]]]):
    """Answers that come when a test lets them."""

    def __init__(self, until: threading.Event) -> None:
        super().__init__([(201, {})])
        self._until = until

    def pop(self, index: int = -1) -> tuple[int, dict[str, str]]:  # type: ignore[override]  # a list's index, as it is used here
        self._until.wait(20)
        return super().pop(index)


def test_nobody_there_is_later(service: PushService, send: Send, browser: BrowserKeys) -> None:
    """A push service that is down is asked again."""
    with push_service() as gone:
        address = gone.origin
    service.origin = address
    with pytest.raises(PushLater):
        send()


def test_the_body_of_an_answer_is_not_read(service: PushService, send: Send) -> None:
    """A gigabyte that is announced and never comes keeps nobody."""
    service.answers = [(201, {"Content-Length": "1000000000"})]
    send()
