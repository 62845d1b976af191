"""What the tests of the scripts share: Chromium's virtual authenticator, and canned answers in place of the server."""

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.sync_api import CDPSession, Page, Request, Route, expect

from .sample import RP_ID

PASSKEY_ID = b64encode(b"passkey-0001").decode()

# Takes away what older browsers do not have.
NO_JSON_SHAPES = """
delete PublicKeyCredential.parseCreationOptionsFromJSON;
delete PublicKeyCredential.parseRequestOptionsFromJSON;
delete PublicKeyCredential.prototype.toJSON;
"""


class Authenticator:
    """Chromium's virtual authenticator with one passkey, which may stop verifying its user."""

    def __init__(self, page: Page) -> None:
        self.session: CDPSession = page.context.new_cdp_session(page)
        self.session.send("WebAuthn.enable")
        kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
        options = kind | {"isUserVerified": True}
        self.id = self.session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    def add_passkey(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        private = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        passkey = {
            "credentialId": PASSKEY_ID,
            "isResidentCredential": True,
            "rpId": RP_ID,
            "privateKey": b64encode(private).decode(),
            "userHandle": b64encode(b"signer-0042").decode(),
            "signCount": 1,
        }
        self.session.send("WebAuthn.addCredential", {"authenticatorId": self.id, "credential": passkey})

    def verify_user(self, verified: bool) -> None:
        self.session.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": verified})


def answer(page: Page, path: str, *answers: tuple[int, object]) -> list[Any]:
    """Give these answers to the POSTs to `path`, the last one from then on; returns the list that their bodies are put into."""
    bodies: list[Any] = []

    def fulfil(route: Route, request: Request) -> None:
        if request.method != "POST":
            route.fallback()
            return
        status, value = answers[min(len(bodies), len(answers) - 1)]
        bodies.append(json.loads(request.post_data or "null"))
        route.fulfill(status=status, json=value)

    page.route(f"**{path}", fulfil)
    return bodies


def reloads(page: Page, tap: Callable[[], None]) -> None:
    """Wait for the reload itself: a page whose canned answers go on saying that it has ended reloads again before all of it is there."""
    with page.expect_navigation(wait_until="commit"):
        tap()


def says(page: Page, sentence: str) -> None:
    expect(page.locator("#say")).to_contain_text(sentence)
