"""Chromium on the sample pages; a breach of the security policy or an error in a script fails the test."""

import shutil
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from .browsing import Authenticator
from .preview import serve

CHROMIUM = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
CHROMIUM += ["--disable-background-networking", "--disable-component-update"]

# Before any script: report a breach of the security policy, and a passkey that is asked for outside the tap, where Safari refuses it.
OBSERVE = """
addEventListener("securitypolicyviolation", (event) => console.error(event.violatedDirective));
addEventListener("click", () => { window.inTap = true; setTimeout(() => { window.inTap = false; }); }, true);
for (const name of ["create", "get"]) {
  const real = CredentialsContainer.prototype[name];
  CredentialsContainer.prototype[name] = function (options) {
    if (!window.inTap) console.error("passkey outside the tap");
    return real.call(this, options);
  };
}
"""


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    server = serve()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, origin: str) -> Iterator[Page]:
    context = browser.new_context(base_url=origin, viewport={"width": 390, "height": 844}, locale="en-US", reduced_motion="reduce")
    context.set_default_timeout(5000)
    page = context.new_page()
    page.add_init_script(OBSERVE)
    faults: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            faults.append(message.text)

    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", listen)
    yield page
    context.close()
    assert faults == []


@pytest.fixture
def authenticator(page: Page) -> Authenticator:
    made = Authenticator(page)
    made.add_passkey()
    return made
