"""What a page weighs on the wire, when it first paints and when it can be used, as the browser itself has it (DevTools protocol)."""

from typing import Any, NamedTuple

from playwright.sync_api import CDPSession, Page

# Lighthouse's slow 4G, applied to each request as the DevTools do it, and a processor four times as slow.
SLOW_4G = {"offline": False, "latency": 562.5, "downloadThroughput": 1_474_560 / 8, "uploadThroughput": 675_840 / 8}
SLOWER = 4
# A page says in its body that its scripts have run and its buttons work.
WATCH = """new MutationObserver(() => { if ("ready" in document.body.dataset) window.usable ??= performance.now(); })
  .observe(document, { subtree: true, attributeFilter: ["data-ready"] });"""
OPENED = """() => {
  const painted = performance.getEntriesByName("first-contentful-paint")[0]?.startTime;
  return painted && window.usable && [painted, window.usable];
}"""


class Opened(NamedTuple):
    """When a page first painted and when its buttons worked, in milliseconds after it was asked for."""

    painted_ms: float
    usable_ms: float


class Weight:
    """Counts the bytes that come over the wire to one tab, headers included, with nothing stored from before until it may store."""

    def __init__(self, page: Page) -> None:
        self.bytes = 0
        self._page = page
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._session.on("Network.loadingFinished", self._count)
        self._session.send("Network.enable")
        self._session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        page.add_init_script(WATCH)

    def slow_phone(self) -> None:
        """Have the tab on a slow phone from now on."""
        self._session.send("Network.emulateNetworkConditions", SLOW_4G)
        self._session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})

    def may_store(self) -> None:
        """Let the browser keep from now on what it may."""
        self._session.send("Network.setCacheDisabled", {"cacheDisabled": False})

    def open(self, address: str) -> Opened:
        """Open a page, wait until nothing more comes, and give when it could be seen and used; its bytes are `bytes`."""
        self.bytes = 0
        self._page.goto(address, wait_until="networkidle")
        return Opened(*self._page.wait_for_function(OPENED).json_value())

    def _count(self, finished: dict[str, Any]) -> None:
        self.bytes += int(finished["encodedDataLength"])
