"""An application that nobody agreed to: agreed with one tap at its address, and ended with another one, found on the account page."""

import os

from tests.browser.conftest import Person
from tests.browser.phone import Phone
from tests.harness.stack import Application, Stack


def test_signer_agrees_and_ends_it(stack: Stack, old_phone: Phone, newcomer: Person) -> None:
    """In between the application may see the key and ask for it; before and after it knows of nobody."""
    name = f"あおば不動産 {os.urandom(4).hex()}"
    made = stack.natsuin("client", "add", name)
    application = Application(stack, made["client_id"], made["client_secret"])

    def seen() -> list[str]:
        listed: list[str] = application.post("credentials/list", {"userID": newcomer.user_id}).json()["credentialIDs"]
        return listed

    assert seen() == []
    old_phone.page.goto(f"/agree/{application.client_id}")
    old_phone.tap("Agree")
    old_phone.shows("This application may ask you for signatures")
    assert seen() == [newcomer.credential_id]
    handle = application.authorize(newcomer.credential_id)["handle"]
    old_phone.page.goto("/account")
    old_phone.page.get_by_role("link", name=name).click()
    old_phone.tap("End it: it may ask me no more")
    old_phone.shows("May this application ask you for signatures?")
    assert seen() == []
    ended = application.post("credentials/authorizeCheck", {"handle": handle}).json()
    assert (ended["state"], ended["reason"]) == ("refused", "declined")
