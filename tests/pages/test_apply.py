"""enroll.html for who applies with a certificate; the server's answers are canned, so no key is made and nothing is certified."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .browsing import Authenticator, answer, says
from .test_enroll import KEY, OFFER, REGISTERED

WANTED = (200, OFFER[1] | {"application": "due"})
DUE = (202, {"made": "key", "application": "due"})
FILE = (200, {"content": '{"purpose": "…"}\n'})


def test_the_application_is_saved_and_its_signature_sent(page: Page, tmp_path: Path) -> None:
    """The file is the server's to the byte; what is sent are the chosen file and the passkey that was made."""
    Authenticator(page)
    answer(page, "/enroll/options", WANTED)
    answer(page, "/enroll/key", KEY)
    answer(page, "/enroll", DUE)
    answer(page, "/enroll/application", FILE)
    sent = answer(page, "/enroll/application/signed", REGISTERED)
    page.goto("/enroll?lang=en#the-link")
    page.get_by_role("button", name="Register this phone").click()
    expect(page.get_by_role("heading", name="Sign the application with your certificate")).to_be_focused()
    with page.expect_download() as saving:
        page.get_by_role("link", name="Save the application").click()
    assert saving.value.suggested_filename == "application.json"
    assert saving.value.path().read_text() == FILE[1]["content"]
    page.get_by_role("button", name="Send the signed file").click()
    says(page, "Choose the signed file first.")
    choose(page, tmp_path, bytes(range(256)))
    page.get_by_role("button", name="Send the signed file").click()
    expect(page.get_by_role("heading", name="This phone is registered")).to_be_focused()
    assert sent[0]["signed"].startswith("AAECAwQF")
    assert "attestationObject" in sent[0]["credential"]["response"]


@pytest.mark.parametrize(
    ("reason", "sentence"), [("revoked", "Your certificate was revoked"), ("unheard_of", "did not take the application. Nothing is lost")]
)
def test_a_refusal_is_told_and_another_file_is_taken(page: Page, tmp_path: Path, reason: str, sentence: str) -> None:
    """In the page's own words; in the CA's where it has none. Neither is the phone registered anew, nor the key made again."""
    refusal = {"error": "application_refused", "reason": reason, "said": "<b>no</b>"}
    answer(page, "/enroll/options", (200, WANTED[1] | {"publicKey": None, "made": "key"}))
    answer(page, "/enroll", DUE)
    answer(page, "/enroll/application", FILE)
    sent = answer(page, "/enroll/application/signed", (400, refusal), (503, {"error": "certificate_unavailable"}), REGISTERED)
    page.goto("/enroll?lang=en#the-link")
    expect(page.locator("[aria-current=step]")).to_have_attribute("data-step", "application")
    page.get_by_role("button", name="Go on").click()
    choose(page, tmp_path, b"x" * 50_000)
    page.get_by_role("button", name="Send the signed file").click()
    says(page, "This is not the signed application.")
    choose(page, tmp_path, b"first")
    page.get_by_role("button", name="Send the signed file").click()
    says(page, sentence)
    assert ("<b>no</b>" in page.locator("#say").inner_text()) == (reason == "unheard_of")
    choose(page, tmp_path, b"second")
    page.get_by_role("button", name="Send the signed file").click()
    says(page, "Nothing is lost")
    page.get_by_role("button", name="Send the signed file").click()
    expect(page.get_by_role("heading", name="This phone is registered")).to_be_focused()
    assert [one["signed"] for one in sent] == ["Zmlyc3Q=", "c2Vjb25k", "c2Vjb25k"]


def test_what_the_ca_looks_at_by_hand_is_asked_for_again(page: Page) -> None:
    """Also after a reload, or on another day."""
    answer(page, "/enroll/options", (200, WANTED[1] | {"publicKey": None, "made": "key", "application": "sent"}))
    answer(page, "/enroll", (202, {"made": "key", "application": "sent"}), (202, {"made": "key", "application": "sent"}), REGISTERED)
    page.goto("/enroll?lang=en#the-link")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="The certification authority has your application")).to_be_focused()
    page.get_by_role("button", name="Look again").click()
    expect(page.get_by_role("button", name="Look again")).to_have_attribute("aria-disabled", "false")
    page.get_by_role("button", name="Look again").click()
    expect(page.get_by_role("heading", name="This phone is registered")).to_be_visible()


def choose(page: Page, folder: Path, content: bytes) -> None:
    file = folder / "application.p7m"
    file.write_bytes(content)
    page.get_by_label("Choose the signed file").set_input_files(file)
