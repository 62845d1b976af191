"""Neither axe nor our own rules find anything, on no page, in no state, in either language; and no page is left out."""

import pytest
from playwright.sync_api import Page

from app.routes import GET
from tests.harness.axe import LOOKS, bring_axe, findings

from .rendering import TEMPLATES
from .rules import breaches, covered
from .samples import SAMPLES
from .states import STILL, further_states, open_sample

# The templates of the page at each address. A new page needs a line here, and a sample for each of its states that the server makes.
PAGES = {
    "/": ("inbox.html",),
    "/enroll": ("enroll.html",),
    "/sign-in": ("sign_in.html",),
    "/approve/{id}": ("approve.html", "ended.html", "before_opening.html"),
    "/s": ("screen_code.html",),
    "/account": ("account.html",),
    "/account/add": ("add_device.html",),
    "/account/add/{id}": ("approve_device.html",),
    "/account/devices/{id}": ("device.html",),
    "/new-device": ("new_device.html",),
    "/freeze": ("freeze.html",),
    "/keys/{id}/unfreeze": ("unfreeze.html",),
    "/keys/{id}/destroy": ("destroy.html",),
    "/history": ("history.html",),
    "/history/{id}": ("entry.html",),
    "/keys/{id}/renew": ("renew.html",),
    "/account/otp": ("otp.html",),
    "/account/otp/unlock": ("otp_unlock.html",),
    "/account/otp/pin": ("otp_pin.html",),
    "/account/otp/{id}": ("otp_token.html",),
    "/account/otp/{id}/resynchronise": ("otp_resynchronise.html",),
    "/account/recovery": ("recovery.html",),
    "/account/recovery/{id}": ("stop_recovery.html",),
    "/account/replacement": ("replacement.html",),
    "/recover": ("recover.html",),
    "/second-way": ("second_way.html",),
    "/receipt": ("receipt.html",),
    "/notifications": ("notifications.html",),
    "/agree/{id}": ("agreement.html",),
    "/offline": ("offline.html",),
    "/access/{id}": ("access.html",),
    "/developers": ("developers.html",),
    "/developers/{id}": ("call.html",),
}
EVERYWHERE = ("error.html",)
NO_PAGES = {
    "/inbox", "/health", "/history/statement/{id}", "/receipt/{id}/document", "/push/key", "/push/{id}", "/service-worker.js",
    "/manifest.webmanifest", "/applications/{id}/mark", "/inbox/events", "/approve/{id}/events",
    "/approve/{id}/documents/{position}", "/authorizations/{id}/events", "/.well-known/oauth-authorization-server", "/oauth2/jwks",
    "/oauth2/authorize", "/openapi.json",
}  # fmt: skip
INCLUDED = {
    "layout.html",
    "interactive.html",
    "parts.html",
    "account_otp.html",
    "otp_form.html",
    "notice.html",
    "quiet.html",
    "pin_field.html",
}


def test_every_page_has_a_sample() -> None:
    """Every address of the URL table, and every template."""
    assert {path for path, _ in GET} == PAGES.keys() | NO_PAGES
    shown = {template for templates in PAGES.values() for template in templates} | set(EVERYWHERE)
    assert {path.name for path in TEMPLATES.iterdir()} == shown | INCLUDED
    assert {sample.template for sample in SAMPLES.values()} == shown


@pytest.mark.parametrize("name", [name for name in SAMPLES if not name.endswith("hostile")])
def test_page_is_accessible(page: Page, name: str) -> None:
    """Each state, in Japanese and English, on phone and desktop, light and dark."""
    page.add_init_script(STILL)
    bring_axe(page)
    found = []
    for lang, looks in LOOKS.items():
        open_sample(page, name, lang)
        found += [f"{lang}: {finding}" for finding in findings(page, looks)]
        found += [f"{lang} {state}: {finding}" for state in further_states(page) for finding in [*findings(page, looks), *breaches(page)]]
        found += [f"{lang}: {finding}" for finding in covered(page)]
    assert not found, "\n".join(found)
