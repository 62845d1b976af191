"""What the CA says of a certificate reaches every approval and every signature, through the real stack."""

import subprocess
import sys

import httpx2
import pytest

from tests.flow.browser import Browse, Browser
from tests.flow.parties import Person, new_application
from tests.flow.records import Records
from tests.flow.wire import error_of, refused
from tests.harness.stack import ECDSA_SHA256, ROOT, Application, Stack


@pytest.fixture
def shop(fragile: Stack) -> Application:
    return new_application(fragile)


@pytest.fixture
def signer(fragile: Stack) -> Person:
    return Person(fragile)


@pytest.fixture
def browser(fragile: Stack, signer: Person, browse: Browse) -> Browser:
    return browse(fragile, signer.passkey).signed_in()


def at_the_ca(stack: Stack, command: str, shop: Application, signer: Person) -> None:
    """Change the state of a signer's certificate, as the CA's officer does."""
    answer = shop.post("credentials/info", {"credentialID": signer.credential_id, "certInfo": True}).json()
    words = [sys.executable, "-m", "demo.ca", command, answer["cert"]["serialNumber"]]
    subprocess.run(words, env=stack.environment, cwd=ROOT, check=True, capture_output=True, timeout=30)


def subject(shop: Application, signer: Person) -> str:
    answer = shop.post("credentials/info", {"credentialID": signer.credential_id, "certInfo": True}).json()
    return str(answer["cert"]["subjectDN"])


def told(shop: Application, signer: Person) -> tuple[str, str | None]:
    """How the key and its certificate stand, in the words of `credentials/info`."""
    answer = shop.post("credentials/info", {"credentialID": signer.credential_id})
    assert answer.status_code == 200
    return answer.json()["key"]["status"], answer.json()["cert"].get("status")


def disabled_on_the_phone(answer: httpx2.Response) -> bool:
    return answer.status_code == 400 and answer.json()["error"] == "key_unusable"


def test_certificate_revoked_or_held_at_the_ca_signs_nothing(fragile: Stack, shop: Application, signer: Person, browser: Browser) -> None:
    """Also not with an approval from just before. When the hold is lifted, that approval is still good; a revocation is for ever."""
    approved, waiting = (shop.authorize(signer.credential_id) for _ in range(2))
    browser.approve(approved["handle"])
    sad, name = shop.sad(approved["handle"]), subject(shop, signer)

    at_the_ca(fragile, "suspend", shop, signer)
    signed = shop.sign(signer.credential_id, sad, approved["hashes"])
    assert error_of(signed) == refused(f"Signing certificate '{name}' is suspended.")
    assert disabled_on_the_phone(browser.approve(waiting["handle"]))
    assert Records(fragile).state(waiting["handle"]) == "pending"

    at_the_ca(fragile, "lift", shop, signer)
    assert shop.sign(signer.credential_id, sad, approved["hashes"]).status_code == 200
    browser.approve(waiting["handle"])
    sad = shop.sad(waiting["handle"])

    at_the_ca(fragile, "revoke", shop, signer)
    signed = shop.sign(signer.credential_id, sad, waiting["hashes"])
    assert error_of(signed) == refused(f"Signing certificate '{name}' is revoked.")
    late = shop.authorize(signer.credential_id)
    assert disabled_on_the_phone(browser.approve(late["handle"]))


def test_certificate_whose_time_is_over_signs_nothing(fragile: Stack, shop: Application, signer: Person) -> None:
    """Also not with an approval from before its end."""
    asked = shop.authorize(signer.credential_id)
    signer.approve(asked["handle"])
    sad, name = shop.sad(asked["handle"]), subject(shop, signer)
    fragile.kill("sam")
    change = [sys.executable, "-m", "tests.flow.expired", signer.credential_id]
    subprocess.run(change, env=fragile.environment, cwd=ROOT, check=True, timeout=30)
    fragile.start("sam")
    expected = refused(f"Signing certificate '{name}' is expired.")
    assert error_of(shop.sign(signer.credential_id, sad, asked["hashes"])) == expected
    digests = {"hashes": asked["hashes"], "signature_format": "P", "signAlgo": ECDSA_SHA256}
    body = {"credentialID": signer.credential_id, "SAD": sad, "documentDigests": [digests]}
    assert error_of(shop.post("signatures/signDoc", body)) == expected


def test_without_the_ca_nothing_is_approved_or_signed_and_nothing_is_lost(
    fragile: Stack, shop: Application, signer: Person, browser: Browser
) -> None:
    """The answer is 503 until its responder is back; then the same approval is used."""
    approved, waiting = (shop.authorize(signer.credential_id) for _ in range(2))
    browser.approve(approved["handle"])
    sad = shop.sad(approved["handle"])
    fragile.kill("ca")
    signed = shop.sign(signer.credential_id, sad, approved["hashes"])
    assert error_of(signed) == refused("The certificate's status is not to be had; try again", "temporarily_unavailable", 503)
    assert "retry-after" in signed.headers
    answer = browser.approve(waiting["handle"])
    assert (answer.status_code, answer.json()) == (503, {"error": "unavailable"})
    fragile.start("ca")
    assert shop.sign(signer.credential_id, sad, approved["hashes"]).status_code == 200
    browser.approve(waiting["handle"])
    assert shop.sign(signer.credential_id, shop.sad(waiting["handle"]), waiting["hashes"]).status_code == 200


def test_info_says_how_a_certificate_stands_at_the_ca(fragile: Stack, shop: Application, signer: Person) -> None:
    """At once, in its own word; what does not stand is not among the valid ones."""
    only_valid = {"userID": signer.user_id, "onlyValid": True}
    assert told(shop, signer) == ("enabled", "valid")
    at_the_ca(fragile, "suspend", shop, signer)
    assert told(shop, signer) == ("enabled", "suspended")
    assert shop.post("credentials/list", only_valid).json()["credentialIDs"] == []
    at_the_ca(fragile, "lift", shop, signer)
    assert told(shop, signer) == ("enabled", "valid")
    assert shop.post("credentials/list", only_valid).json()["credentialIDs"] == [signer.credential_id]
    at_the_ca(fragile, "revoke", shop, signer)
    assert told(shop, signer) == ("enabled", "revoked")
    listed = shop.post("credentials/list", {"userID": signer.user_id, "credentialInfo": True}).json()
    assert listed["credentialInfos"][0]["cert"]["status"] == "revoked"
    assert shop.post("credentials/list", only_valid).json()["credentialIDs"] == []


def test_info_says_nothing_of_a_certificate_of_which_nobody_tells(fragile: Stack, shop: Application, signer: Person) -> None:
    """It answers without the CA, and without the SAM; who asks for valid ones only gets what may be valid."""
    for part in ("ca", "sam"):
        fragile.kill(part)
        assert told(shop, signer) == ("enabled", None)
        only_valid = {"userID": signer.user_id, "onlyValid": True}
        assert shop.post("credentials/list", only_valid).json()["credentialIDs"] == [signer.credential_id]
        fragile.start(part)
    assert told(shop, signer) == ("enabled", "valid")


def test_info_says_at_once_that_a_key_can_not_be_used(fragile: Stack, shop: Application, signer: Person, browser: Browser) -> None:
    """Frozen or destroyed, also where only the SAM knows of it; its certificate stands all the same."""
    fragile.natsuin("credential", "freeze", signer.credential_id)
    assert told(shop, signer) == ("disabled", "valid")
    records = Records(fragile)
    records.change("UPDATE credentials SET frozen_until = 0, frozen_by = NULL WHERE credential_id = ?", signer.credential_id)
    assert told(shop, signer) == ("disabled", "valid")
    assert browser.change("destroy", signer.credential_id).status_code == 200
    records.change("UPDATE credentials SET state = 'enabled' WHERE credential_id = ?", signer.credential_id)
    assert told(shop, signer) == ("disabled", "valid")
