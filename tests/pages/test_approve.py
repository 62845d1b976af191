"""approve.html and its script; the server's answers are canned, so nothing here verifies evidence."""

import json
from base64 import urlsafe_b64decode
from typing import Any

from playwright.sync_api import Page, Route, expect

from .browsing import NO_JSON_SHAPES, Authenticator, answer, reloads, says
from .sample import CHALLENGE


def test_approve_sends_the_assertion_and_the_code(page: Page, authenticator: Authenticator) -> None:
    sent = answer(page, "/approve", (200, {"state": "approved"}))
    page.goto("/approve?lang=en")
    page.get_by_label("The number shown on your computer").fill("４７")
    reloads(page, page.get_by_role("button", name="Approve").click)
    assert sent[0]["code"] == "47"
    client_data = json.loads(urlsafe_b64decode(sent[0]["credential"]["response"]["clientDataJSON"] + "=="))
    assert client_data["challenge"] == CHALLENGE
    assert client_data["crossOrigin"] is False


def test_approve_without_its_number_asks_for_it(page: Page) -> None:
    page.goto("/approve?lang=en")
    page.get_by_role("button", name="Approve").click()
    says(page, "First enter the 2-digit number.")
    expect(page.locator("#code")).to_be_focused()


def test_a_wrong_number_can_be_corrected(page: Page, authenticator: Authenticator) -> None:
    answer(page, "/approve", (403, {"error": "wrong_code", "tries_left": 2}), (200, {"state": "approved"}))
    page.goto("/approve?lang=en")
    page.locator("#code").fill("11")
    page.keyboard.press("Enter")
    says(page, "Tries left: 2")
    expect(page.locator("#code")).to_be_focused()
    page.locator("#code").fill("47")
    reloads(page, page.get_by_role("button", name="Approve").click)


def test_a_cancelled_passkey_can_be_tried_again(page: Page, authenticator: Authenticator) -> None:
    sent = answer(page, "/approve", (400, {"error": "evidence_refused"}), (409, {"error": "ended", "state": "expired"}))
    authenticator.verify_user(False)
    page.goto("/approve?lang=en")
    page.locator("#code").fill("47")
    approve = page.get_by_role("button", name="Approve")
    approve.click()
    says(page, "the passkey was not confirmed")
    assert sent == []
    authenticator.verify_user(True)
    approve.click()
    says(page, "the passkey could not be verified")
    reloads(page, approve.click)


def test_without_a_connection_the_button_works_again(page: Page, authenticator: Authenticator) -> None:
    page.goto("/approve-english?lang=en")
    page.context.set_offline(True)
    page.get_by_role("button", name="Approve").click()
    says(page, "No connection.")
    expect(page.get_by_role("button", name="Approve")).to_have_attribute("aria-disabled", "false")


def test_decline(page: Page) -> None:
    sent = answer(page, "/approve/refuse", (200, {"state": "refused"}))
    page.goto("/approve?lang=ja")
    reloads(page, page.get_by_role("button", name="拒否する").click)
    assert sent == [{"reason": "declined"}]


def test_not_expected_needs_one_confirmation(page: Page) -> None:
    sent = answer(page, "/approve/refuse", (200, {"state": "refused", "key_state": "active"}))
    page.goto("/approve?lang=ja")
    page.get_by_role("button", name="心当たりがない場合").click()
    expect(page.get_by_role("button", name="戻る")).to_be_focused()
    assert sent == []
    page.get_by_role("button", name="拒否して報告する").click()
    expect(page.get_by_role("dialog", name="拒否して報告しました")).to_be_visible()
    assert sent == [{"reason": "not_me"}]


def test_not_expected_offers_to_pause_in_the_same_place(page: Page) -> None:
    answer(page, "/approve/refuse", (200, {"state": "refused", "key_state": "active"}))
    sent = answer(page, "/freeze", (503, {"error": "unavailable"}), (200, {"keys": []}))
    page.goto("/approve?lang=en")
    page.get_by_role("button", name="I did not expect this").click()
    page.get_by_role("button", name="Refuse and report").click()
    expect(page.get_by_role("heading", name="Refused and reported")).to_be_focused()
    page.get_by_role("button", name="Pause for one day").click()
    expect(page.locator("#say-unexpected")).to_contain_text("Not confirmed yet")
    reloads(page, page.get_by_role("button", name="Pause for one day").click)
    assert sent == [{"for": "day"}, {"for": "day"}]


def test_a_key_that_is_paused_already_is_not_offered_to_be(page: Page) -> None:
    answer(page, "/approve/refuse", (200, {"state": "refused", "key_state": "frozen"}))
    page.goto("/approve?lang=en")
    page.get_by_role("button", name="I did not expect this").click()
    reloads(page, page.get_by_role("button", name="Refuse and report").click)


def test_closing_the_offer_shows_how_it_ended(page: Page) -> None:
    answer(page, "/approve/refuse", (200, {"state": "refused", "key_state": "active"}))
    page.goto("/approve?lang=en")
    page.get_by_role("button", name="I did not expect this").click()
    page.get_by_role("button", name="Refuse and report").click()
    reloads(page, page.get_by_role("button", name="Not now").click)


def test_the_wrong_document_is_one_tap(page: Page) -> None:
    sent = answer(page, "/approve/refuse", (200, {"state": "refused"}))
    page.goto("/approve?lang=en")
    reloads(page, page.get_by_role("button", name="Wrong document").click)
    assert sent == [{"reason": "wrong_document"}]


def test_later_leads_to_what_waits(page: Page) -> None:
    sent = answer(page, "/approve-lasting/later", (200, {"state": "pending"}))
    page.goto("/approve-lasting?lang=en")
    with page.expect_navigation(url=lambda url: url.endswith("/")):
        page.get_by_role("button", name="Later").click()
    assert sent == [{}]


def test_later_is_for_what_may_wait(page: Page) -> None:
    page.goto("/approve?lang=en")
    expect(page.get_by_role("button", name="Later")).to_have_count(0)


def test_another_request_is_said_in_its_place(page: Page) -> None:
    """Nothing that is tapped moves."""
    told = hears(page, {"state": "pending", "another": False})
    page.goto("/approve?lang=en")
    line, decline = page.get_by_text("Another request waits for you."), page.get_by_role("button", name="Decline")
    expect(line).to_be_hidden()
    before = decline.bounding_box()
    told["another"] = True
    expect(line).to_be_visible()
    assert decline.bounding_box() == before
    told["another"] = False
    expect(line).to_be_hidden()


def test_what_was_answered_elsewhere_is_shown(page: Page) -> None:
    """But not while a question stands open here."""
    told = hears(page, {"state": "pending", "another": False})
    page.goto("/approve?lang=en")
    page.get_by_role("button", name="I did not expect this").click()
    told["state"] = "refused"
    for _ in range(2):
        with page.expect_response("**/approve/events"):
            pass
    reloads(page, page.get_by_role("button", name="Go back").click)


def test_the_page_asks_the_server_when_time_is_up(page: Page) -> None:
    page.clock.install()
    page.goto("/approve?lang=en")
    expect(page.get_by_role("timer")).to_have_text("2:41 left")
    page.clock.run_for(60_000)
    expect(page.get_by_role("timer")).to_have_text("1:41 left")
    reloads(page, lambda: page.clock.run_for(103_000))


def test_a_session_that_ended_leads_to_sign_in(page: Page) -> None:
    answer(page, "/approve/refuse", (401, {"error": "session_required"}))
    page.goto("/approve?lang=en")
    with page.expect_navigation(url="**/sign-in?next=%2Fapprove"):
        page.get_by_role("button", name="Decline").click()


def test_a_browser_without_the_json_shapes_sends_the_same(page: Page, authenticator: Authenticator) -> None:
    page.add_init_script(NO_JSON_SHAPES)
    sent = answer(page, "/approve-english", (200, {"state": "approved"}))
    page.goto("/approve-english?lang=en")
    reloads(page, page.get_by_role("button", name="Approve").click)
    credential = sent[0]["credential"]
    assert urlsafe_b64decode(credential["rawId"]) == b"passkey-0001"
    assert credential["response"].keys() == {"clientDataJSON", "authenticatorData", "signature", "userHandle"}


def hears(page: Page, state: dict[str, Any]) -> dict[str, Any]:
    """Have the page's event stream tell this state, whatever becomes of it, again and again."""

    def tell(route: Route) -> None:
        route.fulfill(content_type="text/event-stream", body=f"retry: 50\ndata: {json.dumps(state)}\n\n")

    page.route("**/approve/events", tell)
    return state
