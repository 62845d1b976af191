"""inbox.html and its script, which follows what waits."""

from playwright.sync_api import Page, Route, expect

from .browsing import says
from .samples import WAITING


def test_the_inbox_follows_what_waits(page: Page) -> None:
    waiting = [WAITING[1], {**WAITING[1], "id": "new", "application": "<b>New</b>"}]
    page.clock.install()

    def fulfil(route: Route) -> None:
        if "json" in route.request.headers["accept"]:
            route.fulfill(json={"waiting": waiting})
        else:
            route.fallback()

    page.route("**/inbox", fulfil)
    page.goto("/inbox?lang=en")
    expect(page.get_by_role("listitem")).to_have_count(2)
    page.clock.run_for(5000)
    says(page, "A new request has arrived.")
    expect(page.get_by_role("listitem").nth(1)).to_contain_text("<b>New</b>")
    assert page.locator("#lasting a").nth(1).get_attribute("href") == "/approve/new"
    waiting.clear()
    page.clock.run_for(5000)
    expect(page.get_by_role("heading", name="Nothing is waiting")).to_be_visible()
