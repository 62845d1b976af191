"""axe finds nothing on the pages of the two demo sites, in no state, in either language; and no template is left out."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route

from demo.ca import pages as ca
from demo.relying import show as relying
from tests.demo.site_samples import SAMPLES
from tests.harness.axe import LOOKS, bring_axe, findings
from tests.harness.chromium import chromium

ORIGIN = "http://localhost"
OPEN = {"Access-Control-Allow-Origin": "*"}  # the frame that draws PDFs has no origin
INCLUDED = {"base.html", "done.html", "placing.html", "waiting.html", "wire.html"}


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """A page without a server; every element that may appear does."""
    with chromium() as browser:
        page = browser.new_page()
        bring_axe(page)
        yield page


def test_every_template_has_a_sample() -> None:
    for site in (relying, ca):
        templates = {path.name for path in (site.HERE / "templates").iterdir()}
        assert {sample.template for sample in SAMPLES.values() if sample.folder == site.HERE} == templates - INCLUDED


@pytest.mark.parametrize("lang", LOOKS)
@pytest.mark.parametrize("name", SAMPLES)
def test_axe_finds_nothing(page: Page, name: str, lang: str) -> None:
    """WCAG A and AA and good practice, on phone and desktop, light and dark."""
    sample = SAMPLES[name]

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        if path.startswith("/static/viewer/pdfjs/"):
            route.fulfill(path=path[1:], headers=OPEN)
        elif path.startswith("/static/"):
            route.fulfill(path=sample.folder / path[1:], headers=OPEN)
        elif "/document/" in path:
            route.fulfill(path=relying.HERE.parent / "samples" / "contract.pdf")
        elif path.startswith("/jobs/"):
            route.abort()
        else:
            route.fulfill(body=sample.render(lang), content_type="text/html; charset=utf-8")

    page.route("**/*", answer)
    page.goto(f"{ORIGIN}/")
    page.evaluate("document.querySelectorAll('[hidden]').forEach((hidden) => { hidden.hidden = false; })")
    found = findings(page, LOOKS[lang])
    page.unroute("**/*", answer)
    assert not found, "\n".join(found)
