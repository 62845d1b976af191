"""The demo relying application beside the signer's pages, in one browser: a PDF goes in, and comes out signed and valid."""

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import Person
from tests.browser.phone import Phone
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


def test_a_contract_is_uploaded_approved_and_downloaded_signed(relying: str, phone: Phone, taro: Person, tmp_path: Path) -> None:
    """The phone opens the very document; the application's page goes on by itself, and shows that both validators accept the signature."""
    phone.origins.append(relying)
    desk = phone.context.new_page()
    desk.goto(relying)
    desk.get_by_label("A PDF of your own").check()
    desk.get_by_label("The PDF to be signed").set_input_files(CONTRACT)
    desk.get_by_label("The signer's ID").fill(taro.user_id)
    desk.get_by_label("What it is about").fill("Construction contract")
    desk.get_by_role("button", name="Ask for the signature").click()

    code = str(desk.locator(".digits").get_attribute("aria-label")).replace(" ", "")
    read = read_code(desk)
    assert read.startswith(f"{phone.origin}/s#")
    wait_until(lambda: read_code(desk) != read)
    phone.page.goto(relying + str(desk.get_by_role("link", name="Open it on this device").get_attribute("href")))
    main = phone.page.locator("main")
    for text in ("Aoba Construction e-Contracts", "Construction contract", "contract.pdf"):
        expect(main).to_contain_text(text)
    phone.tap("Open the document")
    expect(phone.page.locator("#document-say")).to_have_text("✓ This is the document being signed")
    expect(phone.page.frame_locator("#pdf").locator("canvas").first).to_be_visible()
    phone.tap("Close")
    phone.page.get_by_label("The number shown on your computer").fill(code)
    phone.tap("Approve")
    phone.page.get_by_role("heading", name="Approved").or_(phone.page.get_by_role("heading", name="Signed")).wait_for()

    expect(desk.locator(".result")).to_contain_text("Valid signature", timeout=2 * PATIENCE_MS)
    for verdict in desk.locator(".verdict").all():
        expect(verdict.get_by_role("heading")).to_contain_text("✓ Valid")
    with desk.expect_download() as download:
        desk.get_by_role("link", name="Download the signed PDF").click()
    signed = tmp_path / "signed.pdf"
    download.value.save_as(signed)
    assert signed.read_bytes().startswith(CONTRACT.read_bytes())
    pdfsig = subprocess.run(["pdfsig", "-nocert", signed], capture_output=True, text=True, check=True, env=os.environ | {"LC_ALL": "C"})
    assert "Signature is Valid" in pdfsig.stdout


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
