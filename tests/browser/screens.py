"""
The pictures of docs/screens, taken from real flows on a real stack: `python -m tests.browser.screens`.

It also draws the icons in static/ from static/mark.svg, and every page and state of the samples (tests/pages/sheets.py). Run it again when
the pages have changed.
"""

import re
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, ViewportSize

from tests.browser.asking import Request
from tests.browser.conftest import credential_of
from tests.browser.own import asked, open_link, open_ready, show_link
from tests.browser.phone import Phone
from tests.browser.picture import ANDROID, SCREENS, dark_picture, paper_picture, picture
from tests.browser.screens_of_a_life import walk_through_the_ca, walk_to_the_end_of_a_certificate, walk_with_a_second_way
from tests.browser.screens_of_a_request import walk_with_documents
from tests.browser.words import ENGLISH, JAPANESE
from tests.flow.letters import Letter, new_letter
from tests.harness.chromium import chromium
from tests.harness.stack import ROOT, Stack, running_stack
from tests.pages.sheets import main as draw_every_page

DESKTOP: ViewportSize = {"width": 1280, "height": 800}
RED = "#c8372d"
# Each icon: its side, how much of it the mark takes, and what is behind the mark.
ICONS = {
    "logo": (256, 1.0, "none"),
    "icon-192": (192, 1.0, "none"),
    "icon-512": (512, 1.0, "none"),
    "icon-maskable": (512, 0.8, RED),  # whatever form a launcher cuts, the middle four fifths stay (W3C App Manifest, purpose)
    "apple-touch-icon": (180, 1.0, RED),  # iOS rounds the corners itself
    "badge": (96, 1.0, "none"),
}


def main() -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder)) as stack, chromium() as browser:
        draw_icons(browser)
        walk_in_japanese(browser, stack)
        walk_through_ones_own(browser, stack)
        walk_with_recovery_codes(browser, stack)
        walk_in_english(browser, stack)
        walk_with_documents(browser, stack)
        walk_through_the_ca(browser, stack)
    settings = {"NATSUIN_FACTORS": "passkey_or_otp", "NATSUIN_RENEW_BEFORE": "30"}
    with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder), **settings) as stack, chromium() as browser:
        walk_with_a_second_way(browser, stack)
        walk_to_the_end_of_a_certificate(browser, stack)
    draw_every_page()
    for file in sorted(SCREENS.glob("*.png")):
        shrink(file)
        print(f"{file.stat().st_size / 1000:4.0f} kB  {file.relative_to(ROOT)}")


def shrink(file: Path) -> None:
    """Keep 64 colours: of flat pages nobody sees it, and it is a quarter of the size."""
    with Image.open(file) as read:
        small = read.convert("RGB").quantize(64, dither=Image.Dither.NONE)
    small.save(file, optimize=True)


def walk_in_japanese(browser: Browser, stack: Stack) -> None:
    """Every page of the signer's way."""
    application = stack.application("青葉建設株式会社 電子契約", "--code")
    phone = Phone(browser, stack.origin, JAPANESE, device_scale_factor=2)
    letter = draw_letter(stack)
    phone.page.goto("/enroll")
    phone.page.locator("#code").fill(f"{letter.printed[:-2]}{letter.printed[:-3:-1]}")
    phone.says("手紙をもう一度見て")
    picture(phone, "code-mistyped.ja-light")
    phone.page.locator("#code").fill(letter.printed)
    picture(phone, "code.ja-light")
    dark_picture(phone, "code.ja-dark")
    phone.tap(JAPANESE.next)
    phone.page.get_by_text("taro").wait_for()
    picture(phone, "enroll.ja-light")
    phone.tap(JAPANESE.register)
    phone.shows(JAPANESE.registered)

    def requested(description: str, *labels: str) -> Request:
        return Request(application, credential_of(application, "taro"), description, labels)

    contract = requested("工事請負契約の締結", "工事請負契約書_AK-2026-118.pdf")
    others = [requested("注文書の発行", "注文書_2026-0457.pdf", "仕様書.pdf"), requested("覚書の取り交わし", "覚書_AK-2026-118-3.pdf")]
    phone.page.goto("/")
    picture(phone, "inbox.ja-light")
    phone.page.goto(contract.url)
    phone.page.locator("#code").fill(contract.code or "")
    phone.page.locator("#code").blur()
    picture(phone, "approve.ja-light")
    dark_picture(phone, "approve.ja-dark")
    desk = Phone(browser, stack.origin, JAPANESE, viewport=DESKTOP)
    desk.context.add_cookies(phone.context.cookies())  # type: ignore[arg-type]  # what it gives, it takes
    desk.page.goto(contract.url)
    picture(desk, "approve.ja-desktop")
    desk.close()
    phone.tap(JAPANESE.approve)
    phone.shows(JAPANESE.approved)
    picture(phone, "done.ja-light")

    declined, late = others
    phone.page.goto(declined.url)
    phone.tap(JAPANESE.decline)
    phone.shows(JAPANESE.declined)
    picture(phone, "refused.ja-light")
    late.end_now()
    phone.page.goto(late.url)
    picture(phone, "expired.ja-light")
    phone.context.clear_cookies()
    phone.open_sign_in(late.url)
    picture(phone, "sign-in.ja-light")
    phone.close()


def walk_through_ones_own(browser: Browser, stack: Stack) -> None:
    """Every page about a signer's own keys and devices."""
    application = stack.application("みなと商会 受発注")
    old = Phone(browser, stack.origin, JAPANESE, device_scale_factor=2, user_agent=ANDROID)
    new = Phone(browser, stack.origin, JAPANESE, device_scale_factor=2, synced=True)
    old.enroll(stack.enrollment_url("umeko", "田中 梅子"))
    key = f"/keys/{credential_of(application, 'umeko')}"
    for end in (JAPANESE.approve, JAPANESE.decline):
        request = Request(application, credential_of(application, "umeko"), "発注書の確認", ("発注書_4471.pdf",))
        old.page.goto(request.url)
        old.tap(end)
        old.page.locator(".end").wait_for()
    link = show_link(old)
    old.page.get_by_role("timer").get_by_text("残り").wait_for()
    picture(old, "add-device.ja-light", whole=True)
    open_link(new, link)
    new.page.get_by_label(JAPANESE.call_it).fill("書斎のパソコン")
    picture(new, "new-device.ja-light")
    new.tap(JAPANESE.add_this)
    new.shows(JAPANESE.go_back)
    picture(new, "new-device-number.ja-light")
    asked(old)
    picture(old, "approve-device.ja-light")
    old.tap(JAPANESE.add)
    old.shows(JAPANESE.added)
    new.shows(JAPANESE.this_added)
    old.page.goto("/account")
    picture(old, "account.ja-light", whole=True)
    dark_picture(old, "account.ja-dark", whole=True)
    old.page.get_by_role("link", name="書斎のパソコン").click()
    picture(old, "device.ja-light", whole=True)
    old.page.goto("/freeze")
    picture(old, "pause.ja-light")
    old.tap(JAPANESE.pause_hour)
    old.shows(JAPANESE.paused)
    old.page.goto("/")
    picture(old, "paused.ja-light", whole=True)
    open_ready(old, f"{key}/unfreeze")
    picture(old, "use-again.ja-light")
    open_ready(old, f"{key}/destroy")
    picture(old, "destroy.ja-light", whole=True)
    old.page.goto("/history")
    picture(old, "history.ja-light", whole=True)
    old.page.locator(".history a").last.click()
    picture(old, "history-entry.ja-light", whole=True)
    old.close()
    new.close()


def walk_with_recovery_codes(browser: Browser, stack: Stack) -> None:
    """Printed, used on a new phone, told on the old one."""
    old = Phone(browser, stack.origin, JAPANESE, device_scale_factor=2, user_agent=ANDROID)
    new = Phone(browser, stack.origin, JAPANESE, device_scale_factor=2, user_agent=ANDROID)
    old.enroll(stack.enrollment_url("kikuko", "佐藤 菊子"))
    old.page.goto("/account/recovery")
    old.tap("復旧コードを作る")
    old.shows("コードを印刷するか書き写してください")
    picture(old, "recovery-codes.ja-light", whole=True)
    draw_paper(old)
    code = old.page.locator("#list > li").first.inner_text()
    old.page.get_by_label("コードを紙などに控え").check()
    old.tap("パスキーで確認する")
    old.shows("復旧コードが使えるようになりました")
    new.page.goto("/recover")
    new.page.get_by_label("復旧コード").fill(code)
    picture(new, "recover.ja-light")
    new.tap(JAPANESE.next)
    new.page.get_by_label(JAPANESE.call_it).fill("新しいスマートフォン")
    new.tap(JAPANESE.add_this)
    new.shows("この端末が使えるようになるまでお待ちください")
    picture(new, "recover-wait.ja-light")
    old.page.goto("/")
    picture(old, "recovery-told.ja-light")
    old.page.get_by_role("link", name="詳しく見る").click()
    old.can_tap("この端末を止める")
    picture(old, "stop-recovery.ja-light")
    old.close()
    new.close()


def draw_paper(phone: Phone) -> None:
    """Draw the sheet that comes out of the printer."""
    with tempfile.TemporaryDirectory() as folder:
        pdf = Path(folder) / "paper.pdf"
        phone.page.pdf(path=pdf, format="A4")
        paper_picture(pdf, "recovery-paper")


def walk_in_english(browser: Browser, stack: Stack) -> None:
    """The page that matters most."""
    application = stack.application("Aoba Construction e-Contracts", "--code")
    phone = Phone(browser, stack.origin, ENGLISH, device_scale_factor=2)
    phone.enroll(stack.enrollment_url("taro-yamada", "Taro Yamada"))
    request = Request(application, credential_of(application, "taro-yamada"), "Construction contract", ("Contract_AK-2026-118.pdf",))
    phone.page.goto(request.url)
    phone.page.locator("#code").fill(request.code or "")
    phone.page.locator("#code").blur()
    picture(phone, "approve.en-light")
    phone.close()


def draw_letter(stack: Stack) -> Letter:
    """Have a letter written, and draw its paper."""
    with tempfile.TemporaryDirectory() as folder:
        address = ("--postal-code", "100-0001", "--address", "東京都千代田区千代田 1-1", "--address", "サンプル 301号室")
        letter = new_letter(stack, Path(folder), "taro", *address)
        (pdf,) = Path(folder).glob("*.pdf")
        paper_picture(pdf, "letter")
    return letter


def draw_icons(browser: Browser) -> None:
    """Draw the mark as the PNGs that other services, home screens and notifications show; the badge is its lines alone, in white."""
    mark = (ROOT / "static" / "mark.svg").read_text()
    for name, (side, part, behind) in ICONS.items():
        page = browser.new_page(viewport={"width": side, "height": side})
        placed = f"width: {side * part}px; margin: {side * (1 - part) / 2}px"
        style = f"* {{ margin: 0 }} body {{ background: {behind} }} svg {{ display: block; {placed} }}"
        page.set_content(f"<style>{style}</style>{re.sub('<rect[^>]*>', '', mark) if name == 'badge' else mark}")
        page.screenshot(path=ROOT / "static" / f"{name}.png", omit_background=True)
        page.close()


if __name__ == "__main__":
    main()
