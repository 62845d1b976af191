"""Recovery codes in a browser: made, printed and confirmed on one device; used on another, which waits, is told of, and may be stopped."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from app.domain.link import read_code
from hsm.messages import recovery_code_sha256
from tests.browser.asking import Request, transaction_in
from tests.browser.conftest import MakePhone, registered
from tests.browser.phone import Phone
from tests.browser.test_devices import reach
from tests.flow.polls import wait_until
from tests.harness.stack import Stack, running_stack


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack whose operator lets a new device wait for a second only."""
    with running_stack(tmp_path_factory.mktemp("hasty"), NATSUIN_RECOVERY_WAIT="1") as made:
        yield made


def make_codes(phone: Phone) -> list[str]:
    """Have the page make codes; gives what it shows."""
    phone.page.goto("/account/recovery")
    phone.page.locator("#make").click()
    phone.shows("Print or write down these codes")
    codes = phone.page.locator("#list > li").all_inner_texts()
    assert len(codes) == 4
    assert all(read_code(code) for code in codes)
    return codes


def confirmed(phone: Phone) -> list[str]:
    """Make codes, and put them in force."""
    codes = make_codes(phone)
    phone.page.get_by_label("I have the codes").check()
    phone.tap("Confirm with the passkey")
    phone.shows("The recovery codes work now")
    return codes


def use(new: Phone, code: str, name: str = "New phone") -> None:
    """Use a code on a device that has nothing else, from the sign-in page on, up to the waiting time."""
    new.open_sign_in()
    new.page.get_by_role("link", name="I have no device that works").click()
    new.page.get_by_label("Recovery code").fill(code.lower())
    new.tap("Next")
    new.page.get_by_label(new.words.call_it).fill(name)
    new.tap("Add this device")
    new.shows("Now this device has to wait")


def test_codes_recover_a_person_without_any_device(hasty: Stack, browser: Browser, make_phone: MakePhone) -> None:
    """The whole way: printed, the phone gone, a new one made with a code, signed in after the waiting time, and approving."""
    shop = hasty.application("青葉建設株式会社 電子契約")
    person = registered(browser, shop, "山田 太郎")
    old, new = make_phone(origin=hasty.origin), make_phone(origin=hasty.origin)
    old.authenticator.put(person.passkey)
    old.context.add_cookies(person.session)
    codes = confirmed(old)
    use(new, codes[0])

    def signs_in() -> bool:
        new.open_sign_in()
        new.tap("Sign in")
        new.page.locator("#sign-out, #say > .bad").first.wait_for()
        return "/sign-in" not in new.page.url

    wait_until(signs_in, 20)
    expect(new.page.locator("main")).to_contain_text("Device added with a recovery code")
    request = Request(shop, person.credential_id)
    new.page.goto(request.url)
    new.tap(new.words.approve)
    new.shows(new.words.approved)
    request.signatures_verify()


def test_no_request_holds_a_code_before_it_is_used(old_phone: Phone) -> None:
    """The page makes them, and what is sent and signed are their hashes."""
    sent: list[str] = []
    composed: list[dict[str, Any]] = []
    old_phone.page.on("request", lambda request: sent.append(f"{request.url} {request.post_data or ''}"))
    old_phone.page.on("response", lambda answer: composed.append(answer.json()) if answer.url.endswith("/account/change") else None)
    codes = confirmed(old_phone)
    letters = [str(read_code(code)) for code in codes]
    assert any("set_recovery" in one for one in sent)
    assert not any(code in one for one in sent for code in [*codes, *letters])
    assert transaction_in(composed[-1])[1]["codes"] == [recovery_code_sha256(code) for code in letters]
    old_phone.page.goto("/account/recovery")
    expect(old_phone.page.locator("main")).to_contain_text("Codes left: 4")
    assert old_phone.page.locator("#list > li").count() == 0


def test_codes_count_once_they_are_confirmed(old_phone: Phone, make_phone: MakePhone) -> None:
    """Not before the person says that she has them, nor without her passkey; until then the older ones are good."""
    older = confirmed(old_phone)
    newer = make_codes(old_phone)
    old_phone.tap("Confirm with the passkey")
    old_phone.says("First print the codes or write them down")
    old_phone.page.goto("/")
    new = make_phone()
    new.page.goto("/recover")
    new.page.get_by_label("Recovery code").fill(newer[0])
    new.tap("Next")
    new.shows("This recovery code cannot be used")
    new.tap("Enter another recovery code")
    new.page.get_by_label("Recovery code").fill(older[0])
    new.tap("Next")
    new.shows("Add this device")


def test_server_that_would_have_other_codes_approved_is_noticed(old_phone: Phone) -> None:
    """The page looks at the hashes that the passkey would sign before it shows anything."""
    seen: list[str] = []

    def swap(route: Any) -> None:
        body = route.request.post_data_json
        seen.append(body["of"])
        enrollment, *hashes = body["of"].split(" ")
        route.continue_(post_data={"change": body["change"], "of": " ".join([enrollment, *hashes[:-1], "0" * 64])})

    old_phone.page.route("**/account/change", swap)
    old_phone.page.goto("/account/recovery")
    old_phone.page.locator("#make").click()
    old_phone.says("That did not work.")
    assert len(seen) == 1
    assert old_phone.page.locator("#list > li").count() == 0


def test_paper_is_printed_alone(old_phone: Phone, tmp_path: Path) -> None:
    """One page: the codes, whose they are, where to use them; none of the buttons. The file says the same."""
    codes = make_codes(old_phone)
    with old_phone.page.expect_download() as download:
        old_phone.tap("Save as a file")
    download.value.save_as(tmp_path / "codes.txt")
    old_phone.page.emulate_media(media="print")
    old_phone.page.pdf(path=tmp_path / "paper.pdf", format="A4")
    printed = subprocess.run(
        ["pdftotext", "-layout", tmp_path / "paper.pdf", "-"], check=True, capture_output=True, text=True, timeout=30
    ).stdout
    assert printed.count("\f") == 1
    for text in (printed, (tmp_path / "codes.txt").read_text()):
        assert all(code in text for code in codes)
        assert "/recover" in text
        assert "田中 梅子" in text
        assert "Confirm with" not in text
        assert "Pause my key" not in text


def test_other_device_is_told_and_stops_it(old_phone: Phone, make_phone: MakePhone) -> None:
    """The start page has the stop and the pause side by side; the new device is told when it signs in, and by its code."""
    codes = confirmed(old_phone)
    new = make_phone()
    use(new, codes[0], "<i>Thief</i>")
    address = new.page.url
    old_phone.page.goto("/")
    card = old_phone.page.locator(".alarm")
    expect(card).to_contain_text("<i>Thief</i>")
    stop, pause = (
        card.get_by_role("button", name="Stop this device").bounding_box(),
        card.get_by_role("link", name="Pause my key").bounding_box(),
    )
    assert stop is not None
    assert pause is not None
    assert abs(stop["width"] * stop["height"] / (pause["width"] * pause["height"]) - 1) < 0.1
    old_phone.tap("Stop this device")
    expect(old_phone.page.locator("main")).to_contain_text("Stopped, and not added: <i>Thief</i>")
    new.open_sign_in()
    new.tap("Sign in")
    new.says("This device was not added")
    new.page.goto(address)
    new.shows("It was stopped")


def test_page_about_it_stops_it_with_keys_only(old_phone: Phone, make_phone: MakePhone) -> None:
    """From the banner that is on each page; afterwards the page says so."""
    codes = confirmed(old_phone)
    use(make_phone(), codes[0])
    old_phone.page.goto("/account")
    old_phone.page.get_by_role("link", name="Look, and stop it").click()
    old_phone.shows("A recovery code of yours was used")
    old_phone.can_tap("Stop this device")
    reach(old_phone.page, "stop")
    old_phone.page.keyboard.press("Enter")
    old_phone.shows("It is stopped")


def test_mistyped_code_is_said_at_once(make_phone: MakePhone, old_phone: Phone) -> None:
    """Nothing is sent; the caret stays, and the right letters are taken."""
    (code, *_) = confirmed(old_phone)
    new = make_phone()
    sent: list[str] = []
    new.page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    new.page.goto("/recover")
    field = new.page.get_by_label("Recovery code")
    field.fill(code[:-1] + ("0" if code[-1] != "0" else "1"))
    new.says("There is a mistake in the code.")
    new.tap("Next")
    new.says("There is a mistake in the code.")
    assert sent == []
    field.fill(code)
    new.tap("Next")
    new.shows("Add this device")


def test_reload_tells_how_it_stands(make_phone: MakePhone, old_phone: Phone) -> None:
    """It says until when to wait, and makes no second passkey; while a code is good it is in no address."""
    (code, *_) = confirmed(old_phone)
    new = make_phone()
    new.page.goto("/recover")
    new.page.get_by_label("Recovery code").fill(code)
    new.tap("Next")
    new.shows("Add this device")
    assert new.page.url.endswith("/recover")
    use(new, code)
    new.page.reload()
    new.shows("Now this device has to wait")
    assert len(new.authenticator.passkeys()) == 1
    assert code not in new.page.locator("body").inner_text()


def test_device_that_is_registered_uses_up_no_code(old_phone: Phone) -> None:
    """The browser knows the passkey, and the page says that there is nothing more to do."""
    (code, *_) = confirmed(old_phone)
    old_phone.page.goto(f"/recover#{code}")
    old_phone.tap("Add this device")
    old_phone.shows("This device is registered already")
    old_phone.page.goto("/account/recovery")
    expect(old_phone.page.locator("main")).to_contain_text("Codes left: 4")


def test_codes_are_taken_away(old_phone: Phone) -> None:
    """With the passkey."""
    confirmed(old_phone)
    old_phone.page.goto("/account/recovery")
    old_phone.tap("Take the codes away: none shall work any more")
    old_phone.says("Ready. Tap the button once more.")
    old_phone.tap("Take the codes away: none shall work any more")
    expect(old_phone.page.locator("main")).to_contain_text("You have no recovery codes")
