"""A PC without a passkey: what it sends to open a request's link with PIN and one-time password, and to approve there."""

from typing import Any

import httpx2

from demo.passkey import from_base64url
from tests.flow.browser import Browser
from tests.flow.records import Records
from tests.harness.hand import Hand
from tests.harness.signer import Signer
from tests.harness.stack import Stack


class Visit(Browser):
    """A browser that has no passkey; `hand` is the token that its user has."""

    def __init__(self, stack: Stack, hand: Hand) -> None:
        super().__init__(stack)
        self.hand = hand

    def offer(self, handle: str) -> dict[str, Any] | None:
        """Ask what the link may be opened with."""
        answer = self.get(f"/sign-in?next=/approve/{handle}", Accept="application/json")
        assert answer.status_code == 200, answer.text
        offered: dict[str, Any] | None = answer.json()["otp"]
        return offered

    def sign_in_with_otp(self, handle: str, **changes: Any) -> httpx2.Response:
        """Open the link, with the first token; `changes` replace fields of what is sent."""
        offer = self.offer(handle)
        assert offer is not None
        sent = {"authorization": handle, "asked": offer["asked"], "token": 0, "pin": self.hand.pin}
        if "code" not in changes:
            sent["code"] = self.hand.code(ocra=offer["tokens"][0]["challenge"])
        return self.post("/sign-in/otp", sent | changes)

    def visiting(self, handle: str) -> "Visit":
        """Open the link with what is right; gives itself."""
        answer = self.sign_in_with_otp(handle)
        assert answer.status_code == 200, answer.text
        return self

    def approve_with_otp(self, handle: str, number: str | None = None, **changes: Any) -> httpx2.Response:
        """Approve; `number` is the one from the application's screen, `changes` replace fields of PIN and code."""
        raw = from_base64url(self.look(handle)["transaction"])
        return self.post(f"/approve/{handle}", {"otp": self.hand.otp(raw, **changes), "code": number})


def enrollment_of(stack: Stack, person: Signer) -> str:
    """Give the id of the enrolment that a person's key is of."""
    return str(Records(stack).one("SELECT enrollment_id FROM credentials WHERE credential_id = ?", person.credential_id))
