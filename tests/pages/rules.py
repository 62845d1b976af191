"""What axe does not look for: what is tapped is large enough, large text is whole, forced colours hide nothing, headings are in order."""

from playwright.sync_api import Page

from tests.harness.axe import PHONE

TAP_PX = 44  # WCAG 2.2 §2.5.5; what Apple and Google ask for

SHORT = """(least) => [...document.querySelectorAll("a[href], button, input, summary")].filter((target) => target.checkVisibility())
  .map((target) => target.closest("label") ?? target)
  .filter((target) => { const { width, height } = target.getBoundingClientRect(); return Math.min(width, height) < least; })
  .map((target) => `too small to tap: ${target.outerHTML}`)"""
HEADINGS = """() => {
  const levels = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter((heading) => heading.checkVisibility())
    .map((heading) => Number(heading.tagName[1]));
  const skipped = levels.some((level, place) => level - (levels[place - 1] ?? 0) > 1);
  return skipped || levels.filter((level) => level === 1).length !== 1 ? [`headings out of order: ${levels}`] : [];
}"""
# Backgrounds are gone there: what can be pressed or filled in shows by its border.
BORDERLESS = """() => [...document.querySelectorAll("button:not(.link), .button, input:not([type=checkbox]), .digits i, .card")]
  .filter((part) => part.checkVisibility() && !part.matches(".digits input") && getComputedStyle(part).borderTopStyle === "none")
  .map((part) => `no border in forced colours: ${part.outerHTML}`)"""
# Text twice as large, WCAG 2.2 §1.4.4.
CUT = """() => {
  const root = document.documentElement;
  root.style.fontSize = "212.5%";
  const found = root.scrollWidth > innerWidth ? ["too wide with large text"] : [];
  for (const part of document.querySelectorAll("body *:not(input, .digits)")) {
    if (part.scrollWidth <= part.clientWidth + 1 || part.clientWidth === 0 || getComputedStyle(part).overflow === "visible") continue;
    if (part.checkVisibility()) found.push(`cut off with large text: ${part.outerHTML}`);
  }
  root.style.fontSize = "";
  return found;
}"""
# The buttons that stay in view leave half of the screen to the rest, whatever is said above them.
COVERED = """() => {
  const root = document.documentElement, say = document.getElementById("say"), acts = document.querySelector(".acts");
  const found = [];
  root.style.fontSize = "212.5%";
  for (const sentence of acts?.contains(say) ? [...say.children] : []) {
    say.replaceChildren(sentence);
    scrollTo(0, 0);
    const { top } = acts.getBoundingClientRect(), { bottom } = document.querySelector("main").getBoundingClientRect();
    if (top < bottom - 1 && top < innerHeight / 2) found.push(`half of the screen is covered with large text: ${sentence.textContent}`);
  }
  root.style.fontSize = "";
  return found;
}"""


def breaches(page: Page) -> list[str]:
    """Say what is wrong on a phone; leaves the page as it was."""
    page.set_viewport_size(PHONE)
    found: list[str] = page.evaluate(SHORT, TAP_PX) + page.evaluate(HEADINGS) + page.evaluate(CUT)
    page.emulate_media(forced_colors="active")
    found += page.evaluate(BORDERLESS)
    page.emulate_media(forced_colors="none")
    return found


def covered(page: Page) -> list[str]:
    """Say which of the sentences that are said at once would, alone, make the buttons cover too much; leaves the last one standing."""
    page.set_viewport_size(PHONE)
    found: list[str] = page.evaluate(COVERED)
    return found
