"""A browser that takes pushes from a push service of the test's own, and what it reads in them."""

import json
import secrets
import time
from typing import Any

from tests.flow.browser import Browser
from tests.harness.browser_keys import BrowserKeys
from tests.harness.push_service import Push, PushService
from tests.harness.stack import Application

PATIENCE_S = 20


class Subscriber:
    """A signed-in browser with a subscription; what is sent to it is decrypted with keys that only it has."""

    def __init__(self, browser: Browser, service: PushService) -> None:
        self.browser, self.service = browser, service
        self.name, self.keys = secrets.token_hex(8), BrowserKeys()
        self.endpoint = service.endpoint(self.name)

    def subscribe(self) -> "Subscriber":
        answer = self.browser.post("/push/subscribe", self.as_json())
        assert (answer.status_code, answer.json()) == (200, {}), answer.text
        return self

    def as_json(self) -> dict[str, Any]:
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": self.keys.as_json()}

    def pushes(self, count: int = 1) -> list[Push]:
        """Wait until this many have come."""
        return self.service.wait_for(self.name, count)

    def messages(self, count: int = 1) -> list[dict[str, Any]]:
        """Read them."""
        return [json.loads(self.keys.read(one.body)) for one in self.pushes(count)]

    def ids(self, count: int = 1) -> list[str]:
        """Give the opaque id of each."""
        return [id_in(one) for one in self.messages(count)]

    def came(self) -> int:
        return len(self.service.at(self.name))


def id_in(message: dict[str, Any]) -> str:
    return str(message["notification"]["navigate"]).rpartition("/")[2]


def progress(application: Application, handle: str) -> str:
    """Say how far a request has come, as its application is told."""
    answer = application.post("credentials/authorizeCheck", {"handle": handle}, Prefer="wait=1")
    assert answer.status_code == 202, answer.text
    return str(answer.json()["progress"])


def wait_progress(application: Application, handle: str, expected: str) -> None:
    """Wait until a request has come this far."""
    deadline = time.monotonic() + PATIENCE_S
    while (found := progress(application, handle)) != expected:
        assert time.monotonic() < deadline, f"{found}, not {expected}"
