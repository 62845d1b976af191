"""sign_in.html and its script; the server's answers are canned, so nobody is signed in."""

from playwright.sync_api import Page, expect

from .browsing import Authenticator, answer, says
from .preview import PERSON
from .sample import request_options


def test_sign_in_fetches_new_options_after_a_failure(page: Page, authenticator: Authenticator) -> None:
    asked = answer(
        page,
        "/sign-in/options",
        (200, {"ceremony": "first", "publicKey": request_options()}),
        (200, {"ceremony": "second", "publicKey": request_options()}),
    )
    sent = answer(page, "/sign-in", (400, {"error": "sign_in_refused"}), (200, PERSON))
    page.goto("/sign-in-to-approve?lang=en")
    sign_in = page.get_by_role("button", name="Sign in")
    expect(page.locator("#say")).to_be_empty()
    page.wait_for_load_state("networkidle")
    sign_in.click()
    says(page, "This passkey cannot sign in here.")
    expect(sign_in).to_have_attribute("aria-disabled", "false")
    with page.expect_navigation(url="**/approve/rB6m0Zb7Qk2yq3sJ"):
        sign_in.click()
    assert len(asked) == 2
    assert [body["ceremony"] for body in sent] == ["first", "second"]
