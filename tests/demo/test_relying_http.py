"""What every answer of the relying application must and must not carry, whom it refuses, and in which language it speaks."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from demo.relying import pages
from demo.relying.headers import HEADERS
from demo.relying.intake import MAX_TOGETHER_BYTES
from tests.demo.relying_site import Site, with_site


def test_every_answer_carries_the_headers_and_no_page_anything_inline(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        done = await site.job()
        await site.until(done, "done")
        paths = (
            "/",
            done,
            f"{done}/state",
            f"{done}/signed/1",
            f"{done}/calls",
            f"{done}/signed.zip",
            "/jobs/none",
            "/nowhere",
            "/static/relying.css",
            "/sample.pdf",
            "/?lang=en",
        )
        for path in paths:
            async with site.visitor.get(site.url + path) as answer:
                assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, path
                if answer.content_type == "text/html":
                    page = await answer.text()
                    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", page), path
        async with site.visitor.put(site.url + "/") as answer:
            assert (answer.status, answer.headers["X-Content-Type-Options"]) == (405, "nosniff")

    with_site(tmp_path, test)


def test_a_form_from_another_site_or_to_another_host_is_refused(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        for headers, status in (
            ({"Sec-Fetch-Site": "cross-site"}, 403),
            ({"Sec-Fetch-Site": "same-site"}, 403),
            ({"Origin": "https://evil.example"}, 403),
            ({"Origin": "null"}, 403),
            ({"Host": "evil.example"}, 400),
        ):
            async with site.visitor.post(site.url + "/", data={"which": "sample", "user_id": "taro"}, headers=headers) as answer:
                assert answer.status == status, headers
        assert not site.service.calls

    with_site(tmp_path, test)


def test_what_is_too_large_together_has_a_page_and_is_not_read(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        status, path, page = await site.ask(("a.pdf", bytes(MAX_TOGETHER_BYTES + 200_000)))
        assert (status, path) == (413, "/")
        assert "larger than 20 MB together" in page

        async def endless() -> AsyncIterator[bytes]:
            yield b"which=sample"

        async with site.visitor.post(site.url + "/", data=endless()) as answer:  # chunked: nobody knows how long
            assert answer.status == 411

    with_site(tmp_path, test)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("ja", "ja"), ("en-GB,ja;q=0.5", "en"), ("fr,ja;q=0.4,en;q=0.6", "en"), ("fr", "ja"), ("", "ja"), ("en;q=0,ja;q=0.1", "ja")],
)
def test_the_language_is_the_browsers(accepted: str, language: str, tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        assert f'<html lang="{language}">' in await site.page("/", accepted)

    with_site(tmp_path, test)


def test_a_language_that_was_switched_to_stays(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        assert '<html lang="en">' in await site.page("/?lang=en", "ja")
        assert '<html lang="en">' in await site.page("/", "ja")
        assert '<html lang="en">' in await site.page("/?lang=%22><script>", "ja")

    with_site(tmp_path, test)


def test_an_error_that_nobody_foresaw_has_a_page_and_the_headers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(pages, "read_application", fail)

    async def test(site: Site) -> None:
        async with site.visitor.get(site.url + "/", headers={"Accept-Language": "en"}) as answer:
            assert answer.status == 500
            assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
            assert "That did not work" in await answer.text()

    with_site(tmp_path, test)
