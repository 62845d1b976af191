"""The pages about a signer's own keys and devices, and their scripts; the server's answers are canned, so nothing is changed here."""

import re

from playwright.sync_api import Page, expect

from .account_samples import NEW_DEVICE
from .browsing import PASSKEY_ID, Authenticator, answer, reloads, says
from .preview import CHANGE, LINK
from .sample import creation_options, request_options

UNAVAILABLE = (503, {"error": "unavailable"})
NOT_PROVEN = (400, {"error": "evidence_refused"})
OVER = (400, {"error": "change_over"})
DONE = (200, {"state": "done"})


def proposal(number: int) -> tuple[int, object]:
    return 200, {"id": f"change-{number}", "transaction": CHANGE, "publicKey": request_options(), "expires_in": 600}


def test_link_for_a_new_device_is_shown_as_picture_and_text(page: Page) -> None:
    """The picture is drawn within the security policy; the link is in no address; leaving takes the link back."""
    refused = answer(page, f"/account/add/{NEW_DEVICE['id']}/refuse", (200, {}))
    page.goto("/account-add?lang=en")
    expect(page.locator("#link")).to_have_text(LINK)
    path = page.locator("#qr path")
    assert re.fullmatch(r"(M\d+ \d+h\d+v1h-\d+z)+", str(path.get_attribute("d")))
    box = page.locator("#qr").bounding_box()
    assert box is not None
    assert abs(box["width"] - box["height"]) < 1
    assert box["width"] > 200
    expect(page.get_by_role("timer")).to_contain_text("left")
    says(page, "Waiting for the new device")
    assert "Zk81" not in page.url
    with page.expect_navigation(url="**/account"):
        page.get_by_role("button", name="Cancel").click()
    assert refused == [{}]


def test_page_with_the_link_goes_on_by_itself(page: Page) -> None:
    """Once the new device has made its passkey, the question is shown."""
    page.clock.install()
    page.goto("/account-add?lang=en")
    expect(page.locator("#link")).to_have_text(LINK)
    page.route(f"**/account/add/{NEW_DEVICE['id']}", lambda route: route.fulfill(json={"state": "made"}))
    with page.expect_navigation(url=f"**/account/add/{NEW_DEVICE['id']}"):
        page.clock.run_for(2_100)


def test_link_that_is_over_can_be_made_anew(page: Page) -> None:
    """The picture goes away, for it is of no use."""
    page.clock.install()
    page.route(f"**/account/add/{NEW_DEVICE['id']}", lambda route: route.fulfill(json={"state": "expired"}))
    page.goto("/account-add?lang=en")
    expect(page.locator("#link")).to_have_text(LINK)
    page.clock.run_for(2_100)
    says(page, "The ten minutes are over")
    expect(page.locator("#qr")).to_be_hidden()
    page.get_by_role("button", name="Show a new picture").click()
    expect(page.locator("#qr")).to_be_visible()


def test_new_device_makes_a_passkey_and_shows_the_number(page: Page) -> None:
    """It has a name before the person types one, and goes on when the other device has said yes."""
    Authenticator(page)
    page.clock.install()
    states = answer(page, "/new-device/state", (200, {"state": "open"}), (200, {"state": "done", "name": "x", "code": "1"}))
    sent = answer(page, "/new-device", (200, {"state": "made", "name": "書斎のパソコン", "code": "482 913", "expires_in": 600}))
    page.goto("/new-device?lang=en#the-secret")
    expect(page.locator("#ready")).to_contain_text("山田 太郎")
    expect(page.get_by_label("What shall this device be called?")).to_have_value("iPhone")
    page.get_by_label("What shall this device be called?").fill("書斎のパソコン")
    page.get_by_role("button", name="Add this device").click()
    expect(page.get_by_role("heading", name="Now go back to your other device")).to_be_focused()
    expect(page.locator("#made .number")).to_have_text("482 913")
    assert (sent[0]["link"], sent[0]["name"]) == ("the-secret", "書斎のパソコン")
    assert "attestationObject" in sent[0]["credential"]["response"]
    page.clock.run_for(2_100)
    expect(page.get_by_role("heading", name="This device is added")).to_be_focused()
    assert states[-1] == {"link": "the-secret"}
    assert "the-secret" not in page.url


def test_new_device_that_was_reloaded_goes_on_waiting(page: Page) -> None:
    """The passkey is made already: the number is shown again, and a refusal is told."""
    page.clock.install()
    made = {"state": "made", "name": "x", "code": "482 913", "expires_in": 600}
    answer(page, "/new-device/state", (200, made), UNAVAILABLE, (200, {"state": "refused", "name": "x", "code": "1"}))
    page.goto("/new-device?lang=en#the-secret")
    expect(page.locator("#made .number")).to_have_text("482 913")
    page.clock.run_for(2_100)
    expect(page.locator("#made")).to_be_visible()
    page.clock.run_for(2_100)
    expect(page.get_by_role("heading", name="This device was not added")).to_be_focused()


def test_passkey_is_made_once_though_its_answer_was_lost(page: Page) -> None:
    """After an outage, or a name that can't be, the same passkey is sent again."""
    authenticator = Authenticator(page)
    sent = answer(page, "/new-device", UNAVAILABLE, (400, {"error": "name_refused"}), (200, {"state": "made", "name": "x", "code": "1 2"}))
    page.goto("/new-device?lang=en#the-secret")
    button = page.get_by_role("button", name="Add this device")
    button.click()
    says(page, "The service does not answer right now.")
    button.click()
    says(page, "Give the device a name")
    expect(page.get_by_label("What shall this device be called?")).to_be_focused()
    button.click()
    expect(page.locator("#made")).to_be_visible()
    assert sent[0]["credential"] == sent[1]["credential"] == sent[2]["credential"]
    assert len(authenticator.session.send("WebAuthn.getCredentials", {"authenticatorId": authenticator.id})["credentials"]) == 1


def test_new_device_says_why_it_cannot_go_on(page: Page, authenticator: Authenticator) -> None:
    """A device that is registered; a link that is used."""
    excluded = creation_options() | {"excludeCredentials": [{"type": "public-key", "id": PASSKEY_ID.rstrip("=")}]}
    answer(page, "/new-device/options", (200, {"user_id": "x", "name": "x", "transaction": "e30", "publicKey": excluded}))
    page.goto("/new-device?lang=en#the-secret")
    page.get_by_role("button", name="Add this device").click()
    expect(page.get_by_role("heading", name="This device is registered already")).to_be_focused()
    answer(page, "/new-device/state", (404, {"error": "link_unknown"}))
    page.reload()
    expect(page.get_by_role("heading", name="This link cannot be used")).to_be_focused()


def test_adding_sends_the_passkeys_answer(page: Page, authenticator: Authenticator) -> None:
    """What is shown comes from the bytes that are signed; after a refusal there is a fresh change, after an outage the same one."""
    composed = answer(page, "/account/change", proposal(1), proposal(2))
    first = answer(page, "/account/change/change-1", NOT_PROVEN)
    second = answer(page, "/account/change/change-2", UNAVAILABLE, DONE)
    page.goto("/add-made?lang=en")
    expect(page.locator("[data-shown=name]")).to_have_text("書斎のパソコン")
    page.wait_for_load_state("networkidle")
    add = page.get_by_role("button", name="Add", exact=True)
    add.click()
    says(page, "Not added: the passkey could not be verified.")
    expect(add).to_have_attribute("aria-disabled", "false")
    add.click()
    says(page, "Not confirmed yet: the service does not answer.")
    expect(add).to_have_attribute("aria-disabled", "false")
    reloads(page, add.click)
    assert composed[:2] == [{"change": "add_passkey", "of": NEW_DEVICE["id"]}] * 2
    assert (len(first), len(second)) == (1, 2)


def test_adding_can_be_refused(page: Page) -> None:
    sent = answer(page, f"/account/add/{NEW_DEVICE['id']}/refuse", (200, {}))
    page.goto("/add-made?lang=ja")
    reloads(page, page.get_by_role("button", name="追加しない").click)
    assert sent == [{}]


def test_name_is_saved(page: Page) -> None:
    """Also with Enter; a name that can't be is asked for again."""
    sent = answer(page, f"/account/devices/{'2' * 22}/rename", (400, {"error": "name_refused"}), (200, {"name": "Mine"}))
    page.goto("/device?lang=en")
    page.get_by_label("What it is called").fill(" ")
    page.get_by_role("button", name="Save the name").click()
    says(page, "Give the device a name of 1 to 40 characters")
    expect(page.get_by_label("What it is called")).to_be_focused()
    page.get_by_label("What it is called").fill(" Mine ")
    page.keyboard.press("Enter")
    says(page, "The name is saved.")
    expect(page.get_by_role("heading", level=1)).to_have_text("Mine")
    assert sent[1] == {"name": " Mine "}


def test_removing_asks_once_more(page: Page, authenticator: Authenticator) -> None:
    """The question begins at the harmless answer, and names the device; a passkey that was not confirmed removes nothing."""
    sent = answer(page, "/account/change/c-1", DONE)
    page.goto("/device?lang=en")
    page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="Remove…").click()
    expect(page.get_by_role("button", name="Go back")).to_be_focused()
    expect(page.get_by_role("dialog")).to_contain_text("Remove 書斎のパソコン?")
    authenticator.verify_user(False)
    page.get_by_role("button", name="Remove it").click()
    says(page, "Not removed: the passkey was not confirmed.")
    assert sent == []
    authenticator.verify_user(True)
    page.get_by_role("button", name="Remove…").click()
    with page.expect_navigation(url="**/account"):
        page.get_by_role("button", name="Remove it").click()
    assert len(sent) == 1


def test_last_device_has_no_way_to_remove_it(page: Page) -> None:
    page.goto("/device-only?lang=en")
    expect(page.get_by_role("button", name="Remove…")).to_have_count(0)
    expect(page.get_by_role("link", name="Add a device")).to_be_visible()


def test_pausing_takes_one_tap(page: Page) -> None:
    """From its page and from the page after "I did not expect this"; an outage says that it is on its way."""
    sent = answer(page, "/freeze", UNAVAILABLE, (200, {"keys": []}))
    page.goto("/freeze?lang=en")
    page.get_by_role("button", name="Pause for one hour").click()
    says(page, "Your key is paused as soon as it does")
    expect(page.get_by_role("button", name="Pause for one day")).to_have_attribute("aria-disabled", "false")
    reloads(page, page.get_by_role("button", name="Pause for one day").click)
    page.goto("/not-me?lang=ja")
    reloads(page, page.get_by_role("button", name="自分で再開するまで止める").click)
    assert [one["for"] for one in sent] == ["hour", "day", "until_i_say"]


def test_using_a_key_again(page: Page, authenticator: Authenticator) -> None:
    """Where somebody else was quicker, the page shows how the key stands now."""
    answer(page, "/account/change", proposal(1), OVER)
    answer(page, "/account/change/change-1", NOT_PROVEN)
    page.goto("/unfreeze?lang=en")
    page.wait_for_load_state("networkidle")
    reloads(page, page.get_by_role("button", name="Use it again").click)


def test_destroying_takes_a_tick_and_a_second_question(page: Page, authenticator: Authenticator) -> None:
    """Nothing is asked before the warning was read; the dialog begins at the harmless answer."""
    sent = answer(page, "/account/change/c-1", DONE)
    page.goto("/destroy?lang=en")
    page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="Destroy the key…").click()
    says(page, "First read the warning")
    expect(page.get_by_role("checkbox")).to_be_focused()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Destroy the key…").click()
    expect(page.get_by_role("button", name="Go back")).to_be_focused()
    page.keyboard.press("Escape")
    assert sent == []
    page.get_by_role("button", name="Destroy the key…").click()
    reloads(page, page.get_by_role("button", name="Destroy it for good").click)
    assert len(sent) == 1


def test_paused_key_offers_no_approval(page: Page) -> None:
    """The approval page lets its reader decline, and leads to using the key again."""
    page.goto("/approve-paused?lang=en")
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    expect(page.get_by_role("button", name="Decline")).to_be_visible()
    expect(page.get_by_role("link", name="Use it again")).to_be_visible()
    says(page, "Your key is paused, so you can only decline.")
