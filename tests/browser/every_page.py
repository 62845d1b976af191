"""A person of the real stack for whom every page of the URL table has something to show, and where each of them is."""

import re
from typing import NamedTuple

from playwright.sync_api import Browser, expect

from tests.browser.asking import Request
from tests.browser.conftest import credential_of
from tests.browser.own import asked, join, show_link
from tests.browser.phone import Phone
from tests.browser.test_oauth import Shop
from tests.browser.test_recovery import confirmed, use
from tests.browser.test_set_otp import read, to_fields, type_in
from tests.harness.authenticator import GOOD_PIN, App
from tests.harness.stack import Stack

# What the stack of this person is set to.
SETTINGS = {"NATSUIN_FACTORS": "passkey_or_otp", "NATSUIN_RENEW_BEFORE": "730", "NATSUIN_OPEN_PER_SIGNER": "10"}
OUTSIDE = ("/sign-in", "/enroll", "/new-device", "/recover", "/s", "/offline", "/developers")


class Address(NamedTuple):
    """A page: its path in the URL table, its template where the path has several, its address, and the cookie of who may see it."""

    path: str
    template: str
    address: str
    cookie: str | None


def every_page(browser: Browser, stack: Stack) -> list[Address]:
    """Bring somebody as far as that; gives first the pages that do not stay as they are for long."""
    application, careful = stack.application("青葉建設株式会社 電子契約", "--code"), stack.application("Minato Trading", "--moving-code")
    phone, other = Phone(browser, stack.origin), Phone(browser, stack.origin)
    phone.enroll(stack.enrollment_url("everyone", "山田 太郎"))
    set_up_otp(phone)
    recovering = begin_recovery(phone, other)
    devices = link(phone, "/account", 'a[href^="/account/devices/"]')
    otp = link(phone, "/account", 'a[href^="/account/otp/"]:not([href$="/pin"], [href$="/unlock"])')
    ended = Request(stack.application("Aoba"), credential_of(application, "everyone"))
    phone.page.goto(ended.url)
    phone.tap("Decline")
    phone.shows("Declined")
    entry = link(phone, "/history", ".history a")
    stack.natsuin("signer", "add", "everyone", "--name", "山田 太郎", "--replaces")
    key = credential_of(application, "everyone")
    request = Request(application, key, "工事請負契約の締結", ("工事請負契約書_AK-2026-118.pdf", "別紙 工程表.pdf"))
    closed = careful.authorize(key)["handle"]
    phone.page.goto(Shop(stack, "http://localhost").address())
    access = phone.page.url.removeprefix(stack.origin)
    new = Phone(browser, stack.origin)
    join(new, show_link(phone))
    asked(phone)
    adding = phone.page.url.removeprefix(stack.origin)
    cookie = "; ".join(f"{one['name']}={one['value']}" for one in phone.context.cookies())
    approve = f"/approve/{request.handle}"
    found = [
        Address("/approve/{id}", "approve.html", approve, cookie),
        Address("/approve/{id}", "before_opening.html", f"/approve/{closed}", cookie),
        Address("/account/add/{id}", "", adding, cookie),
        Address("/approve/{id}", "ended.html", f"/approve/{ended.handle}", cookie),
        Address("/account/devices/{id}", "", devices, cookie),
        Address("/account/otp/{id}", "", otp, cookie),
        Address("/account/otp/{id}/resynchronise", "", f"{otp}/resynchronise", cookie),
        Address("/account/recovery/{id}", "", recovering, cookie),
        Address("/history/{id}", "", entry, cookie),
        Address("/agree/{id}", "", f"/agree/{application.client_id}", cookie),
        Address("/access/{id}", "", access, cookie),
        *(Address(f"/keys/{{id}}/{act}", "", f"/keys/{key}/{act}", cookie) for act in ("unfreeze", "destroy", "renew")),
        *(
            Address(path, "", path, cookie)
            for path in ("/", "/account", "/account/add", "/account/otp", "/account/otp/pin", "/account/otp/unlock")
        ),
        *(Address(path, "", path, cookie) for path in ("/account/recovery", "/account/replacement", "/freeze", "/history")),
        *(Address(path, "", path, cookie) for path in ("/second-way", "/receipt", "/notifications")),
        *(Address(path, "", path, None) for path in OUTSIDE),
        Address("/developers/{id}", "", "/developers/authorize", None),
    ]
    for one in (phone, other, new):
        one.close()
    return found


def set_up_otp(phone: Phone) -> None:
    """Register an authenticator app."""
    phone.page.goto("/account/otp")
    phone.tap("An authenticator app")
    expect(phone.page.locator("#qr path")).to_have_attribute("d", re.compile("M"))
    app = App(read(phone.page.locator("#qr")))
    to_fields(phone)
    type_in(phone, GOOD_PIN, app.code())
    phone.shows("PIN and one-time password are set up")


def begin_recovery(phone: Phone, other: Phone) -> str:
    """Use a recovery code on another device, which waits then; gives the page about it."""
    use(other, confirmed(phone)[0])
    return link(phone, "/", 'a[href^="/account/recovery/"]')


def link(phone: Phone, page: str, selector: str) -> str:
    """Find where the last link of this kind on a page leads."""
    phone.page.goto(page)
    return str(phone.page.locator(selector).last.get_attribute("href"))
