"""Debian's Chromium without a screen, as all browser tests run it, and how long they wait for what it is to show."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
FLAGS += ["--disable-background-networking", "--disable-component-update"]
PATIENCE_MS = 30_000  # a page that is right shows it at once; a busy machine takes its time

# Before any script: report a breach of the security policy, and a passkey that is asked for outside the tap, where Safari refuses it.
OBSERVE = """
addEventListener("securitypolicyviolation", (event) => console.error(`${event.violatedDirective}: ${event.blockedURI}`));
addEventListener("click", () => { window.inTap = true; setTimeout(() => { window.inTap = false; }); }, true);
for (const name of self.CredentialsContainer ? ["create", "get"] : []) {
  const real = CredentialsContainer.prototype[name];
  CredentialsContainer.prototype[name] = function (options) {
    if (!window.inTap) console.error("passkey outside the tap");
    return real.call(this, options);
  };
}
"""

expect.set_options(timeout=PATIENCE_MS)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run it for as long as the block lasts."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def close(context: BrowserContext) -> None:
    """Close it without a request held up in between: with one, closing may wait without end."""
    for page in context.pages:
        page.unroute_all()
    context.close()
