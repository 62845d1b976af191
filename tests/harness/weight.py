"""What a page weighs on the wire and when it first paints, by the browser's own account (DevTools protocol, Network and Performance)."""

from typing import Any

from playwright.sync_api import CDPSession, Page

# Lighthouse's slow 4G, applied to each request as the DevTools do it, and a processor four times as slow.
SLOW_4G = {"offline": False, "latency": 562.5, "downloadThroughput": 1_474_560 / 8, "uploadThroughput": 675_840 / 8}
SLOWER = 4
PAINTED = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


class Weight:
    """Counts the bytes that come over the wire to one tab, headers included, with nothing stored from before."""

    def __init__(self, page: Page) -> None:
        self.bytes = 0
        self._page = page
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._session.on("Network.loadingFinished", self._count)
        self._session.send("Network.enable")
        self._session.send("Network.setCacheDisabled", {"cacheDisabled": True})

    def slow_phone(self) -> None:
        """Have the tab on a slow phone from now on."""
        self._session.send("Network.emulateNetworkConditions", SLOW_4G)
        self._session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})

    def open(self, address: str) -> float:
        """Open a page, wait until nothing more comes, and give when it first painted, in milliseconds; its bytes are `bytes`."""
        self.bytes = 0
        self._page.goto(address, wait_until="networkidle")
        return float(self._page.wait_for_function(PAINTED).json_value())

    def _count(self, finished: dict[str, Any]) -> None:
        self.bytes += int(finished["encodedDataLength"])
