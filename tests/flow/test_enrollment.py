"""Enrolment by a one-time link: a passkey, one key, one certificate; used once, and gone on with where it was cut off."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from demo.passkey import Defects, Passkey
from tests.flow.browser import Browse, link_of
from tests.flow.parties import Person, new_enrollment_url
from tests.flow.polls import wait_until
from tests.flow.records import Records
from tests.harness.stack import Application, Stack

UNKNOWN = (404, {"error": "link_unknown"})
REFUSED = (400, {"error": "registration_refused"})
KEYS = "SELECT count(*) FROM credentials WHERE signer = ?"
CREDENTIALS = "SELECT count(*) FROM credentials WHERE user_id = ?"
DEFECTS = {
    "no user present": Defects(no_user_present=True),
    "no user verified": Defects(no_user_verified=True),
    "cross-origin": Defects(cross_origin=True),
    "top origin": Defects(top_origin="https://evil.example"),
    "another origin": Defects(wrong_origin="https://evil.example"),
    "another relying party": Defects(wrong_rp_id="evil.example"),
    "a sign-in": Defects(wrong_type="webauthn.get"),
    "another challenge": Defects(wrong_challenge=bytes(32)),
}


@pytest.fixture
def link(stack: Stack) -> str:
    """A new enrolment link."""
    return link_of(new_enrollment_url(stack))


def test_enrolment_makes_one_key_and_one_certificate_and_signs_in(stack: Stack, records: Records, browse: Browse, link: str) -> None:
    """The answer names the credential and its end; the browser is signed in, and can sign in again."""
    browser = browse(stack)
    welcome = browser.post("/enroll/options", {"link": link}).json()
    assert (welcome["name"], welcome["made"]) == ("山田 太郎", None)
    assert welcome["publicKey"]["authenticatorSelection"]["userVerification"] == "required"
    enrolled = browser.enroll(link, browser.passkey.create(welcome["publicKey"], stack.origin)).json()
    assert (enrolled["user_id"], enrolled["here"]) == (welcome["user_id"], True)
    assert records.one("SELECT not_after FROM credentials WHERE credential_id = ?", enrolled["credential_id"]) == enrolled["not_after"]
    assert (records.one(CREDENTIALS, welcome["user_id"]), records.one_of_sam(KEYS, welcome["user_id"])) == (1, 1)
    assert browser.get("/inbox", Accept="application/json").json() == {"waiting": []}
    assert browser.sign_in().json() == {"user_id": welcome["user_id"], "name": "山田 太郎"}


def test_link_is_good_once(stack: Stack, browse: Browse, link: str) -> None:
    """Afterwards options, a new passkey and a resumption all get the answer of an unknown link."""
    browse(stack).register(link)
    late = browse(stack)
    for answer in (late.post("/enroll/options", {"link": link}), late.enroll(link, {"id": "x"}), late.enroll(link)):
        assert (answer.status_code, answer.json()) == UNKNOWN
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("wrong", ["nonsense", ".", "a.b", ".CODE", "捺印.CODE", "SECRET", "SECRET-.CODE", "secret.CODE"])
def test_made_up_link_is_unknown(stack: Stack, browse: Browse, link: str, wrong: str) -> None:
    """One answer for whatever was never given; the CA's code alone opens nothing."""
    secret, _, code = link.partition(".")
    wrong = wrong.replace("SECRET", secret[:-1]).replace("secret", secret.swapcase()).replace("CODE", code)
    answer = browse(stack).post("/enroll/options", {"link": wrong})
    assert (answer.status_code, answer.json()) == UNKNOWN


@pytest.mark.parametrize("defect", DEFECTS)
def test_defective_registration_makes_nothing_and_may_be_tried_again(
    stack: Stack, records: Records, browse: Browse, link: str, defect: str
) -> None:
    """Each defect alone is refused, no key is made, no session begins; then another passkey enrols with the same link."""
    browser = browse(stack)
    answer = browser.register(link, defects=DEFECTS[defect])
    assert (answer.status_code, answer.json()) == REFUSED
    assert "set-cookie" not in answer.headers
    user_id = browser.post("/enroll/options", {"link": link}).json()["user_id"]
    assert records.one_of_sam(KEYS, user_id) == 0
    assert browser.register(link, Passkey()).status_code == 200


@pytest.mark.parametrize(
    "credential", [{}, {"id": "x"}, {"id": 5, "response": []}, {"response": {"clientDataJSON": "e30", "attestationObject": "oA"}}]
)
def test_what_is_no_registration_is_refused(stack: Stack, browse: Browse, link: str, credential: dict[str, object]) -> None:
    """Whatever the shape: one answer, never a 500, and the link stays good."""
    browser = browse(stack)
    browser.post("/enroll/options", {"link": link})
    answer = browser.enroll(link, credential)
    assert (answer.status_code, answer.json()) == REFUSED
    assert browser.register(link).status_code == 200


def test_registration_before_options_is_refused(stack: Stack, browse: Browse, link: str) -> None:
    """There is nothing to answer yet, and nothing to go on with."""
    for credential in ({"id": "x"}, None):
        answer = browse(stack).enroll(link, credential)
        assert (answer.status_code, answer.json()) == REFUSED


def test_of_two_tabs_the_later_one_enrols(stack: Stack, records: Records, browse: Browse, link: str) -> None:
    """Opening the link again makes the first tab's challenge void; its passkey is refused, the second one's works."""
    first, second = browse(stack), browse(stack)
    asked_first = first.post("/enroll/options", {"link": link}).json()["publicKey"]
    asked_second = second.post("/enroll/options", {"link": link}).json()
    assert asked_first["challenge"] != asked_second["publicKey"]["challenge"]
    answer = first.enroll(link, first.passkey.create(asked_first, stack.origin))
    assert (answer.status_code, answer.json()) == REFUSED
    enrolled = second.enroll(link, second.passkey.create(asked_second["publicKey"], stack.origin))
    assert enrolled.status_code == 200
    assert (records.one(CREDENTIALS, asked_second["user_id"]), records.one_of_sam(KEYS, asked_second["user_id"])) == (1, 1)
    assert first.enroll(link).json() == UNKNOWN[1]


def test_pressing_twice_at_once_makes_one_key_that_signs(stack: Stack, shop: Application, records: Records, browse: Browse) -> None:
    """The same registration four times at once: one key and one certificate that fit each other, no answer worse than "try again"."""
    browsers = [browse(stack) for _ in range(4)]
    for _ in range(3):
        link, passkey = link_of(new_enrollment_url(stack)), Passkey()
        asked = browsers[0].post("/enroll/options", {"link": link}).json()
        credential = passkey.create(asked["publicKey"], stack.origin)
        with ThreadPoolExecutor(4) as pool:
            statuses = set(pool.map(lambda browser: browser.enroll(link, credential).status_code, browsers))  # noqa: B023
        assert statuses <= {200, 400, 404, 503}
        assert 200 in statuses or browsers[0].enroll(link).status_code == 200
        assert (records.one(CREDENTIALS, asked["user_id"]), records.one_of_sam(KEYS, asked["user_id"])) == (1, 1)
        credential_id = records.one("SELECT credential_id FROM credentials WHERE user_id = ?", asked["user_id"])
        wanted = shop.authorize(credential_id)
        assert browse(stack, passkey).signed_in().approve(wanted["handle"]).status_code == 200
        signed = shop.sign(credential_id, shop.sad(wanted["handle"]), wanted["hashes"])
        assert signed.status_code == 200, signed.text


def test_second_key_for_a_person_leaves_the_first_as_it_is(stack: Stack, records: Records, browse: Browse) -> None:
    """A new link for a person who is known gives another credential, and the browser is told which passkeys there are already."""
    person = Person(stack)
    link = link_of(new_enrollment_url(stack, person.user_id))
    browser = browse(stack)
    options = browser.post("/enroll/options", {"link": link}).json()["publicKey"]
    assert len(options["excludeCredentials"]) == 1
    enrolled = browser.enroll(link, browser.passkey.create(options, stack.origin))
    assert enrolled.json()["credential_id"] != person.credential_id
    assert records.one(CREDENTIALS, person.user_id) == 2
    assert person.inbox() == []


def test_enrolment_goes_on_when_the_ca_is_back(fragile: Stack, browse: Browse) -> None:
    """With the CA down the key is made and kept; the link then asks for no passkey, and ends with that key and one certificate."""
    records, browser = Records(fragile), browse(fragile)
    link = link_of(new_enrollment_url(fragile))
    fragile.kill("ca")
    answer = browser.register(link)
    assert (answer.status_code, answer.json()) == (503, {"error": "certificate_unavailable"})
    assert answer.headers["retry-after"] == "2"
    assert "set-cookie" not in answer.headers
    welcome = browser.post("/enroll/options", {"link": link}).json()
    assert (welcome["publicKey"], welcome["made"]) == (None, "key")
    assert browser.enroll(link).status_code == 503
    assert records.one(CREDENTIALS, welcome["user_id"]) == 0
    fragile.start("ca")
    enrolled = browser.enroll(link)
    assert enrolled.status_code == 200, enrolled.text
    assert (records.one(CREDENTIALS, welcome["user_id"]), records.one_of_sam(KEYS, welcome["user_id"])) == (1, 1)
    assert browser.enroll(link).json() == UNKNOWN[1]
    assert browser.sign_in().json()["user_id"] == welcome["user_id"]


def test_enrolment_goes_on_when_the_sam_is_back(fragile: Stack, browse: Browse) -> None:
    """With the SAM down nothing is made; the passkey's answer is kept, and becomes a key when the SAM is there again."""
    records, browser = Records(fragile), browse(fragile)
    link = link_of(new_enrollment_url(fragile))
    options = browser.post("/enroll/options", {"link": link}).json()
    fragile.kill("sam")
    answer = browser.enroll(link, browser.passkey.create(options["publicKey"], fragile.origin))
    assert (answer.status_code, answer.json()) == (503, {"error": "unavailable"})
    fragile.start("sam")
    wait_until(lambda: browser.enroll(link).status_code == 200)
    assert (records.one(CREDENTIALS, options["user_id"]), records.one_of_sam(KEYS, options["user_id"])) == (1, 1)
    assert browser.sign_in().status_code == 200
