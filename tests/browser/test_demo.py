"""The demo relying application beside the signer's pages, in one browser: PDFs go in, and come out sealed, signed and valid."""

import io
import json
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.conftest import MakePhone, Person
from tests.browser.words import JAPANESE
from tests.demo.test_relying_seal import red_box_mm
from tests.flow.polls import wait_until
from tests.harness.chromium import PATIENCE_MS
from tests.harness.stack import READY_WITHIN_S, ROOT, Application, Stack

CONTRACT = ROOT / "demo" / "samples" / "contract.pdf"


@pytest.fixture
def relying(stack: Stack, careful_shop: Application) -> Iterator[str]:
    """The address of a running relying application, which asks for a code."""
    account = stack.data / "demo" / "client.json"
    account.parent.mkdir(exist_ok=True)
    account.write_text(json.dumps({"client_id": careful_shop.client_id, "client_secret": careful_shop.client_secret}))
    address = f"http://localhost:{stack.port + 1}"
    with (stack.data / "relying.log").open("ab") as log:
        command = [sys.executable, "-m", "demo.relying"]
        process = subprocess.Popen(command, env=stack.environment, cwd=ROOT, stdout=log, stderr=log)
    try:
        wait_until_it_answers(address)
        yield address
    finally:
        process.kill()
        process.wait(20)


def test_two_contracts_are_sealed_by_hand_approved_once_and_downloaded_signed(
    relying: str, make_phone: MakePhone, taro: Person, tmp_path: Path
) -> None:
    """In Japanese: the phone opens the very documents, with the seal; the application's page goes on by itself; both validators accept."""
    with taro.holding(make_phone(JAPANESE)) as phone:
        phone.context.add_cookies(taro.session)
        phone.origins.append(relying)
        desk = phone.context.new_page()
        desk.set_viewport_size({"width": 1280, "height": 1500})
        ask_with_a_seal(desk, relying, taro.user_id)

        code = str(desk.locator(".digits").get_attribute("aria-label")).replace(" ", "")
        read = read_code(desk)
        assert read.startswith(f"{phone.origin}/s#")
        wait_until(lambda: read_code(desk) != read)
        second_window = desk.get_by_role("link", name="別のウィンドウで承認する")
        assert second_window.get_attribute("target") == "_blank"
        phone.page.goto(relying + str(second_window.get_attribute("href")))
        main = phone.page.locator("main")
        for text in ("Aoba Construction e-Contracts", "工事請負契約の締結", "契約書.pdf", "覚書.pdf"):
            expect(main).to_contain_text(text)
        phone.page.get_by_role("button", name="文書を開いて読む").last.click()
        expect(phone.page.locator("#document-say")).to_have_text("✓ これから署名する文書です")
        shown = phone.page.frame_locator("#pdf").locator("canvas").first
        expect(shown).to_be_visible()
        assert has_red(Image.open(io.BytesIO(shown.screenshot())))
        phone.tap("閉じる")
        phone.page.get_by_label("パソコンの画面に出ている番号").fill(code)
        phone.tap(JAPANESE.approve)
        ends = (phone.page.get_by_role("heading", name=name, exact=True) for name in (JAPANESE.approved, JAPANESE.signed))
        next(ends).or_(next(ends)).wait_for()

        expect(desk.locator(".result")).to_contain_text("有効な電子署名・2 件すべて", timeout=2 * PATIENCE_MS)
        expect(desk.locator(".steps .past")).to_have_count(6)
        expect(desk.locator(".report > p").first).to_contain_text("山田 太郎 さんが")
        assert "/csc/v2/signatures/signHash" in desk.locator("#calls .path").all_inner_texts()
        with desk.expect_download() as download:
            desk.get_by_role("link", name="署名済み PDF をまとめてダウンロード（ZIP）").click()
        with zipfile.ZipFile(download.value.path()) as packed:
            assert packed.namelist() == ["契約書-signed.pdf", "覚書-signed.pdf"]
            packed.extractall(tmp_path)
    for signed in tmp_path.glob("*-signed.pdf"):
        assert signed.read_bytes().startswith(CONTRACT.read_bytes())
        said = subprocess.run(["pdfsig", "-nocert", signed], capture_output=True, text=True, check=True, env=os.environ | {"LC_ALL": "C"})
        assert "Signature is Valid" in said.stdout
        assert red_box_mm(signed.read_bytes(), tmp_path) == pytest.approx((40, 50, 58, 68), abs=1.5)


def ask_with_a_seal(desk: Page, relying: str, user_id: str) -> None:
    """Choose two files, drag the seal to 40 mm from the left and 50 mm from the top, and ask."""
    desk.goto(relying)
    content = CONTRACT.read_bytes()
    files: list[FilePayload] = [{"name": name, "mimeType": "application/pdf", "buffer": content} for name in ("契約書.pdf", "覚書.pdf")]
    desk.get_by_label("署名する PDF").set_input_files(files)
    expect(desk.locator("#chosen li")).to_have_count(2)
    desk.get_by_label("印影を押す").check()
    desk.get_by_label("署名者 ID").fill(user_id)
    desk.get_by_label("件名").fill("工事請負契約の締結")
    desk.get_by_role("button", name="署名を依頼する").click()
    desk.locator("#paper[data-shown='1']").wait_for()
    layer, seal = desk.locator("#layer").bounding_box(), desk.locator("#seal").bounding_box()
    assert layer is not None
    assert seal is not None
    scale = layer["width"] / 209.9  # the contract's page is so many millimetres wide
    desk.mouse.move(seal["x"] + seal["width"] / 2, seal["y"] + seal["height"] / 2)
    desk.mouse.down()
    desk.mouse.move(layer["x"] + 120 * scale, layer["y"] + 120 * scale)
    desk.mouse.move(layer["x"] + 49 * scale, layer["y"] + 59 * scale)
    desk.mouse.up()
    assert float(desk.get_by_label("左から（mm）").input_value()) == pytest.approx(40, abs=1)
    desk.get_by_role("button", name="この位置で署名を依頼する").click()


def has_red(picture: Image.Image) -> bool:
    """Tell whether the seal's colour is there."""
    pixels = picture.convert("RGB").getcolors(maxcolors=1 << 24) or []
    return sum(count for count, colour in pixels if colour == (200, 55, 45)) > 20


def read_code(desk: Page) -> str:
    """Read the QR code on the screen as a camera does."""
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(desk.locator("#qr").screenshot())))
    return found.text


def wait_until_it_answers(address: str) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        try:
            if httpx2.get(address).status_code == 200:
                return
        except httpx2.HTTPError:
            time.sleep(0.1)
    raise RuntimeError("the relying application is not ready")
