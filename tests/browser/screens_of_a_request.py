"""The pictures of what a request may bring: documents to read, several at once, a code on a screen, secrets, another one meanwhile."""

from playwright.sync_api import Browser, expect

from tests.browser.asking import Request
from tests.browser.conftest import credential_of
from tests.browser.phone import Phone
from tests.browser.picture import dark_picture, picture
from tests.browser.test_documents import swap_byte
from tests.browser.words import JAPANESE
from tests.harness.contents import Prepared, pdf
from tests.harness.stack import Application, Stack


def walk_with_documents(browser: Browser, stack: Stack) -> None:
    """One signer, several applications; each request is ended before the next comes."""
    shop, screen = stack.application("あけぼの不動産 電子契約"), stack.application("港北物流 受発注", "--moving-code")
    phone = Phone(browser, stack.origin, JAPANESE, device_scale_factor=2)
    phone.enroll(stack.enrollment_url("michiko", "小林 美智子"))
    key = credential_of(shop, "michiko")
    phone.page.goto(with_document(shop, key, pdf(pages=3)))
    picture(phone, "approve-with-document.ja-light")
    phone.tap("文書を開いて読む")
    expect(phone.page.frame_locator("#pdf").locator("canvas").first).to_be_visible()
    picture(phone, "document.ja-light")
    dark_picture(phone, "document.ja-dark")
    phone.tap("閉じる")
    Request(shop, key, "覚書の取り交わし", ("覚書.pdf",))
    expect(phone.page.locator("#another")).to_be_visible()
    phone.page.locator("#another").scroll_into_view_if_needed()
    picture(phone, "another.ja-light")
    phone.tap("心当たりがない場合")
    picture(phone, "unexpected.ja-light")
    phone.tap("拒否して報告する")
    expect(phone.page.locator("#unexpected-done")).to_be_visible()
    picture(phone, "unexpected-pause.ja-light")
    phone.page.route("**/documents/0", swap_byte)
    phone.page.goto(with_document(shop, key, pdf()))
    phone.tap("文書を開いて読む")
    expect(phone.page.locator("#say")).to_contain_text("署名される文書ではありません")
    picture(phone, "document-different.ja-light")
    phone.tap(JAPANESE.decline)
    phone.shows(JAPANESE.declined)
    phone.page.goto(Request(shop, key, "注文書の発行", tuple(f"注文書_{number:02}.pdf" for number in range(1, 13))).url)
    picture(phone, "batch.ja-light", whole=True)
    phone.tap(JAPANESE.decline)
    phone.shows(JAPANESE.declined)
    phone.page.goto(f"/approve/{screen.authorize(key)['handle']}")
    picture(phone, "code-on-screen.ja-light")
    phone.close()


def with_document(shop: Application, key: str, document: Prepared) -> str:
    """Ask for a signature over a file, and give the page's address."""
    texts = {"description": "工事請負契約の締結", "documentLabels": ["工事請負契約書_AK-2026-118.pdf"]}
    return str(shop.authorize(key, document.digest, documents=[document.field], **texts)["approval_url"])
