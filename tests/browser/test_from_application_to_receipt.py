"""
The rule's case ロ as its people go through it, in a real browser: application, examination, letter, phone, key, certificate, receipt.

Then what comes later: a signature for an application, the certificate held and lifted, and everything replaced after a loss; how a
certificate stands is asked of openssl.
"""

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from playwright.sync_api import Locator, Page, expect

from demo.ca.code import read_code
from tests.browser.asking import Request
from tests.browser.conftest import MakePhone, new_user_id
from tests.browser.phone import Phone
from tests.browser.test_receipt import document_to_read
from tests.browser.test_set_otp import read, to_fields, type_in
from tests.browser.words import JAPANESE
from tests.demo.ca_letter import read_letter
from tests.demo.ca_states import require_bad, require_good, serial
from tests.harness.authenticator import GOOD_PIN, App
from tests.harness.stack import Application, Stack, running_stack
from tests.harness.validators import validated

NAME = "山田 花子"


@dataclass(frozen=True)
class Office:
    """The demo CA of a stack, as its officer and its visitors see it."""

    stack: Stack
    desk: Page
    visitor: Page

    @property
    def url(self) -> str:
        return f"http://localhost:{self.stack.port + 2}"

    @property
    def root(self) -> str:
        return str(self.stack.data / "ca" / "root.pem")

    def receive(self, user_id: str) -> None:
        """Step ①: the person applies."""
        self.visitor.goto(f"{self.url}/apply")
        self.visitor.get_by_label("お名前").fill(NAME)
        self.visitor.locator("#user-id").fill(user_id)
        self.visitor.locator("#postal-code").fill("100-0001")
        self.visitor.locator("#address").fill("東京都千代田区千代田 1-1")
        self.visitor.locator("button.main").click()
        expect(self.visitor.get_by_role("heading", level=1)).to_have_text("審査中です")

    def stands(self, sentence: str) -> None:
        """Look at the applicant's own page."""
        self.visitor.reload()
        expect(self.visitor.get_by_role("heading", level=1)).to_have_text(sentence)

    def accept(self, user_id: str, letter: Path, *options: str) -> str:
        """Steps ② and ③: the officer examines, keeps the letter, and tells the service the code's hash; gives what the QR code says."""
        self.card(user_id).locator("button.main").click()
        with self.desk.expect_download() as downloading:
            self.desk.get_by_role("link", name="手紙を保存する").click()
        downloading.value.save_as(letter)
        sha256 = self.desk.locator("main code").inner_text()
        paper = read_letter(letter)
        assert paper.qr == f"{self.stack.origin}/enroll#{paper.code}"
        assert sha256 == hashlib.sha256(read_code(paper.code).encode()).hexdigest()
        self.stack.natsuin("signer", "add", user_id, "--name", NAME, "--code-sha256", sha256, *options)
        return paper.qr

    def card(self, user_id: str) -> Locator:
        self.desk.goto(f"{self.url}/desk")
        return self.desk.locator("section").filter(has_text=user_id)

    def change(self, folder: Path, button: str, reason: str | None = None) -> None:
        """Hold, lift or revoke the certificate of a folder at the desk."""
        self.desk.goto(f"{self.url}/desk")
        certificate = self.desk.locator(".certificate").filter(has_text=serial(folder).lstrip("0"))
        if reason is not None:
            certificate.locator("select").select_option(reason)
        certificate.get_by_role("button", name=button, exact=True).click()
        self.desk.wait_for_load_state("load")


@pytest.fixture(scope="module")
def otp_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack of its own: the CA's word counts here, and keys may be used with PIN and one-time password."""
    with running_stack(tmp_path_factory.mktemp("life"), NATSUIN_FACTORS="passkey_or_otp") as made:
        yield made


@pytest.fixture
def shop(otp_stack: Stack) -> Application:
    return otp_stack.application("青葉建設株式会社 電子契約")


@pytest.fixture
def office(otp_stack: Stack, make_phone: MakePhone) -> Office:
    """Two browsers at the CA: the officer's, signed in, and the applicant's."""
    address = f"http://localhost:{otp_stack.port + 2}"
    officer = make_phone(JAPANESE, origin=address, viewport={"width": 1280, "height": 900})
    officer.page.goto("/desk")
    officer.page.locator("#secret").fill((otp_stack.data / "ca" / "officer-secret").read_text())
    officer.page.locator("button.main").click()
    expect(officer.page.get_by_role("heading", name="お申し込みの審査")).to_be_visible()
    return Office(otp_stack, officer.page, make_phone(JAPANESE, origin=address).page)


def test_from_the_application_to_the_receipt_and_through_the_certificates_life(
    otp_stack: Stack, shop: Application, office: Office, make_phone: MakePhone, tmp_path: Path
) -> None:
    """Every step is the page's of its person; nothing is done behind a page but the operator's one command for a letter."""
    user_id = new_user_id()
    office.receive(user_id)
    link = office.accept(user_id, tmp_path / "letter.pdf")
    office.stands("手紙をお送りしました")

    phone = make_phone(JAPANESE, origin=otp_stack.origin)
    phone.enroll(link)
    office.stands("電子証明書を発行しました")
    choose_an_app(phone)
    assert sign_the_receipt(phone, tmp_path / "receipt.pdf", otp_stack) == [True, True]

    (first,) = keys_of(shop, user_id)
    sign_a_contract(phone, shop, first)
    keep_leaf(shop, first, tmp_path)
    require_good(office, tmp_path)
    office.change(tmp_path, "一時停止")
    require_bad(office, tmp_path, "Certificate Hold", "certificateHold")
    signs_nothing(phone, shop, first, "suspended")
    office.change(tmp_path, "停止を解く")
    require_good(office, tmp_path)
    sign_a_contract(phone, shop, first)

    office.receive(user_id)
    again = office.accept(user_id, tmp_path / "another.pdf", "--replaces")
    another = make_phone(JAPANESE, origin=otp_stack.origin)
    another.enroll(again)
    (second,) = (one for one in keys_of(shop, user_id) if one != first)
    assert info(shop, first)["key"]["status"] == "disabled"
    office.change(tmp_path, "失効", "superseded")
    require_bad(office, tmp_path, "Superseded", "superseded")
    keep_leaf(shop, second, tmp_path)
    require_good(office, tmp_path)
    sign_a_contract(another, shop, second)
    office.change(tmp_path, "失効", "keyCompromise")
    require_bad(office, tmp_path, "Key Compromise", "keyCompromise")
    signs_nothing(another, shop, second, "revoked")


def choose_an_app(phone: Phone) -> None:
    """Set up PIN and one-time password as the enrolment's end offers them."""
    phone.page.get_by_role("link", name=JAPANESE.go_on).click()
    phone.shows(JAPANESE.second_way)
    phone.page.get_by_role("link").filter(has_text="暗証番号とワンタイムパスワード").click()
    phone.tap("認証アプリ")
    expect(phone.page.locator("#qr path")).to_have_attribute("d", re.compile("M"))
    app = App(read(phone.page.locator("#qr")))
    to_fields(phone)
    type_in(phone, GOOD_PIN, app.code())
    phone.shows("設定が完了しました")
    phone.page.get_by_role("link", name=JAPANESE.go_on).click()
    phone.shows(JAPANESE.second_way)
    phone.tap(JAPANESE.go_on)


def sign_the_receipt(phone: Phone, file: Path, stack: Stack) -> list[bool]:
    """Step ⑧, where the enrolment leads by itself; says what two validators think of the document."""
    phone.shows("電子証明書の受領書")
    read_before = document_to_read(phone)
    phone.tap("受領書に署名する")
    phone.shows(JAPANESE.asked)
    phone.tap("文書を開いて読む")
    expect(phone.page.locator("#document-say")).to_have_text("✓ これから署名する文書です")
    phone.tap("閉じる")
    phone.tap(JAPANESE.approve)
    expect(phone.page.locator(".end")).to_be_visible()
    phone.page.goto("/receipt")
    while not phone.page.get_by_text("に署名しました").is_visible():  # a worker may be signing it at this moment
        phone.page.goto("/receipt")
        phone.shows("電子証明書の受領書")
    with phone.page.expect_download() as downloading:
        phone.page.get_by_role("link", name="受領書を保存する").click()
    downloading.value.save_as(file)
    assert file.read_bytes().startswith(read_before)
    return validated(stack, file.read_bytes())


def sign_a_contract(phone: Phone, shop: Application, credential_id: str) -> None:
    request = Request(shop, credential_id)
    phone.page.goto(request.url)
    phone.tap(JAPANESE.approve)
    phone.shows(JAPANESE.approved)
    request.signatures_verify()


def info(shop: Application, credential_id: str) -> dict[str, Any]:
    answer: dict[str, Any] = shop.post("credentials/info", {"credentialID": credential_id, "certInfo": True}).json()
    return answer


def keys_of(shop: Application, user_id: str) -> list[str]:
    listed: list[str] = shop.post("credentials/list", {"userID": user_id}).json()["credentialIDs"]
    return listed


def keep_leaf(shop: Application, credential_id: str, folder: Path) -> None:
    """Keep the certificate that the service names, for openssl."""
    der = base64.b64decode(info(shop, credential_id)["cert"]["certificates"][0])
    (folder / "leaf.pem").write_bytes(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM))


def signs_nothing(phone: Phone, shop: Application, credential_id: str, status: str) -> None:
    """The application is told how the certificate stands; the page of its request says that nothing was approved."""
    request = Request(shop, credential_id)
    assert info(shop, credential_id)["cert"]["status"] == status
    phone.page.goto(request.url)
    phone.tap(JAPANESE.approve)
    phone.says("承認されませんでした")
    assert request.is_open()
