"""The relying application in Chromium: the page goes on by itself, and nothing on the way breaks the content security policy."""

import asyncio
import shutil
from pathlib import Path

from playwright.async_api import Page, async_playwright, expect

from tests.demo.relying_service import CONTRACT
from tests.demo.relying_site import Site, with_site
from tests.harness.chromium import FLAGS, PATIENCE_MS


def test_a_person_asks_waits_tries_again_and_downloads(tmp_path: Path) -> None:
    async def test(site: Site) -> None:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            page = await browser.new_page(locale="ja-JP")
            complaints: list[str] = []
            page.on("console", lambda message: complaints.append(message.text))
            page.on("pageerror", lambda error: complaints.append(str(error)))
            await go_the_whole_way(site, page)
            await browser.close()
        assert complaints == []

    with_site(tmp_path, test)


async def go_the_whole_way(site: Site, page: Page) -> None:
    service = site.service
    service.released, service.decision = asyncio.Event(), "access_denied"
    await page.goto(f"{site.url}/?user=taro")
    await page.set_input_files("#file", {"name": "too-large.pdf", "mimeType": "application/pdf", "buffer": bytes(10_000_001)})
    assert "10 MB" in await page.inner_text("#file-problem")
    await page.set_input_files("#file", {"name": "契約書.pdf", "mimeType": "application/pdf", "buffer": CONTRACT})
    await page.get_by_role("button", name="署名を依頼する").click()
    await page.wait_for_selector(".qr")
    assert await page.title() == "署名者の承認を待っています – 青葉電子契約"
    assert await page.locator(".digits span").all_inner_texts() == ["4", "7"]
    await page.wait_for_function("document.querySelector('.qr').naturalWidth > 0")  # it changes every second
    await expect(page.locator("#left")).not_to_have_text("3:00", timeout=PATIENCE_MS)
    service.released.set()
    await page.wait_for_selector(".card.stop")  # without a click or a reload by hand
    service.decision = "approve"
    await page.get_by_role("button", name="もう一度依頼する").click()
    await page.wait_for_selector(".result")
    assert await page.locator(".verdict").count() == 2
    async with page.expect_download() as download:
        await page.get_by_role("link", name="署名済み PDF をダウンロード").click()
    assert (await download.value).suggested_filename == "契約書-signed.pdf"
