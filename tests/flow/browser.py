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

    def propose(self, change: str, of: str) -> httpx2.Response:
        """Have a change composed: add_passkey, remove_passkey, unfreeze, destroy, set_otp and the like."""
        return self.post("/account/change", {"change": change, "of": of})

    def change(self, change: str, of: str, defects: Defects = FLAWLESS, **beside: Any) -> httpx2.Response:
        """Have a change composed, and approve it with the passkey."""
        proposed = self.propose(change, of)
        assert proposed.status_code == 200, proposed.text
        return self.answer_change(proposed.json(), defects, **beside)

    def answer_change(self, proposed: dict[str, Any], defects: Defects = FLAWLESS, **beside: Any) -> httpx2.Response:
        """Approve a change that was composed; `beside` goes with the passkey's answer."""
        assertion = self.passkey.get(proposed["publicKey"], self.stack.origin, defects=defects)
        return self.post(f"/account/change/{proposed['id']}", {"credential": assertion} | beside)

    def new_link(self) -> dict[str, Any]:
        """Ask for a one-time link for a new device; gives its answer with `secret`."""
        answer = self.post("/account/add", {})
        assert answer.status_code == 200, answer.text
        return dict(answer.json()) | {"secret": link_of(answer.json()["link"])}

    def join(self, secret: str, name: str | None = "New phone", defects: Defects = FLAWLESS) -> httpx2.Response:
        """Make this browser's passkey with the link of another device."""
        offered = self.post("/new-device/options", {"link": secret})
        assert offered.status_code == 200, offered.text
        made = self.passkey.create(offered.json()["publicKey"], self.stack.origin, defects=defects)
        return self.post("/new-device", {"link": secret, "credential": made, "name": name})

    def own(self) -> dict[str, Any]:
        """Read the account page as a program."""
        answer = self.get("/account", Accept="application/json")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def history(self, before: str = "") -> dict[str, Any]:
        """Read a page of the history as a program."""
        answer = self.get(f"/history?before={before}", Accept="application/json")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def post(self, path: str, body: Any, **headers: str | None) -> httpx2.Response:
        """Send JSON; a header given as None is left out."""
        sent = {"Origin": self.stack.origin} | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post(path, json=body, headers={name: value for name, value in sent.items() if value is not None})

    def get(self, path: str, **headers: str) -> httpx2.Response:
        return self.http.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


Browse = Callable[..., Browser]


def below_style(page: httpx2.Response) -> str:
    """Give a page without the style that stands at its beginning, which speaks of everything."""
    style, end, page_itself = page.text.partition("</style>")
    assert end, style
    return page_itself


def link_of(enrollment_url: str) -> str:
    """Give what stands behind the # of an enrolment address."""
    return enrollment_url.partition("#")[2]
