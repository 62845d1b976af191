"""The approval page weighs at most 60 kB on the wire without a document; only what is the same for everybody is compressed."""

import httpx2
import pytest
from playwright.sync_api import Page

from app.phone.static import static_path
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


def test_only_what_is_the_same_for_everybody_is_compressed(stack: Stack, phone: Phone, careful_request: Request) -> None:
    """A page that holds what an application wrote beside what it must not learn tells nothing by its length (BREACH)."""
    script = httpx2.get(stack.origin + static_path("page.js"), headers={"Accept-Encoding": "gzip"})
    assert script.headers["content-encoding"] == "gzip"
    cookies = {cookie["name"]: cookie["value"] for cookie in phone.context.cookies()}
    with httpx2.stream("GET", careful_request.url, headers={"Accept": "text/html", "Accept-Encoding": "gzip"}, cookies=cookies) as shown:
        sent = b"".join(shown.iter_raw())
    plain = httpx2.get(careful_request.url, headers={"Accept": "text/html", "Accept-Encoding": "identity"}, cookies=cookies)
    for answer in (script, shown, plain):
        assert "accept-encoding" in answer.headers["vary"].lower()
    assert shown.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    beginning, end, rest = plain.content.partition(b"</style>")
    assert end
    assert careful_request.description.encode() in sent  # as it is
    assert b"--paper" in beginning
    assert b"--paper" not in sent
    for text in (careful_request.description, *careful_request.labels, careful_request.application.client_id):
        assert text.encode() not in beginning
    assert len(rest) < len(sent) < len(rest) + len(beginning) / 2
