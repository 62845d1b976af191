"""PINs, codes and secrets of one-time passwords pass through the web server and stay nowhere: in no log, no record, no later page."""

import base64
from pathlib import Path

from tests.flow.browser import Browse
from tests.flow.parties import Person
from tests.flow.test_canary import hits, processes
from tests.harness.authenticator import App, delivered
from tests.harness.stack import Stack

PINS = {"right PIN": "918273645546", "wrong PIN": "564738291019", "poor PIN": "121212121212"}


def test_pins_codes_and_secrets_are_nowhere(otp_stack: Stack, browse: Browse, tmp_path: Path) -> None:
    """After right ones and wrong ones, each also in the wrong place; a right code has six digits, which may stand anywhere by chance."""
    browser = browse(otp_stack, Person(otp_stack).passkey).signed_in()
    given = browser.post("/account/otp/offer", {})
    assert given.headers["cache-control"] == "no-store"
    app, token_id = App(given.json()["link"]), given.json()["id"]
    (token,) = delivered(otp_stack, tmp_path)
    wrong_codes = {"wrong code": "7391546208", "astray": "8462057391"}
    secret = app.fields["secret"]
    for pin in PINS.values():
        for code in (wrong_codes["wrong code"], app.code()):
            browser.change("set_otp", token_id, pin=pin, code=code)
    for value in (*PINS.values(), *wrong_codes.values(), secret):
        browser.post("/account/change", {"change": "set_otp", "of": value})
        browser.post("/account/change", {"change": value, "of": value})
        browser.post("/account/otp/serial", {"serial": token.serial, "pin": value})
        browser.change("set_otp", token_id, pin=value * 7, code=value)
        browser.change("resynchronise_otp", token_id, first=value, second=value)
        browser.change("change_pin", "", new_pin=value)
    kept = browser.own()["otp"]
    assert [one["id"] for one in kept["tokens"]] == [token_id]
    pages = {page: browser.get(page).content for page in ("/", "/account", "/account/otp", f"/account/otp/{token_id}", "/history")}
    secrets = PINS | wrong_codes | {"secret": secret, "link": given.json()["link"], "seed": base64.b64encode(app.seed).decode()}
    places = [*otp_stack.data.glob("*.log"), *(otp_stack.data / "app").iterdir()]
    assert {"web.log", "sam.log", "natsuin.db"} <= {place.name for place in places}
    raw = {place.name: place.read_bytes() for place in places}
    assert hits(secrets, raw | pages) == []
    assert hits(secrets, processes(otp_stack)) == []
    assert [name for name, text in raw.items() if app.seed in text] == []
