"""Several documents in one request of the relying application, the seal placed by the fields, and restarts in the middle of it."""

import asyncio
import re
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import aiohttp
import pytest

from demo.relying import signing
from demo.relying.intake import ENCRYPTED, MOST_DOCUMENTS, NOT_A_PDF, TOO_LARGE
from demo.relying.jobs import INTERRUPTED, Jobs, Step
from demo.relying.problems import SIGNED_BEFORE
from tests.demo.relying_service import CONTRACT
from tests.demo.relying_site import Site, plain, serve, with_site
from tests.demo.test_relying_intake import encrypted
from tests.demo.test_relying_seal import blank, red_box_mm


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing, "PATIENCE_S", 0.3)


async def place(site: Site, path: str, **fields: object) -> tuple[int, str]:
    """Send the form on which the seal is placed."""
    given = {name: str(value) for name, value in fields.items()}
    async with site.visitor.post(f"{site.url}{path}/seal", data=given, headers={"Accept-Language": "en"}) as answer:
        return answer.status, plain(await answer.text())


async def fetch_all(site: Site, path: str) -> dict[str, bytes]:
    async with site.visitor.get(f"{site.url}{path}/signed.zip") as answer:
        content = await answer.read()
    with zipfile.ZipFile(BytesIO(content)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def test_two_documents_are_one_request_and_each_has_its_seal_and_its_report(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        path = await site.job(("契約書.pdf", CONTRACT), ("契約書.PDF", blank()), subject="契約", with_seal=True)
        page = await site.until(path, "placing")
        assert "It goes to the same place on every document." in page
        assert site.service.count("/authorize") == 0
        for wrong in ({"left": "x"}, {"left": "nan"}, {"top": -1}, {"size": 500}, {"page": 2}, {"page": 0}):
            status, said = await place(site, path, **({"seal": "placed", "page": 1, "left": 12, "top": 25, "size": 20} | wrong))
            assert status == 422, wrong
            assert "Enter the place as numbers" in said or "no such page" in said
        await place(site, path, seal="placed", page=-1, left=12, top=25, size=20)
        page = plain(await site.until(path, "done"))
        assert "Valid signatures, all 2" in page
        assert page.count("Signed by 山田 太郎 on") == 2
        (asked,) = [body for called, body, _ in site.service.calls if called.endswith("/authorize")]
        assert (asked["numSignatures"], asked["documentLabels"], len(asked["documents"])) == (2, ["契約書.pdf", "契約書.PDF"], 2)
        packed = await fetch_all(site, path)
        assert list(packed) == ["契約書-signed.pdf", "契約書-signed-2.pdf"]
        first, second = packed.values()
        assert first.startswith(CONTRACT)
        for signed in (first, second):
            assert red_box_mm(signed, tmp_path) == pytest.approx((12, 25, 32, 45), abs=0.8)

    with_site(tmp_path, test)


def test_a_seal_is_one_click_away_from_none(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        site.service.name = "\U0001f58b 太郎"  # nothing that the font has
        site.service.certificate = site.service.pki.issue(site.service.key, site.service.name)
        path = await site.job(("a.pdf", blank()), with_seal=True)
        assert "No seal can be drawn" in await site.until(path, "placing")
        await place(site, path, seal="none")
        await site.until(path, "done")
        async with site.visitor.get(f"{site.url}{path}/signed/1") as answer:
            assert red_box_mm(await answer.read(), tmp_path) is None

    with_site(tmp_path, test)


def test_more_documents_than_the_key_signs_at_once_are_said_before_the_signer_is_asked(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        site.service.most_signatures = 2
        page = await site.until(await site.job(*[(f"{number}.pdf", blank()) for number in range(3)]), "ended")
        assert "signs up to 2 documents with one approval, and these are 3" in page
        assert site.service.count("/authorize") == 0
        status, _, page = await site.ask(*[(f"{number}.pdf", b"%PDF-") for number in range(MOST_DOCUMENTS + 1)])
        assert (status, f"At most {MOST_DOCUMENTS} documents" in page) == (413, True)

    with_site(tmp_path, test)


@pytest.mark.parametrize(
    ("pdf", "words"), [(encrypted, ENCRYPTED), (lambda: b"hello", NOT_A_PDF), (lambda: b"%PDF-" + bytes(10_000_000), TOO_LARGE)]
)
def test_the_one_that_can_not_be_signed_is_named(pdf: Callable[[], bytes], words: Exception, tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        status, path, page = await site.ask(("good.pdf", CONTRACT), ("<b>bad\u202e</b>.pdf", pdf()), user_id="taro")
        assert (status >= 400, path) == (True, "/")
        assert f"“&lt;b&gt;bad&lt;/b&gt;.pdf”: {words}".replace("'", "&#39;") in page
        assert 'value="taro"' in page

    with_site(tmp_path, test)


def test_names_of_signed_files_lead_nowhere_else(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        names = (
            "../../etc/passwd.pdf",
            "a\\b:c.pdf",
            "..pdf",
            ".pdf",
            '"; filename=evil.exe',
            "A" * 300 + ".pdf",
        )
        path = await site.job(*[(name, blank()) for name in names])
        await site.until(path, "done")
        kept = list(await fetch_all(site, path))
        assert len(set(kept)) == len(names)
        assert not [
            name for name in kept if set('/\\:"\r\n') & set(name) or name.startswith(".") or not re.search(r"-signed(-\d)?\.pdf$", name)
        ]
        for number in range(1, len(names) + 1):
            async with site.visitor.get(f"{site.url}{path}/signed/{number}") as answer:
                assert answer.status == 200

    with_site(tmp_path, test)


def test_a_restart_loses_no_request(tmp_path: Path) -> None:
    """Finished and placed ones are there, what waits goes on and is signed, and what nobody can be sure of has ended, in words."""

    async def test(site: Site) -> None:
        finished, placing = await site.job(), await site.job(with_seal=True)
        await site.until(finished, "done")
        await site.until(placing, "placing")
        site.service.released = asyncio.Event()
        waiting = await site.job(("a.pdf", CONTRACT), ("b.pdf", blank()))
        await site.until(waiting, "waiting")
        asked = site.service.count("/authorize")
        jobs = Jobs(site.config.directory)
        prepared = jobs.create_again(jobs.get(finished.removeprefix("/jobs/")))
        async with serve(site.config) as restarted, aiohttp.ClientSession() as visitor:
            again = Site(restarted, site.config, site.service, visitor)
            assert "Valid signature" in await again.page(finished)
            assert "Ask, with the seal here" in await again.page(placing)
            assert INTERRUPTED.en in plain(await again.page(f"/jobs/{prepared.id}"))
            assert "The signing service still has the request" in await again.page(waiting)
            site.service.released.set()
            assert "Valid signatures, all 2" in await again.until(waiting, "done")
        assert site.service.count("/authorize") == asked

    with_site(tmp_path, test)


def test_signatures_that_were_made_and_lost_are_said(tmp_path: Path) -> None:
    """The service gives them once; who was restarted between asking and having them can only ask anew."""

    async def test(site: Site) -> None:
        site.service.released = asyncio.Event()
        path = await site.job()
        await site.until(path, "waiting")
        site.service.decision, site.service.state = "invalid_request", "signed"
        site.service.released.set()
        assert SIGNED_BEFORE.en in plain(await site.until(path, "ended"))

    with_site(tmp_path, test)


def test_a_code_that_is_gone_is_said(tmp_path: Path) -> None:
    """Its key is in memory only; where nothing else opens the request, there is no picture and no link after a restart."""

    async def test(site: Site) -> None:
        site.service.released, site.service.is_code_needed = asyncio.Event(), True
        path = await site.job()
        assert 'id="qr"' in await site.until(path, "waiting")
        async with serve(site.config) as restarted, site.visitor.get(restarted + path, headers={"Accept-Language": "en"}) as answer:
            page = await answer.text()
            async with site.visitor.get(f"{restarted}{path}/qr.svg") as picture:
                assert picture.status == 204
            site.service.released.set()
        assert "The QR code can't be shown any more." in plain(page).replace("&#39;", "'")
        assert 'id="qr"' not in page
        assert Jobs(site.config.directory).get(path.removeprefix("/jobs/")).step in (Step.DONE, Step.SIGNING, Step.WAITING)

    with_site(tmp_path, test)
