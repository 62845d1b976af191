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


def test_no_japanese_day_is_broken(page: Page) -> None:
    """2026年12月 at the end of one line and 13日 at the beginning of the next is read as two things."""
    rects = "day.getClientRects().length > 1 || getComputedStyle(day).display !== 'inline'"  # as a block it parts the time from the day
    broken = f"[...document.querySelectorAll('.day')].filter((day) => {rects}).length"
    for width in (320, 390):
        page.set_viewport_size({"width": width, "height": 844})
        for name in (
            "account-ending",
            "account-ending-soon",
            "account-recovering",
            "renew",
            "renew-not-yet",
            "inbox-recovering",
            "approve",
        ):
            page.goto(f"/{name}?lang=ja")
            assert page.locator("main .day, aside .day").count() > 0, name
            assert page.evaluate(broken) == 0, (name, width)
