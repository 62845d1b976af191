"""enroll.html and its script; the server's answers are canned, so no key is made and no certificate issued."""

import pytest
from playwright.sync_api import Page, expect

from .browsing import NO_JSON_SHAPES, PASSKEY_ID, Authenticator, answer, says
from .preview import PERSON
from .sample import creation_options

CODE, LETTERS = "0123-4567-89AB-CDEF-GH8B", "0123456789ABCDEFGH8B"
OFFER = (200, {**PERSON, "publicKey": creation_options(), "made": None})
KEY = (200, {"made": "key"})
REGISTERED = (200, {**PERSON, "credential_id": "c-1", "not_after": 1838041200, "here": True})


def test_enrol(page: Page) -> None:
    Authenticator(page)
    asked = answer(page, "/enroll/options", OFFER)
    keyed = answer(page, "/enroll/key", KEY)
    sent = answer(page, "/enroll", REGISTERED)
    page.goto("/enroll?lang=ja#the-link")
    page.get_by_text("English").click()
    expect(page.locator("#ready")).to_contain_text("山田 太郎")
    assert page.url.endswith("lang=en#the-link")
    page.get_by_role("button", name="Register this phone").click()
    expect(page.get_by_role("heading", name="This phone is registered")).to_be_focused()
    assert asked[-1] == {"link": "the-link"}
    assert sent == keyed
    assert sent[0]["link"] == "the-link"
    assert "attestationObject" in sent[0]["credential"]["response"]
    assert "the-link" not in page.url


def test_a_lost_answer_is_asked_for_again_with_the_same_passkey(page: Page) -> None:
    """Neither for the key nor for the certificate is a second passkey made, and the page says what is under way."""
    authenticator = Authenticator(page)
    answer(page, "/enroll/options", OFFER)
    keyed = answer(page, "/enroll/key", (503, {"error": "unavailable"}), KEY)
    sent = answer(page, "/enroll", (503, {"error": "certificate_unavailable"}), REGISTERED)
    page.goto("/enroll?lang=en#the-link")
    page.get_by_role("button", name="Register this phone").click()
    says(page, "The service does not answer right now.")
    expect(page.locator("[aria-current=step]")).to_have_attribute("data-step", "key")
    page.get_by_role("button", name="Go on").click()
    says(page, "Nothing is lost")
    expect(page.locator("[aria-current=step]")).to_have_attribute("data-step", "certificate")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="This phone is registered")).to_be_visible()
    assert keyed[0] == keyed[1] == sent[0] == sent[1]
    assert len(authenticator.session.send("WebAuthn.getCredentials", {"authenticatorId": authenticator.id})["credentials"]) == 1


@pytest.mark.parametrize(("made", "next_step", "calls"), [("passkey", "key", 1), ("key", "certificate", 0)])
def test_what_is_made_already_is_not_made_again(page: Page, made: str, next_step: str, calls: int) -> None:
    """Opened anew, the page warns that it was begun, goes on from there, and sends to the phone that has the passkey."""
    Authenticator(page)
    answer(page, "/enroll/options", (200, {**PERSON, "publicKey": None, "made": made}))
    keyed = answer(page, "/enroll/key", KEY)
    sent = answer(page, "/enroll", (200, REGISTERED[1] | {"here": False}))
    page.goto("/enroll?lang=en#the-link")
    expect(page.locator("[aria-current=step]")).to_have_attribute("data-step", next_step)
    expect(page.locator("#begun")).to_be_visible()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="The registration is complete")).to_be_focused()
    assert sent == [{"link": "the-link", "credential": None}]
    assert len(keyed) == calls


def test_enrol_says_why_it_cannot_go_on(page: Page, authenticator: Authenticator) -> None:
    excluded = creation_options() | {"excludeCredentials": [{"type": "public-key", "id": PASSKEY_ID.rstrip("=")}]}
    offer = (200, {**PERSON, "publicKey": excluded, "made": None})
    answer(page, "/enroll/options", (503, {"error": "unavailable"}), offer, (404, {"error": "link_unknown"}))
    page.goto("/enroll?lang=en#the-link")
    says(page, "The service does not answer right now.")
    page.get_by_role("button", name="Try again").click()
    page.get_by_role("button", name="Register this phone").click()
    expect(page.get_by_role("heading", name="This phone is registered already")).to_be_focused()
    page.reload()
    expect(page.get_by_role("heading", name="This link cannot be used")).to_be_focused()


def test_a_browser_without_the_json_shapes_sends_the_same(page: Page) -> None:
    page.add_init_script(NO_JSON_SHAPES)
    Authenticator(page)
    enrolled = answer(page, "/enroll", REGISTERED)
    page.goto("/enroll?lang=en#the-link")
    page.get_by_role("button", name="Register this phone").click()
    expect(page.get_by_role("heading", name="This phone is registered")).to_be_visible()
    assert enrolled[0]["credential"]["response"].keys() == {"clientDataJSON", "attestationObject", "transports"}


def test_the_code_is_shown_in_groups_as_it_is_typed(page: Page) -> None:
    """Also where a letter in the middle is mended, and whatever the person types between the groups."""
    page.goto("/enroll?lang=en")
    field = page.get_by_label("Code from the letter")
    field.press_sequentially("o123 456")
    expect(field).to_have_value("0123-456")
    field.press_sequentially("7-89abcdefgh8b")
    expect(field).to_have_value(CODE)
    for _ in range(3):
        field.press("ArrowLeft")
    field.press("Backspace")
    expect(field).to_have_value("0123-4567-89AB-CDEF-H8B")
    field.press("g")
    expect(field).to_have_value(CODE)
    assert field.evaluate("field => field.selectionStart") == CODE.index("G") + 1


def test_a_mistyped_code_is_told_at_once_and_never_sent(page: Page) -> None:
    """With the last letter, before any tap; a tap or Enter sends nothing either; mended, the same page goes on."""
    asked = answer(page, "/enroll/options", OFFER)
    page.goto("/enroll?lang=en")
    field = page.get_by_label("Code from the letter")
    field.fill("0123-4567-89AB-CDEF-GH8")
    expect(page.locator("#say")).to_be_empty()
    page.get_by_role("button", name="Next").click()
    says(page, "here there are: 19")
    expect(field).to_be_focused()
    field.press_sequentially("c")
    says(page, "There is a mistake in the code. Please look at the letter again")
    expect(field).to_have_attribute("aria-invalid", "true")
    field.press("Enter")
    page.get_by_role("button", name="Next").click()
    assert asked == []
    field.press("End")
    field.press("Backspace")
    expect(page.locator("#say")).to_be_empty()
    field.press_sequentially("B")
    field.press("Enter")
    expect(page.get_by_role("heading", name="Register your phone for signing")).to_be_visible()
    assert asked == [{"link": LETTERS}]
    assert page.url.endswith(f"#{CODE}")
    assert LETTERS not in page.url.partition("#")[0]


def test_a_code_that_opens_nothing_is_told_from_one_that_the_ca_refuses(page: Page) -> None:
    """Each with what to do next; another code may be typed on the same page."""
    answer(page, "/enroll/options", (404, {"error": "link_unknown"}), (403, {"error": "code_refused"}), OFFER)
    page.goto(f"/enroll?lang=en#{CODE}")
    expect(page.get_by_role("heading", name="This code cannot be used")).to_be_focused()
    page.get_by_role("button", name="Enter another code").click()
    field = page.get_by_label("Code from the letter")
    expect(field).to_be_focused()
    assert "#" not in page.url
    field.fill(CODE)
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="The certification authority does not accept this code")).to_be_focused()
    page.get_by_role("button", name="Enter another code").click()
    expect(field).to_have_value("")
    field.fill(CODE)
    page.get_by_role("button", name="Next").click()
    expect(page.locator("#ready")).to_be_visible()
