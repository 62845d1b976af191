"""The headers of every answer: nothing from elsewhere, nothing framed, nothing stored; scored as the HTTP Observatory scores."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx2
import pytest

from app.routes import GET, POST
from tests.flow.browser import Browse, Browser
from tests.flow.observatory import EXACT, START, directives, modifiers
from tests.harness.signer import Signer
from tests.harness.stack import ROOT, Application, Stack

BAR = 140
STYLE = (ROOT / "static" / "natsuin.css").read_text()
OWN_STYLE = f"'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"


def require_safe(answer: httpx2.Response) -> None:
    """Check what every answer must carry, whatever it is."""
    for name, value in EXACT.items():
        assert answer.headers.get_list(name) == [value], (answer.request.url, name)
    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["x-request-id"])
    assert "server" not in answer.headers
    assert "access-control-allow-origin" not in answer.headers
    policy = directives(answer.headers["content-security-policy"])
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
    assert policy["require-trusted-types-for"] == ["'script'"]
    assert {source for name in ("script-src", "img-src", "connect-src", "form-action") for source in policy[name]} == {"'self'"}
    assert policy["style-src"] == ["'self'", OWN_STYLE]
    permissions = dict(one.strip().split("=") for one in answer.headers["permissions-policy"].split(","))
    assert permissions.pop("publickey-credentials-get") == permissions.pop("publickey-credentials-create") == "(self)"
    assert permissions == dict.fromkeys(("camera", "microphone", "geolocation", "payment"), "()")
    scored = modifiers(answer, secure=False)
    assert min(scored.values()) >= 0, scored
    if answer.headers.get("content-type", "").startswith("text/html"):
        assert START + sum(scored.values()) >= BAR, scored


@pytest.mark.parametrize("path", [path for path, _ in GET])
def test_every_page_is_safe(stack: Stack, taros_browser: Browser, path: str) -> None:
    """With a session and without, found or not, as a page and as JSON, in both languages."""
    path = path.replace("{id}", "A" * 22)
    for language in ("ja", "en"):
        for accept in ("text/html", "application/json"):
            headers = {"Accept": accept, "Accept-Language": language}
            for client in (taros_browser.http, stack.http):
                with client.stream("GET", path, headers=headers) as answer:
                    if answer.headers.get("content-type") != "text/event-stream; charset=utf-8":
                        answer.read()
                    require_safe(answer)


@pytest.mark.parametrize("path", [path for path, _ in POST])
def test_every_refusal_is_safe(stack: Stack, taro: Signer, browse: Browse, path: str) -> None:
    """Errors of every route: an empty body, another method, a foreign origin."""
    path, browser = path.replace("{id}", "A" * 22), browse(stack, taro.passkey).signed_in()
    require_safe(browser.post(path, {}))
    require_safe(browser.post(path, {}, Origin="https://evil.example"))
    for method in ("PUT", "OPTIONS", "POST"):
        require_safe(stack.http.request(method, path))


def test_answers_that_give_something_are_safe(shop: Application, taro: Signer, taros_browser: Browser) -> None:
    """The whole way of one signature, and the approval page in each of its states."""
    asked = shop.authorize(taro.credential_id)
    page, handle = f"/approve/{asked['handle']}", asked["handle"]
    answers = [
        shop.post("info", {}),
        shop.post("credentials/info", {"credentialID": taro.credential_id}),
        shop.stack.http.post("/oauth2/token", data={"grant_type": "client_credentials"}, auth=(shop.client_id, shop.client_secret)),
        taros_browser.get(page),
        taros_browser.get(page, Accept="application/json"),
        taros_browser.get("/"),
        taros_browser.approve(handle),
        taros_browser.get(page),
        shop.post("credentials/authorizeCheck", {"handle": handle}),
        taros_browser.sign_in(),
    ]
    assert {answer.status_code for answer in answers} == {200}
    for answer in answers:
        require_safe(answer)


def test_requests_that_no_route_sees_are_refused_safely(stack: Stack) -> None:
    """A foreign host, a path that is not there."""
    require_safe(stack.http.get("/", headers={"Host": "evil.example"}))
    for path in ("/nothing", "/csc/nothing", "/static/nothing"):
        answer = stack.http.get(path)
        assert answer.status_code == 404
        if not path.startswith("/static"):
            require_safe(answer)


def test_files_of_the_pages_never_change_under_their_digest(stack: Stack) -> None:
    """Scripts and styles may be stored for ever at the address that pages name, and elsewhere are looked at anew; else they are as safe."""
    page = stack.http.get("/sign-in")
    named = Resources.of(page.text)
    assert len(named) >= 3
    for path in named:
        answer = stack.http.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert min(modifiers(answer, secure=False).values()) >= 0
        elsewhere = stack.http.get("/static/" + path.split("/", 3)[3])
        assert (elsewhere.status_code, elsewhere.headers["cache-control"]) == (200, "no-cache")


@pytest.mark.parametrize("path", ["/sign-in", "/enroll", "/nothing"])
def test_pages_load_nothing_from_elsewhere(stack: Stack, path: str) -> None:
    """No inline script or handler, no style but the one that the policy names, and no address but our own."""
    found = Resources()
    found.feed(stack.http.get(path).text)
    assert found.inline == ["style"]
    assert found.style == STYLE
    assert {urlsplit(urljoin(stack.origin + path, address)).netloc for address in found.addresses} == {urlsplit(stack.origin).netloc}


def test_session_cookie_is_for_http_only(taros_browser: Browser) -> None:
    """`HttpOnly`, `SameSite=Lax`, for the whole site, for as long as the settings say; on plain http without `Secure`."""
    (cookie,) = taros_browser.sign_in().headers.get_list("set-cookie")
    name, *attributes = cookie.split("; ")
    assert re.fullmatch(r"natsuin=[A-Za-z0-9_-]{43}", name)
    assert {attribute.lower() for attribute in attributes} == {"httponly", "max-age=2592000", "path=/", "samesite=lax"}


class Resources(HTMLParser):
    """What a page loads or links to, and what it has inline."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.inline: list[str] = []
        self.style = ""

    @classmethod
    def of(cls, page: str) -> list[str]:
        """List the files that a page loads."""
        found = cls()
        found.feed(page)
        return [address for address in found.addresses if address.startswith("/static/")]

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.addresses += [given[name] or "" for name in ("src", "href", "action") if name in given]
        if (tag == "script" and "src" not in given) or tag == "style":
            self.inline.append(tag)
        self.inline += [name for name in given if name.startswith("on") or name == "style"]

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "style":  # the element whose text is no markup
            self.style += data
