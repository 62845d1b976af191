"""
What axe-core finds on a page as a browser shows it: WCAG 2.2 A and AA, and good practice, on phone and desktop, light and dark.

What axe cannot decide by itself (text over a gradient, for one) is no finding; `tests/pages/test_templates.py` computes the contrast of all
colours that meet.
"""

from typing import Any, Literal, NamedTuple

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, ViewportSize

PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}


class Look(NamedTuple):
    """On which screen, and in which colours."""

    size: ViewportSize
    scheme: Literal["light", "dark"]


# Every pair of language, screen and colours is there.
LOOKS = {"ja": [Look(PHONE, "light"), Look(DESKTOP, "dark")], "en": [Look(PHONE, "dark"), Look(DESKTOP, "light")]}

# `target-size` is of WCAG 2.2, and not asked for by itself.
RUN = """async () => {
  const found = await axe.run({ resultTypes: ["violations"], rules: { "target-size": { enabled: true } } });
  return found.violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map((node) => node.html).join(" ")}`);
}"""


def bring_axe(page: Page) -> None:
    """Have axe in every page that is opened from now on."""
    page.add_init_script(AXE_SCRIPT)


def findings(page: Page, looks: list[Look]) -> list[str]:
    """Say what axe finds, each with the look in which it does; leaves the page in the last. It was opened after `bring_axe`."""
    found = []
    for look in looks:
        page.set_viewport_size(look.size)
        page.emulate_media(color_scheme=look.scheme, reduced_motion="reduce")
        here: Any = page.evaluate(RUN)
        found += [f"{look.size['width']} {look.scheme}: {finding}" for finding in here]
    return found
