"""Lighthouse on the pages of one signature, whose scores here no busy machine changes; `make lighthouse` looks at every page."""

import tempfile
from pathlib import Path

from playwright.sync_api import Browser

from tests.browser.every_page import SETTINGS, every_page
from tests.harness.lighthouse import STILL, lighthouse
from tests.harness.stack import running_stack
from tests.pages.test_accessibility import PAGES

HERE = ("approve.html", "ended.html")


def test_pages_of_a_signature_have_full_marks(browser: Browser) -> None:
    """In accessibility and best practices; and the list that `make lighthouse` measures is that of all pages."""
    with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder), **SETTINGS) as stack:
        pages = every_page(browser, stack)
        assert {page.path for page in pages} == PAGES.keys()
        assert {page.template for page in pages} - {""} == {template for shown in PAGES.values() if len(shown) > 1 for template in shown}
        with lighthouse() as running:
            for page in (page for page in pages if page.template in HERE):
                found = running.look(stack.origin + page.address, page.cookie, STILL)
                assert found.scores == dict.fromkeys(STILL, 100), found.misses
