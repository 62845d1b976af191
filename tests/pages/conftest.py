"""Chromium on the sample pages; a breach of the security policy or an error in a script fails the test."""

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.harness.chromium import OBSERVE, PATIENCE_MS, chromium, close

from .browsing import Authenticator
from .preview import serve


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    server = serve()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def page(browser: Browser, origin: str) -> Iterator[Page]:
    context = browser.new_context(base_url=origin, viewport={"width": 390, "height": 844}, locale="en-US", reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.add_init_script(OBSERVE)
    faults: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            faults.append(message.text)

    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", listen)
    yield page
    close(context)
    assert faults == []


@pytest.fixture
def authenticator(page: Page) -> Authenticator:
    made = Authenticator(page)
    made.add_passkey()
    return made
