"""Every page on the smallest screen and with the largest text."""

from playwright.sync_api import Page

from .samples import SAMPLES


def test_no_page_is_wider_than_a_small_screen(page: Page) -> None:
    """Also at 200 % text; and no page offends the security policy (the fixture looks)."""
    page.set_viewport_size({"width": 320, "height": 568})
    for name in SAMPLES:
        page.goto(f"/{name}?lang=ja#the-link")
        for size in ("106.25%", "212.5%"):
            page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, size)
