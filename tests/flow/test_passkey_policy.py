"""The operator's policy on passkeys, through the real stack: at enrolment, and where a device is added."""

import httpx2
import pytest

from demo.maker import Flaws, Maker
from demo.passkey import Passkey
from tests.flow.browser import Browse, Browser, link_of
from tests.flow.parties import new_application, new_enrollment_url
from tests.flow.records import Records
from tests.harness.stack import Stack
from tests.harness.strict import Strict


def refused(answer: httpx2.Response) -> str:
    assert answer.status_code == 400
    return str(answer.json()["error"])


def wrong_passkeys(strict: Strict) -> dict[str, list[Passkey]]:
    """Passkeys that are not taken, by what is said of them."""
    silent = Maker(Flaws(silent=True))
    return {
        "passkey_unacceptable": [Passkey(), Passkey(maker=silent), Passkey(maker=Maker())],
        "passkey_synced": [Passkey(backup_eligible=True), strict.passkey(synced=True)],
    }


@pytest.fixture
def owner(strict: Strict, browse: Browse) -> Browser:
    """The browser of a person who has enrolled with a passkey that is taken."""
    browser = browse(strict.stack, strict.passkey())
    answer = browser.register(link_of(new_enrollment_url(strict.stack)))
    assert answer.status_code == 200, answer.text
    return browser


def test_a_passkey_that_is_not_taken_enrols_nobody_and_the_link_stays_good(strict: Strict, browse: Browse) -> None:
    """Whatever was tried with it before, it enrols who comes with the right one, and what was refused may do nothing."""
    link, records = link_of(new_enrollment_url(strict.stack)), Records(strict.stack)
    before = [records.one_of_sam(f"SELECT count(*) FROM {table}") for table in ("passkeys", "credentials")]
    for said, passkeys in wrong_passkeys(strict).items():
        for passkey in passkeys:
            browser = browse(strict.stack, passkey)
            assert refused(browser.register(link)) == said
            assert browser.sign_in().status_code == 400
    assert [records.one_of_sam(f"SELECT count(*) FROM {table}") for table in ("passkeys", "credentials")] == before
    browser = browse(strict.stack, strict.passkey())
    enrolled = browser.register(link).json()
    shop = new_application(strict.stack)
    asked = shop.authorize(enrolled["credential_id"])
    assert browser.approve(asked["handle"]).status_code == 200
    assert shop.sign(enrolled["credential_id"], shop.sad(asked["handle"]), asked["hashes"]).status_code == 200


def test_a_passkey_that_is_not_taken_is_no_new_device(strict: Strict, browse: Browse, owner: Browser) -> None:
    """The new device learns it before its owner is asked; the link stays good for the right one."""
    secret = owner.new_link()["secret"]
    for said, passkeys in wrong_passkeys(strict).items():
        for passkey in passkeys:
            assert refused(browse(strict.stack, passkey).join(secret)) == said
    new = browse(strict.stack, strict.passkey())
    assert new.join(secret).status_code == 200
    addition = Records(strict.stack).one("SELECT id FROM additions WHERE state = 'made' ORDER BY created DESC")
    assert owner.change("add_passkey", addition).json() == {"state": "done"}
    assert new.signed_in().own()["devices"]


def test_attestation_is_asked_for_only_where_it_counts(strict: Strict, stack: Stack, browse: Browse, owner: Browser) -> None:
    """Elsewhere a browser would ask the person whether the site may know the model, for nothing."""
    for where, asked in ((strict.stack, "direct"), (stack, "none")):
        options = browse(where).post("/enroll/options", {"link": link_of(new_enrollment_url(where))}).json()
        assert options["publicKey"]["attestation"] == asked
    options = browse(strict.stack).post("/new-device/options", {"link": owner.new_link()["secret"]}).json()
    assert options["publicKey"]["attestation"] == "direct"


def test_the_doctor_shows_the_policy(strict: Strict, stack: Stack) -> None:
    def shown(where: Stack) -> str:
        found = {one["part"]: one for one in where.natsuin("doctor")["findings"]}
        assert found["passkeys"]["ok"]
        return str(found["passkeys"]["state"])

    assert shown(stack) == "new ones are taken: of any kind"
    roots, models = "attested by a root of NATSUIN_ATTESTATION_ROOTS", "of 1 models (NATSUIN_AAGUIDS)"
    assert shown(strict.stack) == f"new ones are taken: {roots}, {models}, not synced"
