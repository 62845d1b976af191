"""enroll.html and its script; the server's answers are canned, so no key is made and no certificate issued."""

from playwright.sync_api import Page, expect

from .browsing import NO_JSON_SHAPES, PASSKEY_ID, Authenticator, answer, says
from .preview import PERSON
from .sample import creation_options

OFFER = (200, {**PERSON, "publicKey": creation_options(), "resume": False})
REGISTERED = (200, {**PERSON, "credential_id": "c-1", "not_after": 1838041200})


def test_enrol(page: Page) -> None:
    Authenticator(page)
    asked = answer(page, "/enroll/options", OFFER)
    sent = answer(page, "/enroll", REGISTERED)
    page.goto("/enroll?lang=ja#the-link")
    page.get_by_text("English").click()
    expect(page.locator("#ready")).to_contain_text("山田 太郎")
    assert page.url.endswith("lang=en#the-link")
    page.get_by_role("button", name="Register this phone").click()
    expect(page.get_by_role("heading", name="This phone is registered")).to_be_focused()
    assert asked[-1] == {"link": "the-link"}
    assert sent[0]["link"] == "the-link"
    assert "attestationObject" in sent[0]["credential"]["response"]
    assert "the-link" not in page.url


def test_enrol_resumes_when_only_the_certificate_is_missing(page: Page) -> None:
    Authenticator(page)
    answer(page, "/enroll/options", OFFER, (200, {**PERSON, "publicKey": None, "resume": True}))
    sent = answer(page, "/enroll", (503, {"error": "certificate_unavailable"}), REGISTERED)
    page.goto("/enroll?lang=en#the-link")
    page.get_by_role("button", name="Register this phone").click()
    says(page, "Nothing is lost")
    page.get_by_role("button", name="Get the certificate").click()
    expect(page.get_by_role("heading", name="This phone is registered")).to_be_visible()
    assert sent[1] == {"link": "the-link", "credential": None}


def test_enrol_says_why_it_cannot_go_on(page: Page, authenticator: Authenticator) -> None:
    excluded = creation_options() | {"excludeCredentials": [{"type": "public-key", "id": PASSKEY_ID.rstrip("=")}]}
    offer = (200, {**PERSON, "publicKey": excluded, "resume": False})
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
