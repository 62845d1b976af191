"""
The states into which a page's script can bring it, found in the page itself: each hidden section, each dialog, every sentence to be said.

So a page with a sample needs nothing more to have all its states looked at. The server's answers are canned, and nothing goes on by itself.
"""

from collections.abc import Iterator

from playwright.sync_api import Page

# Nothing polls or counts down, and it is known when every answer has been used.
STILL = """
window.setInterval = () => 0;
window.asked = 0;
const real = window.fetch;
window.fetch = async (...request) => {
  window.asked += 1;
  const response = await real(...request);
  response.clone().text().finally(() => setTimeout(() => { window.asked -= 1; }));
  return response;
};
"""
# A page with a script of its own says when that has run; a reminder's stands beside the reminder.
READY = """() => window.asked === 0 && (!document.querySelector("head > script[type=module]") || "ready" in document.body.dataset)"""

UNFOLD = """() => {
  for (const details of document.querySelectorAll("details")) details.open = true;
  for (const hidden of document.querySelectorAll("[hidden]:not(main > section)")) hidden.hidden = false;
  for (const field of document.querySelectorAll("input[aria-describedby]")) field.setAttribute("aria-invalid", "true");
  const line = document.getElementById("say"); // a page that has ended says nothing more
  if (line) line.append(document.getElementById("sentences").content.cloneNode(true));
}"""
OTHERS = """() => [...document.querySelectorAll("main > section[hidden], dialog")].map((other) => other.id)"""
# A section takes the place of the one that is shown; a dialog lies above. What the page does when one is closed is not done here.
SHOW = """(id) => {
  const shown = document.getElementById(id);
  for (const dialog of document.querySelectorAll("dialog[open]")) {
    dialog.addEventListener("close", (event) => event.stopImmediatePropagation(), { capture: true, once: true });
    dialog.close();
  }
  if (shown instanceof HTMLDialogElement) shown.showModal();
  else for (const section of document.querySelectorAll("main > section")) section.hidden = section !== shown;
}"""


def open_sample(page: Page, name: str, lang: str) -> None:
    """Open a sample, and wait until its script has done what it does by itself; the page was made still before."""
    page.goto(f"/{name}?lang={lang}#the-link")
    page.wait_for_function(READY)


def further_states(page: Page) -> Iterator[str]:
    """Bring an open page from one state into the next; gives the name of each."""
    others: list[str] = page.evaluate(OTHERS)
    page.evaluate(UNFOLD)
    yield "unfolded"
    for other in others:
        page.evaluate(SHOW, other)
        yield other
