"""A key is paused in one tap from every page, approves nothing then, and is used again, or destroyed, with the passkey."""

import base64

import pytest
from playwright.sync_api import Route, expect

from tests.browser.asking import Request
from tests.browser.conftest import MakePhone, Person
from tests.browser.own import open_ready
from tests.browser.phone import Phone
from tests.browser.test_devices import reach
from tests.browser.words import ENGLISH, JAPANESE, Words
from tests.harness.stack import Application

DISABLED = "The credential identified by credentialID is disabled"


@pytest.mark.parametrize("words", [JAPANESE, ENGLISH], ids=["ja", "en"])
def test_key_is_paused_and_used_again(shop: Application, make_phone: MakePhone, newcomer: Person, words: Words) -> None:
    """In each language: one tap to the choices, one more to pause; every page says so, and leads to using it again."""
    phone = make_phone(words)
    phone.authenticator.put(newcomer.passkey)
    phone.context.add_cookies(newcomer.session)
    request = Request(shop, newcomer.credential_id)
    phone.page.goto("/")
    phone.page.get_by_role("link", name=words.pause).click()
    phone.tap(words.pause_hour)
    phone.shows(words.paused)
    phone.page.goto(request.url)
    expect(phone.page.get_by_role("button", name=words.approve, exact=True)).to_have_count(0)
    with phone.page.expect_response("**/account/change"):
        phone.page.get_by_role("link", name=words.use_again).click()
    phone.tap(words.use_again)
    phone.shows(words.in_use)
    phone.page.goto(request.url)
    phone.tap(words.approve)
    phone.shows(words.approved)
    request.signatures_verify()


def test_every_page_is_one_tap_from_pausing(shop: Application, old_phone: Phone, newcomer: Person) -> None:
    """From each page of somebody who is signed in, the link leads to the choices; once paused, each page says so."""
    page, request = old_phone.page, Request(shop, newcomer.credential_id)
    page.goto("/account")
    device = str(page.locator("#devices a").get_attribute("href"))
    key = f"/keys/{newcomer.credential_id}"
    pages = ["/", "/account", "/account/add", device, request.url, "/history", f"{key}/unfreeze", f"{key}/destroy"]
    for address in pages:
        page.goto(address)
        page.get_by_role("link", name="Pause my key").click()
        old_phone.shows("Pause my key")
    old_phone.tap("Pause until I use it again")
    old_phone.shows("Your key is paused")
    for address in pages:
        page.goto(address)
        expect(page.locator(".frozen")).to_contain_text("Your key is paused until you use it again")


def test_approval_page_that_was_open_approves_nothing(shop: Application, old_phone: Phone, newcomer: Person) -> None:
    """Paused on another tab meanwhile: the tap is refused in words; nor is what was approved just before signed."""
    approved, waiting = (Request(shop, newcomer.credential_id) for _ in range(2))
    old_phone.page.goto(approved.url)
    old_phone.tap("Approve")
    old_phone.shows("Approved")
    sad = shop.sad(approved.handle)
    old_phone.page.goto(waiting.url)
    answer = old_phone.context.request.post("/freeze", data={"for": "day"}, headers={"Origin": old_phone.origin})
    assert answer.ok
    old_phone.tap("Approve")
    old_phone.says("Not approved: your key is paused or can no longer sign.")
    assert old_phone.facts(waiting.url)["state"] == "pending"
    refused = shop.post("signatures/signHash", sign_body(newcomer.credential_id, sad, approved))
    assert (refused.status_code, refused.json()["error_description"]) == (400, DISABLED)
    open_ready(old_phone, f"/keys/{newcomer.credential_id}/unfreeze")
    old_phone.tap("Use it again")
    old_phone.shows("Your key is in use")
    approved.signatures_verify()


def test_a_tap_before_the_scripts_are_there_is_not_lost(old_phone: Phone) -> None:
    """On a slow line the button says that it does not work yet; a tap is taken as soon as it does."""
    page = old_phone.page
    scripts: list[Route] = []
    page.route("**/freeze.js", lambda route: scripts.append(route))
    page.goto("/freeze", wait_until="commit")
    button = page.get_by_role("button", name="Pause for one hour")
    expect(button).to_be_disabled()
    scripts[0].continue_()
    expect(button).to_be_enabled()
    old_phone.tap("Pause for one hour")
    old_phone.shows("Your key is paused")


def test_two_unexpected_requests_pause_the_key(shop: Application, old_phone: Phone, newcomer: Person) -> None:
    """After the first, pausing is offered; after the second it is done, and the page for using it again asks whether that is wise."""
    for number in (1, 2):
        request = Request(shop, newcomer.credential_id)
        old_phone.page.goto(request.url)
        old_phone.tap("I did not expect this")
        old_phone.tap("Refuse and report")
        old_phone.shows("Refused and reported")
        expect(old_phone.page.get_by_role("button", name="Pause for one day")).to_have_count(1 if number == 1 else 0)
    expect(old_phone.page.locator(".frozen")).to_be_visible()
    open_ready(old_phone, f"/keys/{newcomer.credential_id}/unfreeze")
    expect(old_phone.page.locator("main")).to_contain_text("Has it become clear who asked?")


def test_pausing_is_offered_after_an_unexpected_request(shop: Application, old_phone: Phone, newcomer: Person) -> None:
    """One tap on the page that says how it ended."""
    request = Request(shop, newcomer.credential_id)
    old_phone.page.goto(request.url)
    old_phone.tap("I did not expect this")
    old_phone.tap("Refuse and report")
    old_phone.tap("Pause for one hour")
    expect(old_phone.page.locator(".frozen")).to_contain_text("Your key is paused until")


def test_pausing_and_using_again_with_keys_only(old_phone: Phone) -> None:
    """Tab and Enter, from the start page and back."""
    page = old_phone.page
    page.goto("/")
    reach(page, "pause")
    page.keyboard.press("Enter")
    old_phone.shows("Pause my key")
    old_phone.can_tap("Pause for one hour")
    reach(page, "button")
    page.keyboard.press("Enter")
    old_phone.shows("Your key is paused")
    with page.expect_response("**/account/change"):
        page.get_by_role("link", name="Use it again").first.focus()
        page.keyboard.press("Enter")
    reach(page, "approve")
    page.keyboard.press("Enter")
    old_phone.shows("Your key is in use")


@pytest.mark.parametrize("words", [JAPANESE, ENGLISH], ids=["ja", "en"])
def test_key_is_destroyed(shop: Application, make_phone: MakePhone, newcomer: Person, words: Words) -> None:
    """A tick, a second question and the passkey; afterwards nothing signs, and the pages say so."""
    phone = make_phone(words)
    phone.authenticator.put(newcomer.passkey)
    phone.context.add_cookies(newcomer.session)
    open_ready(phone, f"/keys/{newcomer.credential_id}/destroy")
    phone.page.get_by_role("checkbox").check()
    phone.tap(words.destroy_ask)
    phone.authenticator.verify_user(False)
    phone.tap(words.destroy)
    expect(phone.page.locator("#say .bad")).to_be_visible()
    phone.authenticator.verify_user(True)
    phone.can_tap(words.destroy_ask)
    phone.tap(words.destroy_ask)
    phone.tap(words.destroy)
    phone.shows(words.destroyed)
    body = {
        "credentialID": newcomer.credential_id,
        "numSignatures": 1,
        "hashes": ["A" * 43 + "="],
        "hashAlgorithmOID": "2.16.840.1.101.3.4.2.1",
    }
    assert shop.post("credentials/authorize", body).json()["error_description"] == DISABLED


def test_history_tells_and_leads_to_the_evidence(shop: Application, old_phone: Phone, newcomer: Person) -> None:
    """Newest first; an entry shows document, end, reference number and the words that were signed."""
    request = Request(shop, newcomer.credential_id)
    old_phone.page.goto(request.url)
    old_phone.tap("Approve")
    old_phone.shows("Approved")
    old_phone.page.get_by_role("link", name="See what waits for you").click()
    old_phone.page.get_by_role("link", name="History").click()
    old_phone.shows("History")
    entry = old_phone.page.locator(".history a").first
    expect(entry).to_contain_text("工事請負契約書_AK-2026-118.pdf")
    reference = entry.locator(".mono").inner_text()
    entry.click()
    old_phone.shows("Approved")
    expect(old_phone.page.locator("main")).to_contain_text(reference)
    old_phone.page.get_by_text("The words, as they are kept").click()
    expect(old_phone.page.locator(".raw").first).to_contain_text(request.handle)


def sign_body(credential_id: str, sad: str, request: Request) -> dict[str, object]:
    hashes = [base64.b64encode(digest).decode() for digest in request.digests]
    return {"credentialID": credential_id, "SAD": sad, "hashes": hashes, "signAlgo": "1.2.840.10045.4.3.2"}
