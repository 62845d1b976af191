"""The rule's case イ in a real browser: a link, a passkey, a key, and an application that is signed with another CA's certificate."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.asking import Request
from tests.browser.conftest import MakePhone
from tests.browser.phone import Phone
from tests.browser.test_enroll import press_until
from tests.browser.test_from_application_to_receipt import sign_the_receipt
from tests.browser.words import ENGLISH, JAPANESE
from tests.demo.ca_existing import Applicant, OtherCa
from tests.flow.certified import certified, invited, trusted_ca
from tests.harness.stack import Application, Stack

SIGN = {"ja": "お持ちの電子証明書で申込書に署名してください", "en": "Sign the application with your certificate"}
SAVE = {"ja": "申込書を保存する", "en": "Save the application"}
SEND = {"ja": "署名したファイルを送る", "en": "Send the signed file"}


@pytest.fixture
def other(stack: Stack) -> Iterator[OtherCa]:
    with trusted_ca(stack) as running:
        yield running


def test_from_the_link_to_a_signature_on_one_phone(
    stack: Stack, shop: Application, other: OtherCa, make_phone: MakePhone, tmp_path: Path
) -> None:
    """A revoked certificate is refused, and nothing lost; with a good one the phone is registered, and signs, then the receipt."""
    user_id, url = invited(stack)
    phone = make_phone(JAPANESE)
    phone.page.goto(url)
    phone.tap(JAPANESE.register)
    phone.shows(SIGN["ja"])
    revoked = certified(other, tmp_path)
    other.revoked.add(list(other.issued)[-1])
    send(phone, revoked, "ja")
    phone.says("お使いの電子証明書が失効しているか")
    send(phone, certified(other, tmp_path), "ja")
    phone.shows(JAPANESE.registered)
    (credential_id,) = shop.post("credentials/list", {"userID": user_id}).json()["credentialIDs"]
    request = Request(shop, credential_id)
    phone.page.goto(request.url)
    phone.tap(JAPANESE.approve)
    phone.shows(JAPANESE.approved)
    request.signatures_verify()
    phone.page.goto("/receipt")
    assert sign_the_receipt(phone, tmp_path / "receipt.pdf", stack) == [True, True]


def test_the_phone_makes_the_key_and_the_computer_signs_with_keys_alone(
    stack: Stack, other: OtherCa, make_phone: MakePhone, tmp_path: Path
) -> None:
    """The browser of the phone is closed after the key; the computer has the certificate, and the phone signs in at the end."""
    _, url = invited(stack)
    phone, computer = make_phone(), make_phone(viewport={"width": 1280, "height": 900})
    phone.page.goto(url)
    phone.tap(ENGLISH.register)
    phone.shows(SIGN["en"])
    phone.page.goto("about:blank")

    page = computer.page
    page.goto(url)
    expect(page.locator("#begun")).to_be_visible()
    press_until(page, "register")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=SIGN["en"])).to_be_focused()
    press_until(page, "save")
    with page.expect_download() as saving:
        page.keyboard.press("Enter")
    press_until(page, "signed")
    # What opens from here on is the system's own dialog.
    page.locator("#signed").set_input_files(sign(certified(other, tmp_path), saving.value.path().read_bytes()))
    press_until(page, "register")
    page.keyboard.press("Enter")
    computer.shows("The registration is complete")
    assert phone.authenticator.passkeys() != []
    phone.open_sign_in()
    phone.sign_in()
    phone.shows(ENGLISH.nothing)


def send(phone: Phone, applicant: Applicant, lang: str) -> None:
    """Save the application, sign it as its person's software does, and send it."""
    with phone.page.expect_download() as saving:
        phone.page.get_by_role("link", name=SAVE[lang], exact=True).click()
    phone.page.locator("#signed").set_input_files(sign(applicant, saving.value.path().read_bytes()))
    phone.can_tap(SEND[lang])
    phone.tap(SEND[lang])


def sign(applicant: Applicant, content: bytes) -> Path:
    applicant.sign(content)
    return applicant.directory / "application.p7m"
