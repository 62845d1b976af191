"""The relying application over HTTP: the way of a document, and every way it can end."""

import asyncio
from pathlib import Path

import pytest

from demo.relying import job_pages, signing
from demo.relying.jobs import LIFE_S, Jobs, JobUnknown
from demo.relying.problems import EXPIRED, NOT_RECOGNIZED, REFUSED, TOO_MANY, UNKNOWN, UNREACHABLE
from tests.demo.relying_service import CONTRACT
from tests.demo.relying_site import Site, plain, with_site


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing, "PATIENCE_S", 0.3)


def test_a_document_goes_the_whole_way(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        site.service.released = asyncio.Event()
        path = await site.job(("契約書.pdf", CONTRACT), subject="工事請負契約の締結")
        page = await site.until(path, "waiting")
        assert 'aria-label="4 7"' in page
        assert f'href="{path}/here"' in page
        async with site.visitor.get(f"{site.url}{path}/here", allow_redirects=False) as led:
            assert (led.status, led.headers["Location"].partition(".here.")[0]) == (303, f"{site.service.origin}/s#{'T' * 22}")
        assert "K" * 43 not in page
        async with site.visitor.get(f"{site.url}/back?state={path.rpartition('/')[2]}", allow_redirects=False) as led:
            assert (led.status, led.headers["Location"]) == (303, path)
        for strange in ("", "?state=", "?state=//evil.example", "?state=https://evil.example"):
            async with site.visitor.get(f"{site.url}/back{strange}", allow_redirects=False) as nowhere:
                assert nowhere.status == 404
        async with site.visitor.get(f"{site.url}{path}/qr.svg") as picture:
            assert (picture.status, picture.content_type) == (200, "image/svg+xml")
            assert "style" not in await picture.text()
        async with site.visitor.get(f"{site.url}{path}/signed/1") as early:
            assert early.status == 404
        assert "承認を待っています" in await site.page(path, "ja")
        site.service.released.set()
        page = plain(await site.until(path, "done"))
        assert "Signed by 山田 太郎 on " in page
        assert "and unchanged since." in page
        assert "Issued by Test Root (a trusted CA)" in page
        assert "Not revoked" in page
        assert "No third party vouches for the time." in page
        assert "pyHanko 0." in page
        assert "pdfsig (poppler" in page
        assert "✓ Valid signature" in page
        ja = plain(await site.page(path, "ja"))
        assert "山田 太郎 さんが 20" in ja
        assert "失効していません" in ja
        async with site.visitor.get(f"{site.url}{path}/signed/1") as signed:
            assert (await signed.read()).startswith(CONTRACT)
            assert signed.headers["Content-Type"] == "application/pdf"
            assert signed.headers["Content-Disposition"].startswith("attachment")
            assert "%E5%A5%91%E7%B4%84%E6%9B%B8-signed.pdf" in signed.headers["Content-Disposition"]
        asked = next(body for called, body, _ in site.service.calls if called.endswith("/authorize"))
        assert (asked["description"], asked["documentLabels"]) == ("工事請負契約の締結", ["契約書.pdf"])

    with_site(tmp_path, test)
    kept = [file.read_text() for file in tmp_path.rglob("job.json")]
    assert kept
    assert not [text for text in kept if "K" * 43 in text]  # the key of the moving code is in memory only


@pytest.mark.parametrize(
    ("decision", "reason", "words"),
    [
        ("access_denied", "declined", REFUSED["declined"]),
        ("access_denied", "not_me", REFUSED["not_me"]),
        ("access_denied", "wrong_code", REFUSED["wrong_code"]),
        ("authorization_expired", None, EXPIRED),
        ("outcome_unknown", None, UNKNOWN),
    ],
)
def test_an_end_without_approval_is_a_sentence_and_can_be_tried_again(
    decision: str, reason: str | None, words: tuple[str, str], tmp_path: Path
) -> None:
    async def test(site: Site) -> None:
        site.service.decision, site.service.reason = decision, reason
        path = await site.job()
        await site.until(path, "ended")
        assert words[1] in plain(await site.page(path)).replace("&#39;", "'")
        assert words[0] in plain(await site.page(path, "ja"))
        site.service.decision = "approve"
        async with site.visitor.post(f"{site.url}{path}/again") as answer:
            again = answer.url.path
        assert again != path
        assert "Valid signature" in await site.until(again, "done")

    with_site(tmp_path, test)


def test_a_signer_without_a_key_is_named(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        assert "no key of a signer “nobody”" in await site.until(await site.job(user_id="nobody"), "ended")

    with_site(tmp_path, test)


def test_a_service_that_is_down_is_a_sentence(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        await site.service.__aexit__()
        assert UNREACHABLE.en in await site.until(await site.job(), "ended")

    with_site(tmp_path, test)


def test_a_client_secret_that_is_not_accepted_is_a_sentence(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        site.config.client_file.write_text('{"client_id": "relying", "client_secret": "old"}')
        assert NOT_RECOGNIZED.en in await site.until(await site.job(), "ended")

    with_site(tmp_path, test)


def test_too_many_open_requests_is_a_sentence(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        site.service.is_busy = True
        assert TOO_MANY.en in await site.until(await site.job(), "ended")

    with_site(tmp_path, test)


def test_a_signature_that_does_not_verify_is_shown_as_such(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        site.service.signs_wrongly = True
        page = await site.until(await site.job(), "done")
        assert "Validation failed" in page
        assert "Valid signature" not in page

    with_site(tmp_path, test)


def test_without_the_ca_the_signed_pdf_is_there_but_not_called_valid(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        site.service.has_root = False
        page = await site.until(await site.job(), "done")
        assert "Not validated" in page
        assert "gave no root certificate" in page
        assert "/signed/1" in page

    with_site(tmp_path, test)


def test_without_an_account_the_page_says_how_to_get_one(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        account = site.config.client_file.read_text()
        site.config.client_file.unlink()
        page = await site.page("/")
        assert "natsuin client add" in page
        assert "disabled" in page
        assert "not registered" in await site.until(await site.job(), "ended")
        site.config.client_file.write_text(account)  # seen without a restart
        assert "natsuin client add" not in await site.page("/")

    with_site(tmp_path, test)


def test_a_bad_user_id_is_refused_and_what_was_entered_is_kept(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        status, path, page = await site.ask(user_id="山田", subject="About <b>this</b>")
        assert (status, path) == (422, "/")
        assert "signer&#39;s ID is made of" in page
        assert 'value="山田"' in page
        assert "About &lt;b&gt;this&lt;/b&gt;" in page

    with_site(tmp_path, test)


def test_what_a_stranger_writes_stays_text(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        site.service.released = asyncio.Event()
        path = await site.job(("<img src=x onerror=alert(1)>\u202egnp.pdf", CONTRACT), subject="<script>alert(1)</script>\u200b")
        page = await site.until(path, "waiting")
        assert "<img src=x" not in page
        assert "<script>alert" not in page
        assert "\u202e" not in page
        assert "\u200b" not in page
        site.service.released.set()
        await site.until(path, "done")

    with_site(tmp_path, test)


def test_documents_are_gone_after_an_hour(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        path = await site.job()
        await site.until(path, "done")
        job_id = path.removeprefix("/jobs/")
        jobs = Jobs(site.config.directory)
        created = jobs.get(job_id).created
        jobs.sweep(created + LIFE_S - 1)
        assert (site.config.directory / job_id / "0.signed.pdf").exists()
        jobs.sweep(created + LIFE_S + 1)
        assert not (site.config.directory / job_id).exists()
        with pytest.raises(JobUnknown):
            jobs.get(job_id)

    with_site(tmp_path, test)


def test_what_was_cut_short_is_removed_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "job.json").write_text("{}")
    Jobs(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_job_that_runs_is_not_opened_twice(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        site.service.released = asyncio.Event()
        path = await site.job()
        async with site.visitor.post(f"{site.url}{path}/again") as answer:
            assert answer.url.path == path
        site.service.released.set()
        await site.until(path, "done")

    with_site(tmp_path, test)


def test_the_poll_is_held_until_something_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_pages, "HOLD_S", 0.3)

    async def test(site: Site) -> None:
        site.service.released = asyncio.Event()
        path = await site.job()
        await site.until(path, "waiting")
        loop = asyncio.get_running_loop()
        started = loop.time()
        async with site.visitor.get(f"{site.url}{path}/state?seen=1&calls=4") as answer:
            assert await answer.json() == {"version": 1, "step": "waiting", "calls": 4}
        assert loop.time() - started > 0.25
        site.service.released.set()
        await site.until(path, "done")

    with_site(tmp_path, test)
