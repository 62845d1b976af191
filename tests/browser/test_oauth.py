"""A signer who comes from an application by OAuth: through sign-in, the question or the approval, and back with a code."""

import base64
import hashlib
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MakePhone, Person
from tests.browser.words import ENGLISH, JAPANESE, Words
from tests.harness.stack import SHA256, Stack

VERIFIER = "v" * 50


class Shop:
    """An application with a page of its own, to which browsers are led back."""

    def __init__(self, stack: Stack, origin: str) -> None:
        self.stack, self.origin = stack, origin
        made = stack.natsuin("client", "add", f"青葉建設 {os.urandom(4).hex()}", "--redirect-uri", f"{origin}/callback")
        self.name, self.auth = made["name"], (made["client_id"], made["client_secret"])

    def address(self, **asked: str) -> str:
        """Push a request, and give the address to send the browser to."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
        fields = {"response_type": "code", "redirect_uri": f"{self.origin}/callback", "state": "s", "code_challenge": challenge}
        pushed = self.stack.http.post(
            "/oauth2/pushed_authorize", data=fields | {"code_challenge_method": "S256"} | asked, auth=self.auth
        ).json()
        return f"{self.stack.origin}/oauth2/authorize?client_id={self.auth[0]}&request_uri={pushed['request_uri']}"

    def scope(self, address: str) -> str:
        """Redeem the code that a browser has brought, and give what it was for."""
        code = parse_qs(urlsplit(address).query)["code"][0]
        form = {"grant_type": "authorization_code", "redirect_uri": f"{self.origin}/callback", "code": code, "code_verifier": VERIFIER}
        return str(self.stack.http.post("/oauth2/token", data=form, auth=self.auth).json()["scope"])


class _Callback(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        page = b"<!doctype html><title>Shop</title><h1>Welcome back</h1>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def _site() -> Iterator[str]:
    server = ThreadingHTTPServer(("localhost", 0), _Callback)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://localhost:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def oauth_shop(stack: Stack) -> Iterator[Shop]:
    with _site() as origin:
        yield Shop(stack, origin)


def details(taro: Person) -> str:
    digest = {"hash": base64.b64encode(bytes(32)).decode(), "label": "工事請負契約書.pdf"}
    kind = "https://cloudsignatureconsortium.org/2025/credential"
    return json.dumps([{"type": kind, "credentialID": taro.credential_id, "documentDigests": [digest], "hashAlgorithmOID": SHA256}])


@pytest.mark.parametrize(("words", "allow"), [(JAPANESE, "許可する"), (ENGLISH, "Allow")], ids=["ja", "en"])
def test_signer_is_led_there_and_back(oauth_shop: Shop, taro: Person, make_phone: MakePhone, words: Words, allow: str) -> None:
    """Both scopes, one after the other: a sign-in, one tap, and back; then the approval with the passkey, and back."""
    phone = make_phone(words)
    phone.origins.append(oauth_shop.origin)
    back = f"{oauth_shop.origin}/callback?**"
    with taro.holding(phone):
        phone.open_sign_in(oauth_shop.address())
        phone.sign_in()
        expect(phone.page.locator("main")).to_contain_text(oauth_shop.name)
        phone.tap(allow)
        phone.page.wait_for_url(back)
        assert oauth_shop.scope(phone.page.url) == "service"
        phone.page.goto(oauth_shop.address(authorization_details=details(taro)))
        expect(phone.page.locator("main")).to_contain_text("工事請負契約書.pdf")
        phone.tap(words.approve)
        phone.page.wait_for_url(back)
        assert oauth_shop.scope(phone.page.url) == "credential"


def test_no_leads_back_too_and_what_is_used_up_says_so(oauth_shop: Shop, taro: Person, make_phone: MakePhone) -> None:
    """Not to allow; then, asked to sign, to allow and to decline: the application is told; the address again says what to do."""
    phone, shop = make_phone(), Shop(oauth_shop.stack, oauth_shop.origin)  # nobody agreed to this one yet
    phone.origins.append(shop.origin)
    with taro.holding(phone):
        address = shop.address()
        phone.open_sign_in(address)
        phone.sign_in()
        phone.tap("Do not allow")
        phone.page.wait_for_url(f"{shop.origin}/callback?error=access_denied**")
        phone.page.goto(shop.address(authorization_details=details(taro)))
        expect(phone.page.locator("main")).to_contain_text("Next you see what it asks you to sign.")
        phone.tap("Allow")
        expect(phone.page.locator("main")).to_contain_text("工事請負契約書.pdf")
        phone.tap("Decline")
        phone.page.wait_for_url(f"{shop.origin}/callback?error=access_denied**")
        assert phone.page.goto(address).status == 400  # type: ignore[union-attr]
        phone.shows("This request can no longer be answered")
