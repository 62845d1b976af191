"""The pages about PIN and one-time password, and their scripts; the server's answers are canned, so nothing is set up here."""

import random
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from hsm.errors import PinUnacceptable
from hsm.pin import require_acceptable_pin

from .browsing import Authenticator, answer, reloads, says
from .preview import SECRET_LINK
from .test_account import DONE, NOT_PROVEN, OVER, UNAVAILABLE, proposal

NOT_FITTING = (400, {"error": "token_code_refused"})
POOR_PIN = (400, {"error": "pin_unacceptable"})
PIN, CODE = "739154", "482913"


def problem(page: Page, field: str) -> Locator:
    return page.locator(f"#{field}-says")


def ready(page: Page, *, with_token: bool = False) -> None:
    """Go up to the fields for PIN and code, with the challenge in hand: passkeys are asked for inside the tap."""
    page.goto("/otp?lang=en")
    page.get_by_role("button", name="A token that was given to me" if with_token else "An authenticator app").click()
    if with_token:
        page.get_by_label("Serial number").fill("SN-1234")
    else:
        expect(page.locator("#qr path")).to_have_attribute("d", re.compile("M"))
    with page.expect_response("**/account/change"):
        page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="Choose a PIN, and type the code")).to_be_focused()


def type_in(page: Page, pin: str = PIN, code: str = CODE) -> None:
    page.get_by_label("New PIN").fill(pin)
    page.get_by_label("The code that is shown now").fill(code)
    page.get_by_role("button", name="Set up").click()


def test_secret_is_shown_as_picture_letters_and_link(page: Page) -> None:
    """Drawn within the security policy; it is in no address that is sent, and leaves with the page."""
    asked = answer(page, "/account/otp/offer", (200, offer()))
    page.goto("/otp?lang=en")
    page.get_by_role("button", name="An authenticator app").click()
    box = page.locator("#qr").bounding_box()
    assert box is not None
    assert box["width"] > 200
    page.get_by_text("The app cannot read the picture").click()
    expect(page.locator("#secret")).to_have_text("JBSW Y3DP EHPK 3PXP ")
    page.get_by_text("The app is on this device after all").click()
    assert page.get_by_role("link", name="Open the app").get_attribute("href") == SECRET_LINK
    assert "JBSW" not in page.url
    page.get_by_role("button", name="Choose something else").click()
    expect(page.get_by_role("heading", name="Set up PIN and one-time password")).to_be_focused()
    assert asked == [{}]


def offer() -> dict[str, object]:
    return {
        "id": "O" * 22,
        "link": SECRET_LINK,
        "qr": {"viewBox": "0 0 9 9", "d": "M4 4h1v1h-1z"},
        "secret": ["JBSW", "Y3DP", "EHPK", "3PXP"],
    }


def test_pin_and_code_go_with_the_passkeys_answer(page: Page, authenticator: Authenticator) -> None:
    """As digits, whatever keyboard they were typed on; the fields are empty afterwards."""
    asked = answer(page, "/account/change", proposal_with_question(1))
    sent = answer(page, "/account/change/change-1", DONE)
    ready(page)
    type_in(page, "７３９ １５４", "482-913")
    expect(page.get_by_role("heading", name="PIN and one-time password are set up")).to_be_focused()
    assert asked == [{"change": "set_otp", "of": "O" * 22}]
    assert {name: sent[0][name] for name in ("pin", "code")} == {"pin": PIN, "code": CODE}
    assert "signature" in sent[0]["credential"]["response"]
    assert [page.locator(f"#{field}").input_value() for field in ("pin", "code")] == ["", ""]
    assert page.get_by_role("link", name="Go on").get_attribute("href") == "/account"


def proposal_with_question(number: int, typed: str = "12345678") -> tuple[int, object]:
    status, value = proposal(number)
    assert isinstance(value, dict)
    return status, value | {"ocra": {"typed": typed, "scanned": "ab" * 32, "qr": {"viewBox": "0 0 9 9", "d": "M4 4h1v1h-1z"}}}


@pytest.mark.parametrize(
    ("pin", "code", "field", "sentence"),
    [
        ("12345", CODE, "pin", "The PIN must have 6 to 12 digits"),
        ("hunter2", CODE, "pin", "The PIN must have 6 to 12 digits"),
        ("", CODE, "pin", "The PIN must have 6 to 12 digits"),
        ("123456", CODE, "pin", "Others would try this PIN first"),
        ("112233", CODE, "pin", "Others would try this PIN first"),
        (PIN, "12345", "code", "The code has 6 to 8 digits"),
        (PIN, "", "code", "The code has 6 to 8 digits"),
    ],
)
def test_mistake_is_said_beside_its_field(page: Page, authenticator: Authenticator, pin: str, code: str, field: str, sentence: str) -> None:
    """Before the passkey is asked for and before anything is sent; it goes when the field is mended."""
    sent = answer(page, "/account/change/c-1", DONE)
    ready(page)
    type_in(page, pin, code)
    expect(problem(page, field)).to_contain_text(sentence)
    expect(page.locator(f"#{field}")).to_be_focused()
    expect(page.locator(f"#{field}")).to_have_attribute("aria-invalid", "true")
    assert sent == []
    page.locator(f"#{field}").fill("7")
    expect(problem(page, field)).to_be_empty()


@pytest.mark.parametrize(
    ("refusal", "field", "sentence"), [(POOR_PIN, "pin", "Others would try this PIN first"), (NOT_FITTING, "code", "the code did not fit")]
)
def test_what_the_server_refuses_is_said_beside_its_field(
    page: Page, authenticator: Authenticator, refusal: tuple[int, object], field: str, sentence: str
) -> None:
    """And the next try is a change of its own."""
    answer(page, "/account/change", proposal_with_question(1), proposal_with_question(2))
    first, second = answer(page, "/account/change/change-1", refusal), answer(page, "/account/change/change-2", DONE)
    ready(page)
    type_in(page)
    expect(problem(page, field)).to_contain_text(sentence)
    expect(page.get_by_role("button", name="Set up")).to_have_attribute("aria-disabled", "false")
    type_in(page, "846205", "111222")
    expect(page.get_by_role("heading", name="PIN and one-time password are set up")).to_be_visible()
    assert (len(first), second[0]["pin"]) == (1, "846205")


def test_what_was_typed_stays_until_the_outcome_is_known(page: Page, authenticator: Authenticator) -> None:
    """Otherwise another PIN could be believed to be set than the one that was sent first."""
    answer(page, "/account/change", proposal_with_question(1))
    sent = answer(page, "/account/change/change-1", UNAVAILABLE, DONE)
    ready(page)
    type_in(page)
    says(page, "What you typed stays until it is known")
    for field in ("pin", "code"):
        assert not page.locator(f"#{field}").is_editable()
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("heading", name="PIN and one-time password are set up")).to_be_visible()
    assert [(one["pin"], one["code"]) for one in sent] == [(PIN, CODE)] * 2


def test_fields_are_open_again_once_it_is_known_that_nothing_was_set(page: Page, authenticator: Authenticator) -> None:
    answer(page, "/account/change", proposal_with_question(1), proposal_with_question(2))
    answer(page, "/account/change/change-1", UNAVAILABLE, NOT_FITTING)
    ready(page)
    type_in(page)
    says(page, "What you typed stays")
    page.get_by_role("button", name="Set up").click()
    expect(problem(page, "code")).to_contain_text("the code did not fit")
    expect(page.locator("#pin")).to_be_editable()


def test_cancelled_passkey_sets_nothing(page: Page, authenticator: Authenticator) -> None:
    sent = answer(page, "/account/change/c-1", DONE)
    authenticator.verify_user(False)
    ready(page)
    type_in(page)
    says(page, "Not set up yet: the passkey was not confirmed.")
    assert sent == []


def test_token_is_named_by_its_serial_number(page: Page, authenticator: Authenticator) -> None:
    """Without one nothing is sent; a token that asks first is shown its question, always that of the change in hand."""
    named = answer(page, "/account/otp/serial", (200, {"id": "T" * 22}))
    asked = answer(page, "/account/change", proposal_with_question(1), proposal_with_question(2, "87654321"))
    answer(page, "/account/change/change-1", NOT_FITTING)
    page.goto("/otp?lang=en")
    page.get_by_role("button", name="A token that was given to me").click()
    page.get_by_role("button", name="Next").click()
    expect(problem(page, "serial")).to_contain_text("Type the serial number of the token.")
    assert named == []
    ready(page, with_token=True)
    assert (named, asked) == ([{"serial": "SN-1234"}], [{"change": "set_otp", "of": "T" * 22}])
    page.get_by_text("My token asks for a number first").click()
    expect(page.locator("#typed")).to_have_text("1234 5678")
    expect(page.locator("#challenge path")).to_have_attribute("d", re.compile("M"))
    type_in(page)
    expect(page.locator("#typed")).to_have_text("8765 4321")


def test_app_is_not_asked_about_questions(page: Page) -> None:
    ready(page)
    expect(page.get_by_text("My token asks for a number first")).to_be_hidden()


def test_offer_that_was_taken_can_be_gone_on_with(page: Page, authenticator: Authenticator) -> None:
    """The phone may have forgotten the page while its owner was in the app; no new secret is made."""
    offers = answer(page, "/account/otp/offer", (200, offer()))
    asked = answer(page, "/account/change", proposal_with_question(1))
    answer(page, "/account/change/change-1", DONE)
    page.goto("/otp-begun?lang=en")
    with page.expect_response("**/account/change"):
        page.get_by_role("button", name="It is in my app: go on").click()
    type_in(page)
    expect(page.get_by_role("heading", name="PIN and one-time password are set up")).to_be_visible()
    assert (offers, asked) == ([], [{"change": "set_otp", "of": "O" * 22}])
    assert page.get_by_role("link", name="Go on").get_attribute("href") == "/second-way"


def test_removing_asks_once_more(page: Page, authenticator: Authenticator) -> None:
    asked = answer(page, "/account/change", proposal(1))
    sent = answer(page, "/account/change/change-1", NOT_PROVEN, DONE)
    page.goto("/otp-token?lang=en")
    page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="Remove…").click()
    expect(page.get_by_role("button", name="Go back")).to_be_focused()
    page.get_by_role("button", name="Remove it").click()
    says(page, "Not removed: the passkey could not be verified.")
    expect(page.get_by_role("button", name="Remove…")).to_have_attribute("aria-disabled", "false")
    page.get_by_role("button", name="Remove…").click()
    with page.expect_navigation(url="**/account"):
        page.get_by_role("button", name="Remove it").click()
    assert (asked[0], len(sent)) == ({"change": "remove_otp", "of": "T" * 22}, 2)


def test_two_codes_set_it_right(page: Page, authenticator: Authenticator) -> None:
    """The same code twice is noticed here; two that do not fit are typed anew."""
    answer(page, "/account/change", proposal(1))
    sent = answer(page, "/account/change/change-1", NOT_FITTING, DONE)
    page.goto("/otp-resynchronise?lang=en")
    page.wait_for_load_state("networkidle")
    first, second = page.get_by_label("First code"), page.get_by_label("The next code")
    go = page.get_by_role("button", name="Set it right")
    for codes, field, sentence in ((("12", CODE), "first", "6 to 8 digits"), ((CODE, CODE), "second", "the same code twice")):
        first.fill(codes[0])
        second.fill(codes[1])
        go.click()
        expect(problem(page, field)).to_contain_text(sentence)
    assert sent == []
    second.fill("111222")
    go.click()
    expect(problem(page, "first")).to_contain_text("these are not two codes of it that follow each other")
    expect(first).to_be_empty()
    expect(go).to_have_attribute("aria-disabled", "false")
    first.fill("３３３４４４")
    second.fill("555 666")
    go.click()
    expect(page.get_by_role("heading", name="Its codes are accepted again")).to_be_focused()
    assert (sent[1]["first"], sent[1]["second"]) == ("333444", "555666")


def test_changing_the_pin(page: Page, authenticator: Authenticator) -> None:
    """A poor one is told before the passkey is asked; where the answer is lost, the very same goes again, and nobody edits it meanwhile."""
    asked = answer(page, "/account/change", proposal(1))
    sent = answer(page, "/account/change/change-1", UNAVAILABLE, (200, {"state": "done"}))
    page.goto("/otp-pin?lang=en")
    page.wait_for_load_state("networkidle")
    field, go = page.get_by_label("New PIN"), page.get_by_role("button", name="Change the PIN")
    for pin, sentence in (("12345", "6 to 12 digits"), ("112233", "Others would try this PIN first")):
        field.fill(pin)
        go.click()
        expect(problem(page, "pin")).to_contain_text(sentence)
    assert sent == []
    field.fill("７３９-１５４")
    go.click()
    says(page, "What you typed stays until it is known")
    expect(field).to_have_attribute("readonly", "")
    go.click()
    expect(page.get_by_role("heading", name="The PIN is changed")).to_be_focused()
    assert asked == [{"change": "change_pin", "of": ""}]
    assert [one["new_pin"] for one in sent] == ["739154", "739154"]
    expect(field).to_have_value("")


def test_unlocking(page: Page, authenticator: Authenticator) -> None:
    """Where another device was quicker, the page shows how it stands now."""
    asked = answer(page, "/account/change", proposal(1), OVER)
    answer(page, "/account/change/change-1", NOT_PROVEN)
    page.goto("/otp-unlock?lang=en")
    page.wait_for_load_state("networkidle")
    reloads(page, page.get_by_role("button", name="Unlock").click)
    assert asked[0] == {"change": "unlock_otp", "of": ""}


def test_later_goes_on(page: Page) -> None:
    sent = answer(page, "/second-way", UNAVAILABLE, (200, {"next": "/inbox-empty"}))
    page.goto("/second-way?lang=en")
    page.get_by_role("button", name="Later, I know the risk").click()
    says(page, "The service does not answer right now.")
    with page.expect_navigation(url="**/inbox-empty"):
        page.get_by_role("button", name="Later, I know the risk").click()
    assert sent == [{}, {}]


def test_page_refuses_the_same_pins_as_the_signing_module(page: Page) -> None:
    """Every rule, and numbers at random of each kind and length."""
    page.goto("/otp?lang=en")
    chance = random.Random(7)
    tried = ["", "1", "12345", "1234567890123", "hunter2", "７３９１５４", "12345 6", *(str(digit) * 6 for digit in range(10))]
    for length in range(5, 14):
        start, step = chance.randrange(10), chance.randrange(10)
        tried.append("".join(str((start + step * place) % 10) for place in range(length)))
        tried += ["".join(chance.choices("0123456789", k=length)) for _ in range(30)]
        tried += ["".join(chance.choices("01", k=length)) for _ in range(30)]
        piece = "".join(chance.choices("0123456789", k=chance.randint(1, 6)))
        tried.append((piece * length)[:length])
        tried += ["".join(digit * size for digit in chance.choices("0123456789", k=length // size + 1))[:length] for size in (2, 3)]
    script = next(str(found.get_attribute("src")) for found in page.locator("script[src]").all()).replace("otp.js", "pin.js")
    said = page.evaluate(
        "async ([script, pins]) => { const { pinProblem } = await import(script); return pins.map(pinProblem); }", [script, tried]
    )
    assert {pin for pin, found in zip(tried, said, strict=True) if found} == {pin for pin in tried if is_refused(pin)}


def is_refused(pin: str) -> bool:
    try:
        require_acceptable_pin(pin)
    except PinUnacceptable:
        return True
    return False
