"""A browser without manners: it holds a session and a passkey, and sends whatever a test wants."""

import json
from collections.abc import Callable
from typing import Any

import httpx2

from demo.passkey import FLAWLESS, Defects, Passkey, from_base64url
from tests.harness.stack import Stack


class Browser:
    """A client of the phone's door; `Origin` and `Content-Type` are right unless a test says otherwise."""

    def __init__(self, stack: Stack, passkey: Passkey | None = None) -> None:
        self.stack = stack
        self.passkey = passkey or Passkey()
        self.http = httpx2.Client(base_url=stack.origin, timeout=70)

    def close(self) -> None:
        self.http.close()

    def signed_in(self) -> "Browser":
        """Sign in; gives itself."""
        answer = self.sign_in()
        assert answer.status_code == 200, answer.text
        return self

    def sign_in(self, defects: Defects = FLAWLESS) -> httpx2.Response:
        asked = self.sign_in_options()
        assertion = self.passkey.get(asked["publicKey"], self.stack.origin, defects=defects)
        return self.post("/sign-in", {"ceremony": asked["ceremony"], "credential": assertion})

    def sign_in_options(self) -> dict[str, Any]:
        answer = self.post("/sign-in/options", {})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def enroll(self, link: str, credential: dict[str, Any] | None = None) -> httpx2.Response:
        """Register a passkey's answer for the link of an enrolment address."""
        return self.post("/enroll", {"link": link, "credential": credential})

    def register(self, link: str, passkey: Passkey | None = None, defects: Defects = FLAWLESS) -> httpx2.Response:
        """Ask for options, make the passkey, and register it."""
        options = self.post("/enroll/options", {"link": link})
        assert options.status_code == 200, options.text
        return self.enroll(link, (passkey or self.passkey).create(options.json()["publicKey"], self.stack.origin, defects=defects))

    def approve(self, handle: str, code: str | None = None, defects: Defects = FLAWLESS) -> httpx2.Response:
        return self.post(f"/approve/{handle}", {"credential": self.assertion(handle, defects), "code": code})

    def assertion(self, handle: str, defects: Defects = FLAWLESS) -> dict[str, Any]:
        """Have the passkey answer what the approval page asks."""
        return self.passkey.get(self.look(handle)["publicKey"], self.stack.origin, defects=defects)

    def look(self, handle: str) -> dict[str, Any]:
        answer = self.get(f"/approve/{handle}", Accept="application/json")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def transaction(self, handle: str) -> dict[str, Any]:
        """Read what is asked, as a careful phone does."""
        return dict(json.loads(from_base64url(self.look(handle)["transaction"])))

    def refuse(self, handle: str, reason: str = "declined") -> httpx2.Response:
        return self.post(f"/approve/{handle}/refuse", {"reason": reason})

    def post(self, path: str, body: Any, **headers: str | None) -> httpx2.Response:
        """Send JSON; a header given as None is left out."""
        sent = {"Origin": self.stack.origin} | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post(path, json=body, headers={name: value for name, value in sent.items() if value is not None})

    def get(self, path: str, **headers: str) -> httpx2.Response:
        return self.http.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


Browse = Callable[..., Browser]


def link_of(enrollment_url: str) -> str:
    """Give what stands behind the # of an enrolment address."""
    return enrollment_url.partition("#")[2]
