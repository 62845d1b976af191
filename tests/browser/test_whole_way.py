"""From the enrolment link to a signature that verifies, in one browser, in each language."""

import hashlib
import json

import pytest
from playwright.sync_api import expect

from tests.browser.asking import DESCRIPTION, LABELS, Request, decoded, transaction_in
from tests.browser.conftest import MakePhone, credential_of, new_user_id
from tests.browser.phone import Phone
from tests.browser.words import ENGLISH, JAPANESE, Words
from tests.harness.stack import Application, Stack


@pytest.mark.parametrize(("words", "synced"), [(JAPANESE, True), (ENGLISH, False)], ids=["ja-synced-passkey", "en-device-bound-passkey"])
def test_a_person_registers_is_asked_and_approves(
    stack: Stack, shop: Application, make_phone: MakePhone, words: Words, synced: bool
) -> None:
    """The request appears by itself, the page shows what the passkey signs, and the signature verifies."""
    phone = make_phone(words, synced=synced)
    phone.page.clock.install()
    user_id = new_user_id()
    phone.enroll(stack.enrollment_url(user_id, "山田 太郎"))
    assert phone.page.locator("html").get_attribute("lang") == words.locale[:2]
    phone.page.get_by_role("link", name=words.go_on).click()
    phone.shows(words.second_way)
    phone.tap(words.later)
    phone.shows(words.receipt)
    phone.page.goto("/")
    phone.shows(words.nothing)

    request = Request(shop, credential_of(shop, user_id))
    phone.page.clock.run_for(4_000)
    waiting = phone.page.get_by_role("link").filter(has_text=DESCRIPTION)
    expect(waiting).to_contain_text("青葉建設株式会社 電子契約")
    waiting.click()

    phone.shows(words.asked)
    shows_the_transaction(phone, request)
    phone.tap(words.approve)
    phone.shows(words.approved)
    request.signatures_verify()
    phone.page.reload()
    phone.shows(words.signed)


def shows_the_transaction(phone: Phone, request: Request) -> None:
    """Compare what is on the screen with the canonical bytes, and these with what the passkey will sign."""
    facts = phone.facts(request.url)
    raw, transaction = transaction_in(facts)
    main = phone.page.locator("main")
    for place in phone.page.locator("details").all():
        place.click()
    for text in (transaction["application_name"], transaction["description"], "山田 太郎", *LABELS):
        expect(main).to_contain_text(text)
    assert transaction["description"] == DESCRIPTION
    assert [document["label"] for document in transaction["documents"]] == list(LABELS)
    shown = ["".join(print.split()) for print in phone.page.locator(".print .whole").all_inner_texts()]
    assert shown == [digest.hex() for digest in request.digests]
    options = json.loads(phone.page.locator("#approval").text_content() or "")
    assert decoded(options["challenge"]) == hashlib.sha256(b"natsuin/v1/sign\0" + raw).digest()
    assert options == facts["publicKey"]
    assert options["userVerification"] == "required"
    assert len(options["allowCredentials"]) == 1
