"""The approval page weighs at most 60 kB on the wire without a document; only what is the same for everybody is compressed."""

import httpx2
import pytest
from playwright.sync_api import Page

from app.phone.page import static_path
from tests.browser.asking import Request
from tests.browser.phone import Phone
from tests.harness.stack import Stack
from tests.harness.weight import Weight

MOST_BYTES = 60_000


@pytest.fixture
def page(phone: Phone) -> Page:
    return phone.page


def test_the_approval_page_is_light(page: Page, careful_request: Request) -> None:
    """The first time on this phone, with every script, style and picture."""
    weight = Weight(page)
    weight.open(careful_request.url)
    assert 5_000 < weight.bytes <= MOST_BYTES


def test_only_files_of_the_pages_are_compressed(stack: Stack, phone: Phone, careful_request: Request) -> None:
    """A page that holds what an application wrote beside what it must not learn tells nothing by its length (BREACH)."""
    style = httpx2.get(stack.origin + static_path("natsuin.css"), headers={"Accept-Encoding": "gzip"})
    assert style.headers["content-encoding"] == "gzip"
    assert "accept-encoding" in style.headers["vary"].lower()
    shown = phone.context.request.get(careful_request.url, headers={"Accept-Encoding": "gzip"})
    assert shown.ok
    assert "content-encoding" not in shown.headers
