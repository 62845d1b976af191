"""
A person's phone in the tests: a browser with its own cookies and language, and a virtual authenticator that can be told to lie.

Whatever no page may do is collected while it is used: an error in a script, a breach of the security policy, a request to anyone else. It
verifies nothing itself; the running stack does.
"""

from typing import Any, Protocol

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, ViewportSize, expect

from tests.browser.words import ENGLISH, Words
from tests.harness.chromium import OBSERVE, PATIENCE_MS, close

SCREEN: ViewportSize = {"width": 390, "height": 844}


class Authenticator:
    """The virtual authenticator of one tab (Web Authentication domain of the DevTools protocol); `synced` as most phones are: backed up."""

    def __init__(self, page: Page, *, synced: bool = False) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("WebAuthn.enable")
        kind = {"protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "internal"}
        able = dict.fromkeys(("hasResidentKey", "hasUserVerification", "automaticPresenceSimulation", "isUserVerified"), True)
        backup = dict.fromkeys(("defaultBackupEligibility", "defaultBackupState"), synced)
        self._id = self._session.send("WebAuthn.addVirtualAuthenticator", {"options": kind | able | backup})["authenticatorId"]

    def verify_user(self, verified: bool) -> None:
        """Let the person's face or finger be recognized, or not."""
        self._send("setUserVerified", isUserVerified=verified)

    def lie(self, **bits: bool) -> None:
        """Answer wrongly from now on: isBogusSignature, isBadUV, isBadUP; without any, answer rightly again."""
        self._send("setResponseOverrideBits", **bits)

    def change_passkey(self, **properties: bool) -> None:
        """Change backupEligibility or backupState of the one passkey."""
        (passkey,) = self.passkeys()
        self._send("setCredentialProperties", credentialId=passkey["credentialId"], **properties)

    def passkeys(self) -> list[dict[str, Any]]:
        """Give the passkeys with their private keys and counters."""
        found: list[dict[str, Any]] = self._send("getCredentials")["credentials"]
        return found

    def put(self, passkey: dict[str, Any]) -> None:
        self._send("addCredential", credential=passkey)

    def _send(self, method: str, **arguments: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._session.send(f"WebAuthn.{method}", {"authenticatorId": self._id} | arguments)
        return answer


class Profile(Protocol):
    """What gives a browser profile with no memory."""

    def new_context(self, **settings: Any) -> BrowserContext: ...


class Phone:
    """One browser profile with one tab in front; `faults` is what its pages did that none may do."""

    def __init__(self, browser: Browser | Profile, origin: str, words: Words = ENGLISH, *, synced: bool = False, **context: Any) -> None:
        self.origin, self.words = origin, words
        self.origins = [origin]  # a test that visits another site adds it
        self.faults: list[str] = []
        self.refusable = {"document", "fetch"}  # what may be refused: its test looks at that; a test of an outage adds the streams
        settings = {"base_url": origin, "locale": words.locale, "viewport": SCREEN, "reduced_motion": "reduce"}
        self.context: BrowserContext = browser.new_context(**(settings | context))
        self.context.set_default_timeout(PATIENCE_MS)
        self.context.add_init_script(OBSERVE)
        self.context.on("request", self._look_at_request)
        self.context.on("response", self._look_at_response)
        self.context.on("console", self._look_at_console)
        self.context.on("weberror", lambda fault: self.faults.append(str(fault.error)))
        self.page: Page = self.context.new_page()
        self.authenticator = Authenticator(self.page, synced=synced)

    def tap(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def says(self, sentence: str) -> None:
        """Wait until the page says this beside its buttons."""
        expect(self.page.locator("#say")).to_contain_text(sentence, timeout=PATIENCE_MS)

    def shows(self, heading: str) -> None:
        """Wait until this is what the page is about."""
        expect(self.page.get_by_role("heading", name=heading, exact=True)).to_be_visible(timeout=PATIENCE_MS)

    def can_tap(self, name: str) -> None:
        """Wait until the button takes a tap again."""
        button = self.page.get_by_role("button", name=name, exact=True)
        expect(button).to_have_attribute("aria-disabled", "false", timeout=PATIENCE_MS)

    def enroll(self, enrollment_url: str) -> None:
        """Register with a one-time link, to the end."""
        self.page.goto(enrollment_url)
        self.tap(self.words.register)
        self.shows(self.words.registered)

    def open_sign_in(self, address: str = "/sign-in") -> None:
        """Open the sign-in page, and wait until it has its challenge: passkeys are asked for inside the tap."""
        with self.page.expect_response("**/sign-in/options"):
            self.page.goto(address)

    def sign_in(self) -> None:
        """Use the passkey on the sign-in page in front, and be led on."""
        with self.page.expect_navigation(url=lambda url: "/sign-in" not in url):
            self.tap(self.words.sign_in)

    def facts(self, approval_url: str) -> dict[str, Any]:
        """Ask as a program what this address asks, or how it ended."""
        answer: dict[str, Any] = self.context.request.get(approval_url, headers={"Accept": "application/json"}).json()
        return answer

    def close(self) -> None:
        close(self.context)

    def _look_at_request(self, request: Request) -> None:
        if not request.url.startswith(("data:", *(f"{origin}/" for origin in self.origins))):
            self.faults.append(f"a request to {request.url}")

    def _look_at_response(self, response: Response) -> None:
        if response.status >= 400 and response.request.resource_type not in self.refusable:
            self.faults.append(f"{response.status} for {response.url}")

    def _look_at_console(self, message: ConsoleMessage) -> None:
        # A call that is refused is written there by the browser itself, and looked at by the test that provokes it.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.faults.append(message.text)
