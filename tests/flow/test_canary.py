"""No secret of a whole signature is left behind: in no log, not in the web server's database, not in how a process was started."""

import os
from pathlib import Path

import psutil

from demo.ca.code import new_code, read_code
from hsm.messages import recovery_code_sha256
from tests.flow.browser import Browse, link_of
from tests.flow.parties import new_application, new_enrollment_url
from tests.harness.stack import Stack


def test_secrets_are_nowhere_but_where_they_belong(stack: Stack, browse: Browse) -> None:
    """Enrol, sign in, authorize, approve, collect, sign; be refused with each secret in the wrong place; then look for all of them."""
    shop, browser = new_application(stack, asks_code=True), browse(stack)
    link = link_of(new_enrollment_url(stack))
    credential_id = browser.register(link).json()["credential_id"]
    asked = shop.authorize(credential_id)
    assertion = browser.signed_in().assertion(asked["handle"])
    session = browser.http.cookies["natsuin"]
    approved = browser.post(f"/approve/{asked['handle']}", {"credential": assertion, "code": asked["verification_code"]})
    assert approved.status_code == 200
    sad = shop.sad(asked["handle"])
    device_link = browser.new_link()
    second = browse(stack)
    second.join(device_link["secret"])
    proposed = browser.propose("add_passkey", device_link["id"]).json()
    amending = browser.passkey.get(proposed["publicKey"], stack.origin)
    assert browser.post(f"/account/change/{proposed['id']}", {"credential": amending}).status_code == 200
    recovery_code, seen = new_code(), browser.get("/account/recovery", Accept="application/json").json()
    browser.change("set_recovery", f"{seen['enrollment_id']} {recovery_code_sha256(read_code(recovery_code))}")
    third = browse(stack)
    asked_third = third.post("/recover/options", {"code": recovery_code}).json()
    made = third.passkey.create(asked_third["publicKey"], stack.origin)
    assert third.post("/recover", {"code": recovery_code, "credential": made, "name": "x"}).status_code == 200
    secret, _, code = link.partition(".")
    for key in ({}, {"Idempotency_Key": "canary-key"}):
        shop.sign(credential_id, sad, asked["hashes"], **key)
    for wrong in (sad, shop.client_secret, shop.token, session, link, recovery_code):
        shop.post("credentials/info", {"credentialID": wrong})
        shop.post("credentials/authorizeCheck", {"handle": wrong})
        shop.sign(credential_id, wrong, asked["hashes"])
        browser.post("/enroll/options", {"link": wrong})
        browser.post("/new-device/options", {"link": wrong})
        browser.post("/recover/options", {"code": wrong})
        browser.post(f"/account/recovery/{wrong}/stop", {})
        browser.post("/account/change", {"change": "destroy", "of": wrong})
        browser.post("/sign-in", {"ceremony": wrong, "credential": {"id": wrong}})
        stack.http.post("/csc/v2/info", content=wrong.encode(), headers={"Content-Type": "application/json", "Authorization": wrong})
        stack.http.post("/oauth2/token", data={"grant_type": wrong, "client_id": wrong, "client_secret": wrong})
    secrets = {
        "client secret": shop.client_secret,
        "access token": shop.token,
        "SAD": sad,
        "session": session,
        "link": secret,
        "code of the CA": code,
        "PIN": (stack.data / "sam" / "pin").read_text().strip(),
        "registration secret": (stack.data / "ca" / "ra-secret").read_text().strip(),
        "assertion": assertion["response"]["signature"],
        "link of a device": device_link["secret"],
        "recovery code": read_code(recovery_code),
        "recovery code as printed": recovery_code,
        "assertion of a change": amending["response"]["signature"],
    }
    assert all(len(value) >= 16 for value in secrets.values())
    places = [*stack.data.glob("*.log"), *(stack.data / "app").iterdir()]
    assert {"web.log", "sam.log", "ca.log", "redis.log", "natsuin.db"} <= {place.name for place in places}
    assert hits(secrets, {place.name: place.read_bytes() for place in places}) == []
    assert hits(secrets, processes(stack)) == []


def hits(secrets: dict[str, str], texts: dict[str, bytes]) -> list[tuple[str, str]]:
    """Say which secret stands where."""
    return [(name, place) for place, text in texts.items() for name, value in secrets.items() if value.encode() in text]


def processes(stack: Stack) -> dict[str, bytes]:
    """Read the arguments and the environment of every process of a stack."""
    found = {}
    for name, started in stack.processes.items():
        for process in (psutil.Process(started.pid), *psutil.Process(started.pid).children(recursive=True)):
            for kind in ("cmdline", "environ"):
                if name != "sam" or kind == "cmdline" or os.geteuid() == 0:  # the SAM keeps its memory from others of its user
                    found[f"{kind} of {name}"] = Path(f"/proc/{process.pid}/{kind}").read_bytes()
    return found
