"""A key is renewed in a browser, its reminder dismissed on one device, and a letter that replaces everything is stopped."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.asking import Request
from tests.browser.conftest import credential_of
from tests.browser.own import open_ready
from tests.browser.phone import Phone
from tests.browser.words import ENGLISH, JAPANESE, Words
from tests.flow.records import Records
from tests.harness.stack import Stack, running_stack

DAY_S = 86_400
RENEW = {"ja": "この鍵を更新する", "en": "Renew this key"}
DO_RENEW = {"ja": "鍵を更新する", "en": "Renew the key"}
READY = {"ja": "新しい鍵ができました", "en": "Your new key is ready"}


@pytest.fixture(scope="module")
def renewing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack whose keys may be renewed at once."""
    with running_stack(tmp_path_factory.mktemp("renewing"), NATSUIN_RENEW_BEFORE="800") as made:
        yield made


def registered(browser: Browser, stack: Stack, words: Words) -> tuple[Phone, str]:
    """Register a phone; gives it and the signer's user id."""
    user_id = f"user-{time.monotonic_ns()}"
    phone = Phone(browser, stack.origin, words)
    phone.enroll(stack.enrollment_url(user_id))
    return phone, user_id


@pytest.mark.parametrize("words", [JAPANESE, ENGLISH], ids=["ja", "en"])
def test_key_is_renewed_from_the_account_page(renewing: Stack, browser: Browser, words: Words) -> None:
    """One link, one tap, one passkey; then the newer key is the first that an application is given, and it signs."""
    lang = words.locale[:2]
    application = renewing.application()
    phone, user_id = registered(browser, renewing, words)
    phone.page.goto("/account")
    with phone.page.expect_response("**/account/change"):
        phone.page.get_by_role("link", name=RENEW[lang]).click()
    phone.tap(DO_RENEW[lang])
    phone.shows(READY[lang])
    listed = application.post("credentials/list", {"userID": user_id}).json()["credentialIDs"]
    assert len(listed) == 2
    request = Request(application, listed[0])
    phone.page.goto(request.url)
    phone.tap(words.approve)
    phone.shows(words.approved)
    request.signatures_verify()
    phone.close()


def test_passkey_that_is_not_confirmed_renews_nothing(renewing: Stack, browser: Browser) -> None:
    """The page says so, and the same tap again renews."""
    application = renewing.application()
    phone, user_id = registered(browser, renewing, ENGLISH)
    open_ready(phone, f"/keys/{credential_of(application, user_id)}/renew")
    phone.authenticator.verify_user(False)
    phone.tap(DO_RENEW["en"])
    phone.says("Nothing is renewed")
    phone.authenticator.verify_user(True)
    phone.tap(DO_RENEW["en"])
    phone.shows(READY["en"])
    phone.close()


def test_reminder_is_dismissed_at_30_days_and_stays_at_7(renewing: Stack, browser: Browser) -> None:
    application, records = renewing.application(), Records(renewing)
    phone, user_id = registered(browser, renewing, ENGLISH)
    credential_id = credential_of(application, user_id)
    records.change("UPDATE credentials SET not_after = ? WHERE credential_id = ?", int(time.time()) + 20 * DAY_S, credential_id)
    phone.page.goto("/")
    expect(phone.page.locator(".frozen")).to_contain_text("is valid until")
    phone.page.get_by_role("button", name="Not now").click()
    expect(phone.page.locator(".frozen")).to_have_count(0)
    phone.page.goto("/account")
    expect(phone.page.locator(".frozen")).to_have_count(0)
    records.change("UPDATE credentials SET not_after = ? WHERE credential_id = ?", int(time.time()) + 5 * DAY_S, credential_id)
    phone.page.goto("/account")
    expect(phone.page.locator(".frozen")).to_contain_text("can sign only until")
    expect(phone.page.get_by_role("button", name="Not now")).to_have_count(0)
    phone.close()


def test_letter_that_replaces_everything_is_stopped(renewing: Stack, browser: Browser) -> None:
    """From the notice on the start page, in one tap."""
    phone, user_id = registered(browser, renewing, ENGLISH)
    renewing.natsuin("signer", "add", user_id, "--name", "山田 太郎", "--replaces")
    phone.page.goto("/")
    phone.page.get_by_role("link", name="Look, or stop it").click()
    phone.shows("A new registration for you")
    phone.tap("Stop it: I did not ask for it")
    phone.shows("No new registration is under way")
    phone.close()
