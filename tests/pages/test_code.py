"""code.js: the page reads a code exactly as the server does, so that what it says at once is true."""

import re

from playwright.sync_api import Page

from app.domain.link import read_code
from app.phone.static import static_path
from tests.app.test_link import VECTORS, mistyped

READ = "async ([module, texts]) => { const { readCode } = await import(module); return texts.map(readCode); }"
GROUP = "async ([module, texts]) => { const { grouped } = await import(module); return texts.map(grouped); }"


def test_page_and_server_read_alike(page: Page) -> None:
    """The vectors of docs/ca.md, and codes as tired people type them."""
    page.goto("/enroll?lang=en")
    module = static_path("code.js")
    assert page.evaluate(READ, [module, VECTORS]) == [vector.replace("-", "") for vector in VECTORS]
    texts = list(mistyped(7))
    assert page.evaluate(READ, [module, texts]) == [read_code(text) for text in texts]
    assert page.evaluate(GROUP, [module, [re.sub("-", "", vector).lower() for vector in VECTORS]]) == VECTORS
