"""The pictures of what comes before and after a signature: application, receipt, PIN and one-time password, renewal, replacement."""

import re
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, ViewportSize, expect

from tests.browser.asking import Request
from tests.browser.conftest import credential_of
from tests.browser.own import open_ready
from tests.browser.phone import Phone
from tests.browser.picture import ANDROID, dark_picture, paper_picture, picture
from tests.browser.test_set_otp import read, to_fields
from tests.browser.words import ENGLISH, JAPANESE
from tests.flow.records import Records
from tests.harness.authenticator import GOOD_PIN, App
from tests.harness.stack import Stack

DESKTOP: ViewportSize = {"width": 1280, "height": 900}
DAY_S = 86_400


def walk_through_the_ca(browser: Browser, stack: Stack) -> None:
    """Apply at the demo CA, and examine at its desk."""
    ca = f"http://localhost:{stack.port + 2}"
    visitor = Phone(browser, ca, JAPANESE, device_scale_factor=2)
    officer = Phone(browser, ca, JAPANESE, viewport=DESKTOP)
    visitor.page.goto("/apply")
    visitor.page.locator("#name").fill("鈴木 一郎")
    visitor.page.locator("#user-id").fill("ichiro")
    visitor.page.locator("#postal-code").fill("100-0001")
    visitor.page.locator("#address").fill("東京都千代田区千代田 1-1\nサンプルマンション 301号室")
    visitor.page.locator("#address").blur()
    picture(visitor, "ca-apply.ja-light", whole=True)
    visitor.page.locator("button.main").click()
    visitor.shows("審査中です")
    officer.page.goto("/desk")
    officer.page.locator("#secret").fill((stack.data / "ca" / "officer-secret").read_text())
    officer.page.locator("button.main").click()
    officer.shows("お申し込みの審査")
    picture(officer, "ca-desk.ja-desktop")
    visitor.close()
    officer.close()


def walk_with_a_second_way(browser: Browser, stack: Stack) -> None:
    """From the end of enrolment: an authenticator app, the receipt, and a computer on which nobody is signed in."""
    application = stack.application("青葉建設株式会社 電子契約")
    phone = Phone(browser, stack.origin, JAPANESE, device_scale_factor=2, user_agent=ANDROID)
    phone.enroll(stack.enrollment_url("sakura", "高橋 さくら"))
    picture(phone, "registered.ja-light")
    phone.page.get_by_role("link", name=JAPANESE.go_on).click()
    phone.shows(JAPANESE.second_way)
    picture(phone, "second-way.ja-light", whole=True)
    phone.page.get_by_role("link").filter(has_text="暗証番号とワンタイムパスワード").click()
    phone.tap("認証アプリ")
    expect(phone.page.locator("#qr path")).to_have_attribute("d", re.compile("M"))
    picture(phone, "otp-app.ja-light", whole=True)
    app = App(read(phone.page.locator("#qr")))
    to_fields(phone)
    phone.page.locator("#pin").fill("121212")
    phone.page.locator("#code").fill(app.code())
    phone.tap("設定する")
    expect(phone.page.locator("#pin-says")).to_contain_text("人に当てられやすい")
    picture(phone, "otp-pin-refused.ja-light", whole=True)
    phone.page.locator("#pin").fill(GOOD_PIN)
    phone.page.locator("#code").fill(app.code())
    phone.can_tap("設定する")
    phone.tap("設定する")
    phone.shows("設定が完了しました")
    phone.page.get_by_role("link", name=JAPANESE.go_on).click()
    phone.shows(JAPANESE.second_way)
    phone.tap(JAPANESE.go_on)
    walk_to_the_receipt(phone)
    phone.page.goto("/notifications")
    picture(phone, "notifications.ja-light")

    request = Request(application, credential_of(application, "sakura"), "工事請負契約の締結", ("工事請負契約書_AK-2026-118.pdf",))
    desk = Phone(browser, stack.origin, JAPANESE, viewport=DESKTOP)
    desk.page.goto(request.url)
    desk.page.get_by_text("スマートフォンを使わない場合").click()
    picture(desk, "otp-sign-in.ja-desktop")
    phone.page.goto(request.url)
    phone.page.get_by_text("スマートフォンを使わずに承認する").click()
    picture(phone, "otp-approve.ja-light", whole=True)
    desk.close()
    phone.close()


def walk_to_the_receipt(phone: Phone) -> None:
    phone.shows("電子証明書の受領書")
    picture(phone, "receipt.ja-light")
    phone.tap("受領書に署名する")
    phone.shows(JAPANESE.asked)
    picture(phone, "receipt-approve.ja-light")
    phone.tap(JAPANESE.approve)
    expect(phone.page.locator(".end")).to_be_visible()
    phone.page.goto("/receipt")
    while not phone.page.get_by_text("に署名しました").is_visible():
        phone.page.goto("/receipt")
        phone.shows("電子証明書の受領書")
    picture(phone, "receipt-signed.ja-light")
    address = str(phone.page.get_by_role("link", name="受領書を保存する").get_attribute("href"))
    with tempfile.TemporaryDirectory() as folder:
        pdf = Path(folder) / "receipt.pdf"
        pdf.write_bytes(phone.context.request.get(address).body())
        paper_picture(pdf, "receipt-paper")


def walk_to_the_end_of_a_certificate(browser: Browser, stack: Stack) -> None:
    """A key that is to be renewed, a letter that replaces everything; then some pages in English, dark and on a small phone."""
    application, records = stack.application("みなと商会 受発注"), Records(stack)
    phone = Phone(browser, stack.origin, JAPANESE, device_scale_factor=2, user_agent=ANDROID)
    phone.enroll(stack.enrollment_url("kenji", "伊藤 健二"))
    key = credential_of(application, "kenji")
    records.change("UPDATE credentials SET not_after = ? WHERE credential_id = ?", int(time.time()) + 20 * DAY_S, key)
    phone.page.goto("/")
    picture(phone, "ending.ja-light")
    open_ready(phone, f"/keys/{key}/renew")
    picture(phone, "renew.ja-light")
    phone.tap("鍵を更新する")
    phone.shows("新しい鍵ができました")
    picture(phone, "renewed.ja-light")
    stack.natsuin("signer", "add", "kenji", "--name", "伊藤 健二", "--replaces")
    phone.page.goto("/account/replacement")
    picture(phone, "replacement.ja-light")
    phone.page.goto("/no-such-page")
    picture(phone, "not-found.ja-light")
    phone.close()

    person = Phone(browser, stack.origin, ENGLISH, device_scale_factor=2, user_agent=ANDROID)
    person.enroll(stack.enrollment_url("ken", "Ken Ito"))
    for address, name in (("/account", "account"), ("/second-way", "second-way"), ("/receipt", "receipt"), ("/history", "history")):
        person.page.goto(address)
        picture(person, f"{name}.en-light", whole=True)
    person.page.goto("/receipt")
    dark_picture(person, "receipt.en-dark")
    person.page.set_viewport_size({"width": 360, "height": 640})
    request = Request(application, credential_of(application, "ken"), "Purchase order", ("Order_4471.pdf",))
    person.page.goto(request.url)
    picture(person, "approve.en-small")
    person.close()
