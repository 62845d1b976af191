"""The scripts of the pages about recovery codes; the server's answers are canned, so no code is good for anything here."""

import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from app.domain.link import read_code
from app.phone.static import static_path
from hsm.messages import recovery_code_sha256
from tests.app.test_link import VECTORS

from .browsing import Authenticator, answer, says
from .preview import ANSWERS
from .recovery_samples import RECOVERING
from .sample import NOW, request_options

CODE = "0123-4567-89AB-CDEF-GH8B"
OFFER = (200, ANSWERS["/recover/options"])
WAITING = (200, ANSWERS["/recover"])
AWAY = (503, {"error": "unavailable"})
MAKE = "async (module) => { const { newCode } = await import(module); return Array.from({ length: 200 }, newCode); }"
HASH = "async ([module, codes]) => { const { hashOf } = await import(module); return Promise.all(codes.map(hashOf)); }"


def test_codes_of_the_page_are_codes(page: Page) -> None:
    """The server reads them, they differ, and every letter occurs; the hashes are those that the SAM makes."""
    page.goto("/recovery?lang=en")
    module = static_path("recovery-code.js")
    codes = page.evaluate(MAKE, module)
    assert [read_code(code) for code in codes] == codes
    assert len(set(codes)) == 200
    assert len(set("".join(codes))) == 32
    known = [vector.replace("-", "") for vector in VECTORS]
    assert page.evaluate(HASH, [module, known]) == [recovery_code_sha256(code) for code in known]


def composing(page: Page, **lies: Any) -> list[str]:
    """Compose whatever the page asks for, with `lies` in it."""
    asked: list[str] = []

    def compose(route: Route) -> None:
        body = json.loads(route.request.post_data or "")
        asked.append(body["of"])
        raw = json.dumps({"codes": body["of"].split(" ")[1:]} | lies).encode()
        page_of_it = {"id": "c-1", "transaction": urlsafe_b64encode(raw).decode().rstrip("="), "publicKey": request_options()}
        route.fulfill(json=page_of_it | {"expires_in": 600})

    page.route("**/account/change", compose)
    return asked


def test_codes_are_confirmed(page: Page) -> None:
    """After the box is ticked and the passkey has answered; where the answer is lost, the same change is sent again."""
    Authenticator(page).add_passkey()
    asked = composing(page)
    sent = answer(page, "/account/change/c-1", AWAY, (200, {"state": "done"}))
    page.goto("/recovery?lang=en")
    page.get_by_role("button", name="Make recovery codes").click()
    expect(page.get_by_role("heading", name="Print or write down")).to_be_focused()
    codes = page.locator("#list > li").all_inner_texts()
    assert asked == [" ".join(["N" * 22, *(recovery_code_sha256(str(read_code(code))) for code in codes)])]
    page.get_by_role("button", name="Confirm with the passkey").click()
    says(page, "First print the codes or write them down")
    expect(page.get_by_role("checkbox")).to_be_focused()
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Confirm with the passkey").click()
    says(page, "Not confirmed yet")
    page.get_by_role("button", name="Confirm with the passkey").click()
    expect(page.get_by_role("heading", name="The recovery codes work now")).to_be_focused()
    assert len(sent) == 2
    assert len(asked) == 1
    expect(page.locator("#list > li")).to_have_count(0)


@pytest.mark.parametrize("codes", [[], ["0" * 64] * 4])
def test_other_hashes_are_not_shown_for_approval(page: Page, codes: list[str]) -> None:
    composing(page, codes=codes)
    page.goto("/recovery?lang=en")
    page.get_by_role("button", name="Make recovery codes").click()
    says(page, "That did not work.")
    expect(page.locator("#codes")).to_be_hidden()


def test_recover(page: Page) -> None:
    """The code is typed, the device named, the passkey made once; the page says until when to wait, in its own words for time."""
    authenticator = Authenticator(page)
    asked = answer(page, "/recover/options", OFFER)
    sent = answer(page, "/recover", AWAY, WAITING)
    page.goto("/recover?lang=en")
    page.get_by_label("Recovery code").press_sequentially(CODE.lower().replace("-", ""))
    expect(page.get_by_label("Recovery code")).to_have_value(CODE)
    page.get_by_label("Recovery code").press("Enter")
    expect(page.get_by_role("heading", name="Add this device")).to_be_focused()
    page.get_by_label("What shall this device be called?").fill(" ")
    page.get_by_role("button", name="Add this device").click()
    says(page, "Give the device a name")
    page.get_by_label("What shall this device be called?").fill("My phone")
    page.get_by_role("button", name="Add this device").click()
    says(page, "The service does not answer right now.")
    page.get_by_role("button", name="Add this device").click()
    expect(page.get_by_role("heading", name="Now this device has to wait")).to_be_focused()
    expect(page.locator("[data-until]")).to_contain_text("November 24, 2026")
    assert asked == [{"code": CODE.replace("-", "")}]
    assert sent[0] == sent[1]
    assert sent[0]["name"] == "My phone"
    assert len(authenticator.session.send("WebAuthn.getCredentials", {"authenticatorId": authenticator.id})["credentials"]) == 1


@pytest.mark.parametrize(
    ("options", "heading"),
    [
        ((404, {"error": "link_unknown"}), "This recovery code cannot be used"),
        ((400, {"error": "key_unusable"}), "There is no key left"),
        ((200, {"state": "stopped", "name": "x", "until": NOW, "publicKey": None}), "It was stopped"),
        ((200, {"state": "lapsed", "name": "x", "until": NOW, "publicKey": None}), "The time is over"),
        ((200, {"state": "done", "name": "x", "until": NOW, "publicKey": None}), "This code was used, and its device is added"),
        ((200, {"state": "waiting", "name": "x", "until": NOW, "publicKey": None}), "Now this device has to wait"),
    ],
)
def test_each_end_is_said(page: Page, options: tuple[int, object], heading: str) -> None:
    """As the whole page, with what to do next."""
    answer(page, "/recover/options", options)
    page.goto(f"/recover?lang=en#{CODE}")
    expect(page.get_by_role("heading", name=heading)).to_be_focused()
    expect(page.locator(".acts")).to_be_hidden()


def test_passkey_that_is_not_made_may_be_tried_again(page: Page) -> None:
    """With another challenge; the code is asked for once."""
    authenticator = Authenticator(page)
    authenticator.verify_user(False)
    asked = answer(page, "/recover/options", OFFER)
    answer(page, "/recover", WAITING)
    page.goto(f"/recover?lang=en#{CODE}")
    page.get_by_role("button", name="Add this device").click()
    says(page, "The passkey was not made.")
    authenticator.verify_user(True)
    page.get_by_role("button", name="Add this device").click()
    expect(page.get_by_role("heading", name="Now this device has to wait")).to_be_visible()
    assert len(asked) == 2


@pytest.mark.parametrize("sample", ["inbox-recovering", "recovery-waiting"])
def test_stop_that_is_not_confirmed_is_said(page: Page, sample: str) -> None:
    """And may be tapped again; then the page is looked at anew."""
    stopped = answer(page, f"/account/recovery/{RECOVERING['id']}/stop", AWAY, (200, {"state": "stopped"}))
    page.goto(f"/{sample}?lang=en")
    page.get_by_role("button", name="Stop this device").click()
    says(page, "It is stopped as soon as it does")
    with page.expect_navigation():
        page.get_by_role("button", name="Stop this device").click()
    assert stopped == [{}, {}]


def test_device_that_waits_is_told_until_when(page: Page) -> None:
    """On the sign-in page, in the page's own words for time."""
    Authenticator(page).add_passkey()
    answer(page, "/sign-in", (403, {"error": "recovery_waiting", "until": NOW}))
    with page.expect_response("**/sign-in/options"):
        page.goto("/sign-in?lang=en")
    page.get_by_role("button", name="Sign in").click()
    says(page, "This device has to wait. It may approve, and sign in, from: November 23, 2026")
