"""Where the operator takes some kinds of passkeys only: the page says so in words, and goes on with another one."""

import json
from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Request

from demo.passkey import from_base64url
from tests.browser.conftest import MakePhone
from tests.browser.words import ENGLISH, JAPANESE, Words
from tests.flow.browser import Browser, link_of
from tests.flow.records import Records
from tests.harness.strict import Strict

SENTENCES = {
    (ENGLISH.locale, False): "This kind of passkey is not accepted here. Use a phone or a security key of a kind",
    (ENGLISH.locale, True): "A passkey that is copied to other devices is not accepted here.",
    (JAPANESE.locale, False): "この種類のパスキーは、ここでは使えません。",
    (JAPANESE.locale, True): "ほかの端末にコピーされるパスキーは、ここでは使えません。",
}


@pytest.fixture(scope="module")
def owner(strict: Strict) -> Iterator[Browser]:
    """Somebody who has a passkey that is taken."""
    with closing(Browser(strict.stack, strict.passkey())) as browser:
        assert browser.register(link_of(strict.stack.enrollment_url())).status_code == 200
        yield browser


@pytest.mark.parametrize("words", [ENGLISH, JAPANESE], ids=lambda words: words.locale)
@pytest.mark.parametrize("synced", [False, True])
def test_a_passkey_that_is_not_taken_is_refused_in_words(strict: Strict, make_phone: MakePhone, words: Words, synced: bool) -> None:
    """Chromium attests with a root that nobody trusts. The button takes another try, with another device."""
    phone = make_phone(words, origin=strict.stack.origin, synced=synced)
    sent: list[Request] = []
    phone.context.on("request", lambda request: sent.append(request) if request.url.endswith("/enroll/key") else None)
    phone.page.goto(strict.stack.enrollment_url())
    phone.tap(words.register)
    phone.says(SENTENCES[words.locale, synced])
    phone.can_tap(words.register)
    body = json.loads(sent[0].post_data or "")
    assert b"packed" in from_base64url(body["credential"]["response"]["attestationObject"])


@pytest.mark.parametrize("synced", [False, True])
def test_a_device_whose_passkey_is_not_taken_is_told_before_its_owner_is_asked(
    strict: Strict, make_phone: MakePhone, owner: Browser, synced: bool
) -> None:
    phone = make_phone(origin=strict.stack.origin, synced=synced)
    phone.page.goto(owner.new_link()["link"])
    phone.tap("Add this device")
    phone.says(SENTENCES[ENGLISH.locale, synced])
    phone.can_tap("Add this device")
    user_id = owner.own()["user_id"]
    assert Records(strict.stack).one("SELECT count(*) FROM additions WHERE state = 'made' AND user_id = ?", user_id) == 0
