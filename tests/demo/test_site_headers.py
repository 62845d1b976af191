"""The headers of the demo's sites, the relying application and the CA, scored as the HTTP Observatory scores, on every route."""

from pathlib import Path

import httpx2
import pytest

from tests.demo.ca_desk import Desk
from tests.demo.relying_site import Site, with_site
from tests.flow.observatory import START, modifiers

BAR = 140
OF_A_JOB = ("", "/state?seen=-1", "/calls", "/qr.svg", "/seal.svg", "/document/1", "/prepared/1", "/signed/1", "/signed.zip", "/again")
OTHERS = ("/", "/?lang=ja", "/sample.pdf", "/static/relying.css", "/static/nothing", "/nowhere")
OF_THE_FRAME = ("/static/viewer/page.html", "/static/viewer/page.js", "/static/viewer/pdfjs/pdf.min.mjs")


def require_safe(answer: httpx2.Response) -> None:
    """No line below nothing, and the bar of the signer's pages for every page."""
    scored = modifiers(answer, secure=False)
    assert min(scored.values()) >= 0, (answer.request.url, scored)
    if answer.headers.get("content-type", "").startswith("text/html"):
        assert START + sum(scored.values()) >= BAR, (answer.request.url, scored)


def test_the_relying_application_loses_no_point(tmp_path: Path) -> None:
    """Each route, of a job and of none, and with the wrong method."""

    async def test(site: Site) -> None:
        job = await site.job()
        paths = [*OTHERS, *(f"{one}{path}" for one in (job, "/jobs/unknown") for path in OF_A_JOB)]
        async with httpx2.AsyncClient(base_url=site.url, timeout=30) as visitor:
            for path in paths:
                require_safe(await visitor.get(path))
                require_safe(await visitor.put(path))
            require_safe(await visitor.post("/", data={"user_id": "!"}))
            for path in OF_THE_FRAME:  # strangers may read it, because what has no origin is one to its own server
                answer = await visitor.get(path)
                assert answer.status_code == 200
                assert "sandbox allow-scripts; default-src 'none'" in answer.headers["content-security-policy"]
                assert answer.headers["access-control-allow-origin"] == "*"

    with_site(tmp_path, test)


@pytest.mark.parametrize("path", ["/", "/?lang=ja", "/apply", "/apply/unknown", "/desk", "/nowhere", "/static/ca.css", "/crl"])
def test_the_demo_ca_loses_no_point(tmp_path: Path, path: str) -> None:
    """The pages for people, and what is beside them at the same door."""
    require_safe(Desk(tmp_path / "ca").http.get(path))
