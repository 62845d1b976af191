"""The receipt in a browser: read, asked for, approved with the passkey, downloaded, and valid."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MakePhone, new_user_id
from tests.browser.phone import Phone
from tests.browser.words import ENGLISH, JAPANESE, Words
from tests.harness.stack import Stack
from tests.harness.validators import validated

TEXTS = {
    ENGLISH: ("The receipt for your certificate", "Sign the receipt", "Open the document", "Download the receipt", "Signed on"),
    JAPANESE: ("電子証明書の受領書", "受領書に署名する", "文書を開いて読む", "受領書を保存する", "に署名しました"),
}


@pytest.mark.parametrize("words", [JAPANESE, ENGLISH], ids=["ja", "en"])
def test_a_new_signer_signs_the_receipt_and_downloads_it(stack: Stack, make_phone: MakePhone, tmp_path: Path, words: Words) -> None:
    """From the account page to a document that two validators accept; what is read on the way is what is signed."""
    title, sign, open_it, download, signed_on = TEXTS[words]
    phone = make_phone(words)
    phone.enroll(stack.enrollment_url(new_user_id(), "山田 太郎"))
    phone.page.goto("/account")
    phone.page.locator('a[href="/receipt"]').click()
    phone.shows(title)
    read = document_to_read(phone)
    phone.tap(sign)
    phone.shows(words.asked)
    phone.tap(open_it)
    expect(phone.page.locator("#document-say")).to_contain_text("✓")
    expect(phone.page.frame_locator("#pdf").locator(".page p").first).to_contain_text("山田 太郎")
    phone.page.locator("#document-close").click()
    phone.tap(words.approve)
    expect(phone.page.get_by_role("heading", name=re.compile(f"{words.signed}|{words.approved}"))).to_be_visible()
    phone.page.goto("/receipt")
    phone.shows(title)
    while not phone.page.get_by_text(signed_on).is_visible():  # a worker may be signing it at this moment
        phone.page.reload()
        phone.shows(title)
    with phone.page.expect_download() as downloading:
        phone.page.get_by_role("link", name=download).click()
    downloading.value.save_as(tmp_path / "receipt.pdf")
    pdf = (tmp_path / "receipt.pdf").read_bytes()
    assert downloading.value.suggested_filename.startswith("receipt-")
    assert pdf.startswith(read)
    assert validated(stack, pdf) == [True, True]


def document_to_read(phone: Phone) -> bytes:
    """Fetch what the receipt's page offers to read, as this browser."""
    address = phone.page.locator('main a[href$="/document"]').get_attribute("href")
    return bytes(phone.context.request.get(str(address)).body())
