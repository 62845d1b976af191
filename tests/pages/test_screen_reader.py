"""What a screen reader finds: names and roles in the order of reading, and a place for sentences that is there before anything is said."""

import pytest
from playwright.sync_api import Page, expect

from .browsing import answer
from .samples import SAMPLES
from .states import STILL, open_sample

APPROVE = """
- banner:
  - link "Natsuin"
  - timer: /left/
  - link "Pause my key"
  - link "日本語"
- main:
  - heading "You are asked to sign" [level=1]
  - region "Who asks":
    - strong: 青葉建設株式会社 電子契約
    - text: ✓ Registered application 工事請負契約の締結
  - heading "Documents to sign (1)" [level=2]
  - list:
    - listitem:
      - strong: 工事請負契約書_2026-118.pdf
      - text: Content not seen, only its fingerprint
      - group: /Fingerprint 661c 609c/
  - text: The number shown on your computer
  - textbox "The number shown on your computer"
  - paragraph: /Signed with the key of/
- status
- button "Decline"
- button "Approve"
- button "I did not expect this"
- button "Wrong document"
"""
QUESTION = """
- dialog "You did not expect this request?":
  - heading "You did not expect this request?" [level=2]
  - paragraph: /It is refused/
  - button "Refuse and report"
  - button "Go back"
"""
ENROLL = """
- banner:
  - text: Natsuin
  - link "日本語"
- main:
  - heading "Register your phone for signing" [level=1]
  - term: Name
  - definition:
    - strong: 山田 太郎
  - term: ID
  - definition: signer-0042
  - paragraph: /Is this not you/
  - list:
    - listitem: /This phone gets a passkey/
    - listitem: /Your signing key is made/
    - listitem: /A certificate in your name/
- status
- button "Register this phone"
"""
ACCOUNT = """
- main:
  - heading "Key and devices" [level=1]
  - heading "Your key" [level=2]
  - link "Pause this key"
  - paragraph:
    - link "Destroy this key for good"
  - heading "Devices that may approve" [level=2]
  - list:
    - listitem:
      - link "Android スマートフォン"
    - listitem:
      - link "書斎のパソコン"
  - link "Add a device"
- navigation "Pages":
  - link "Waiting"
  - link "Key and devices"
  - link "History"
"""
FREEZE = """
- main:
  - heading "Pause my key" [level=1]
  - paragraph: While it is paused, nothing can be signed, whoever asks.
  - paragraph: /It takes effect at once/
  - button "Pause for one hour"
  - button "Pause for one day"
  - button "Pause until I use it again"
  - status
"""


@pytest.mark.parametrize(("name", "tree"), [("approve", APPROVE), ("enroll", ENROLL), ("account", ACCOUNT), ("freeze", FREEZE)])
def test_the_page_is_read_as_it_is_meant(page: Page, name: str, tree: str) -> None:
    page.add_init_script(STILL)
    open_sample(page, name, "en")
    expect(page.locator("body")).to_match_aria_snapshot(tree)


def test_a_question_is_read_with_its_name(page: Page) -> None:
    page.goto("/approve?lang=en")
    page.get_by_role("button", name="I did not expect this").click()
    expect(page.locator("body")).to_match_aria_snapshot(QUESTION)


def test_the_place_of_the_sentences_is_there_before_they_are_said(page: Page) -> None:
    """What appears together with its live region is not announced: on a page with a script the region is shown from the start."""
    page.route("**/*", lambda route: route.abort() if route.request.resource_type == "script" else route.fallback())
    for name in {sample.template: name for name, sample in SAMPLES.items()}.values():
        page.goto(f"/{name}?lang=en")
        scripts = page.locator("script[type=module]").evaluate_all(
            "scripts => scripts.map((one) => new URL(one.src).pathname.split('/').pop())"
        )
        for script in scripts:
            region = "[data-quiet-failed]" if script == "quiet.js" else "#say"
            regions = page.locator(f"[role=status]:is({region}, :has({region}))")
            assert regions.evaluate_all("found => found.some((one) => one.checkVisibility())"), (name, script)


def test_a_refusal_at_the_start_is_announced(page: Page) -> None:
    """Enrolment that cannot even begin says so in the region that was there."""
    answer(page, "/enroll/options", (503, {"error": "unavailable"}))
    page.goto("/enroll?lang=en#the-link")
    expect(page.get_by_role("status")).to_contain_text("The service does not answer right now.")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
