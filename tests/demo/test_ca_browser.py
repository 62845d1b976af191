"""The CA's pages in a real browser: a person applies, an officer examines, the letter is real; in both languages, on phone and desktop."""

import base64
import hashlib
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page

from demo.ca.code import read_code
from tests.demo.ca_letter import read_letter
from tests.demo.ca_process import CaProcess, basic, enroll, make_request, running_ca
from tests.harness.chromium import chromium

PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
PICTURES = os.environ.get("CA_PICTURES")
"""A folder where pictures of every page go, for whoever wants to look."""


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CaProcess]:
    with running_ca(tmp_path_factory.mktemp("ca-browser")) as started:
        yield started


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@contextmanager
def visitor(browser: Browser, language: str, size: dict[str, int], scheme: str = "light") -> Iterator[Page]:
    """A browser of somebody; a page that is wider than the window, or an error on it, fails the test."""
    context = browser.new_context(locale=language, viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    yield page
    context.close()
    assert not [text for text in said if "status of 4" not in text]


def look(page: Page, name: str) -> None:
    page.wait_for_load_state("load")  # without its style sheet a page has another width
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


def sign_in(ca: CaProcess, page: Page) -> None:
    page.goto(f"{ca.url}/desk")
    page.fill("#secret", (ca.data / "ca" / "officer-secret").read_text())
    page.click("button.main")


def apply(ca: CaProcess, page: Page, user_id: str, name: str = "山田 花子") -> None:
    page.goto(f"{ca.url}/apply")
    page.fill("#name", name)
    page.fill("#user-id", user_id)
    page.fill("#postal-code", "100-0001")
    page.fill("#address", "東京都千代田区千代田 1-1\nサンプルマンション 301号室")
    page.click("button.main")


@pytest.mark.parametrize(("language", "size", "scheme"), [("ja-JP", PHONE, "light"), ("en-GB", PHONE, "dark"), ("en-GB", DESKTOP, "light")])
def test_from_the_application_to_the_certificate(
    ca: CaProcess, browser: Browser, tmp_path: Path, language: str, size: dict[str, int], scheme: str
) -> None:
    """Steps 1 to 6: apply, examine, letter, and a certificate for the code that is on the paper."""
    tag = f"{language[:2]}-{size['width']}"
    user_id = f"hanako-{tag}"
    said = {"ja-JP": ("審査中です", "手紙をお送りしました", "電子証明書を発行しました")}.get(
        language, ("Being examined", "The letter is on its way", "Certified")
    )
    with visitor(browser, language, size, scheme) as person, visitor(browser, language, size, scheme) as officer:
        person.goto(ca.url)
        look(person, f"home-{tag}")
        person.goto(f"{ca.url}/apply")
        look(person, f"apply-{tag}")
        apply(ca, person, user_id)
        assert person.text_content("h1") == said[0]
        look(person, f"receipt-{tag}")
        officer.goto(f"{ca.url}/desk")
        look(officer, f"sign-in-{tag}")
        sign_in(ca, officer)
        look(officer, f"desk-{tag}")
        card = officer.locator("section", has_text=user_id)
        link = "https://sign.example.jp/enroll"
        card.locator("[name=enrollment_url]").fill(link)
        card.locator("button.main").click()
        look(officer, f"letter-{tag}")
        with officer.expect_download() as download:
            officer.click("a.main")
        pdf = tmp_path / "letter.pdf"
        download.value.save_as(pdf)
        letter = read_letter(pdf)
        assert letter.qr == f"{link}#{letter.code}"
        assert hashlib.sha256(read_code(letter.code).encode()).hexdigest() in (officer.text_content("main") or "")
        person.reload()
        assert person.text_content("h1") == said[1]
        make_request(tmp_path, "leaf", user_id=user_id)
        assert enroll(ca, tmp_path, "leaf", "simpleenroll", *basic(tmp_path, user_id, letter.code)) == "200"
        person.reload()
        assert person.text_content("h1") == said[2]
        officer.goto(f"{ca.url}/desk")
        look(officer, f"desk-certified-{tag}")


def test_refused_with_a_reason_that_the_person_reads(ca: CaProcess, browser: Browser) -> None:
    with visitor(browser, "ja-JP", PHONE) as person, visitor(browser, "ja-JP", DESKTOP) as officer:
        apply(ca, person, "taro-refused")
        sign_in(ca, officer)
        card = officer.locator("section", has_text="taro-refused")
        card.locator("[name=reason]").fill("本人確認書類の住所と違います。<b>")
        card.locator("button:not(.main)").click()
        person.reload()
        assert "本人確認書類の住所と違います。<b>" in (person.text_content("main") or "")
        look(person, "refused-ja-390")
        look(officer, "desk-refused-ja-1280")


def test_held_lifted_and_revoked_at_the_desk(ca: CaProcess, browser: Browser, tmp_path: Path) -> None:
    make_request(tmp_path, "leaf", user_id="held")
    assert enroll(ca, tmp_path, "leaf", "simpleenroll", *basic(tmp_path, "held", ca.code("held"))) == "200"
    with visitor(browser, "en-GB", DESKTOP) as officer:
        sign_in(ca, officer)
        card = officer.locator("section", has_text="held").filter(has_text="User idheld")
        seen = []
        for button in ("Hold", "Lift the hold", "Hold", "Revoke"):
            if button == "Revoke":
                card.locator("select").select_option("keyCompromise")
                look(officer, "desk-held-en-1280")
            card.get_by_role("button", name=button, exact=True).click()
            seen.append((card.locator(".certificate .chip").text_content(), len(revoked(ca))))
        assert [chip for chip, _ in seen] == ["held", "good", "held", "revoked"]
        counts = [count for _, count in seen]
        assert [count - counts[1] for count in counts] == [1, 0, 1, 1]
        assert card.locator("button", has_text="Revoke").count() == 0


def revoked(ca: CaProcess) -> list[str]:
    with urlopen(f"{ca.url}/crl") as answer:
        text = subprocess.run(["openssl", "crl", "-inform", "DER", "-noout", "-text"], input=answer.read(), capture_output=True, check=True)
    return re.findall("Serial Number: (.*)", text.stdout.decode())


def test_errors_are_said_in_the_visitors_language_and_nothing_that_was_entered_is_lost(ca: CaProcess, browser: Browser) -> None:
    for language, sentence in (("ja-JP", "印刷できない文字"), ("en-GB", "can't be printed")):
        with visitor(browser, language, PHONE) as person:
            apply(ca, person, "hana", "한국")
            assert sentence in (person.text_content("#refused") or "")
            assert person.input_value("#name") == "한국"
            assert "サンプルマンション" in person.input_value("#address")
            look(person, f"apply-refused-{language[:2]}")
            person.goto(f"{ca.url}/apply/unknown")
            look(person, f"missing-{language[:2]}")
    with visitor(browser, "ja-JP", PHONE) as officer:
        officer.goto(f"{ca.url}/desk")
        officer.fill("#secret", "wrong")
        officer.click("button.main")
        look(officer, "sign-in-refused-ja")
        sign_in(ca, officer)
        apply(ca, officer, "link-refused")
        officer.goto(f"{ca.url}/desk")
        card = officer.locator("section", has_text="link-refused")
        card.locator("[name=enrollment_url]").fill("http://sign.example.jp/enroll")
        card.locator("button.main").click()
        assert "登録ページのアドレスは" in (officer.text_content("[role=alert]") or "")
        look(officer, "desk-not-done-ja")
        officer.click("text=サインアウト")
        assert officer.locator("#secret").count() == 1


def test_the_letter_page_holds_the_letter_and_no_other_page_does(ca: CaProcess, browser: Browser) -> None:
    with visitor(browser, "en-GB", DESKTOP) as officer:
        apply(ca, officer, "once")
        sign_in(ca, officer)
        card = officer.locator("section", has_text="once")
        card.locator("button.main").click()
        href = officer.get_attribute("a.main", "href") or ""
        assert base64.b64decode(href.partition(",")[2]).startswith(b"%PDF-")
        officer.goto(f"{ca.url}/desk")
        assert "data:application/pdf" not in officer.content()
