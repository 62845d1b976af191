"""The relying application in Chromium: the page goes on by itself, and nothing on the way breaks the content security policy."""

import asyncio
import shutil
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.demo.relying_service import CONTRACT
from tests.demo.relying_site import Site, with_site
from tests.demo.test_relying_seal import blank, red_box_mm
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
    assert await page.inner_text("#file-problem") == "10 MB を超えています： too-large.pdf"
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
    await page.get_by_text("検証プログラムの判定").click()
    assert await page.locator(".verdict:visible").count() == 2
    async with page.expect_download() as download:
        await page.get_by_role("link", name="署名済み PDF をダウンロード").click()
    assert (await download.value).suggested_filename == "契約書-signed.pdf"


def test_the_seal_is_placed_by_keyboard_pointer_and_fields(tmp_path: Path) -> None:
    """It stays on the page; what is sent is what the fields say, and what is opened on the wire stays open when the page goes on."""

    async def test(site: Site) -> None:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            page = await browser.new_page(locale="en-GB", viewport={"width": 1280, "height": 1600})
            complaints: list[str] = []
            page.on("console", lambda message: complaints.append(message.text))
            page.on("pageerror", lambda error: complaints.append(str(error)))
            strangers: list[str] = []
            page.on("request", lambda request: None if request.url.startswith(site.url) else strangers.append(request.url))
            await place_it(site, page, tmp_path)
            await browser.close()
        assert (complaints, strangers) == ([], [])

    with_site(tmp_path, test)


async def place_it(site: Site, page: Page, directory: Path) -> None:
    async def fields() -> list[float]:
        return [float(await page.locator(f"[name={name}]").input_value()) for name in ("left", "top", "size")]

    site.service.released = asyncio.Event()
    path = await site.job(("three pages.pdf", blank(pages=3)), with_seal=True)
    await site.until(path, "placing")
    await page.goto(site.url + path)
    await page.locator("#paper[data-shown='3']").wait_for()
    assert await fields() == [57, 107, 18]
    await page.get_by_label("Page", exact=True).fill("2")
    await page.keyboard.press("Tab")
    await page.locator("#paper[data-shown='2']").wait_for()
    await page.locator("#seal").focus()
    for key in ("ArrowLeft", "ArrowUp", "Shift+ArrowUp", "Shift+ArrowLeft", "+", "+", "-"):
        await page.keyboard.press(key)
    assert await fields() == [46, 96, 19]
    await expect(page.locator("#said")).to_have_text("46.0 mm from the left, 96.0 mm from the top, size 19.0 mm", timeout=PATIENCE_MS)
    for _ in range(9):
        await page.keyboard.press("Shift+ArrowDown")
    assert await fields() == [46, 131, 19]  # the lower edge
    layer = await page.locator("#layer").bounding_box()
    assert layer is not None
    scale = layer["width"] / 100
    await page.mouse.click(layer["x"] + 30 * scale, layer["y"] + 40 * scale)
    assert await fields() == pytest.approx([20.5, 30.5, 19], abs=0.5)
    handle = await page.locator("#handle").bounding_box()
    assert handle is not None
    await page.mouse.move(handle["x"] + 5, handle["y"] + 5)
    await page.mouse.down()
    await page.mouse.move(handle["x"] + 5 + 11 * scale, handle["y"] + 5, steps=4)
    await page.mouse.up()
    assert await fields() == pytest.approx([20.5, 30.5, 30], abs=0.7)
    await page.get_by_label("From the left (mm)").fill("10")
    wanted = await fields()
    seal = await page.locator("#seal").bounding_box()
    assert seal is not None
    assert (seal["x"] - layer["x"]) / scale == pytest.approx(10, abs=0.3)
    await page.get_by_role("button", name="Ask, with the seal here").click()
    await page.wait_for_selector(".qr")
    await page.locator("#calls summary").first.click()
    site.service.released.set()
    await page.wait_for_selector(".result")
    assert await page.locator("#calls details[open]").count() == 1
    names = await page.locator("#calls .path").all_inner_texts()
    assert names[-1] == "/csc/v2/signatures/signHash"
    async with site.visitor.get(f"{site.url}{path}/signed/1") as answer:
        signed = await answer.read()
    found = red_box_mm(signed, directory, page=2)
    assert found == pytest.approx((10, wanted[1], 10 + wanted[2], wanted[1] + wanted[2]), abs=1)
