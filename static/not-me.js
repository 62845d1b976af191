// The dialog of approve.html: a request that was not expected is refused and reported, and then the key may be paused, in the same place.

import { call, hush, onTap, say } from "./page.js";

const dialog = document.getElementById("unexpected");
const ask = document.getElementById("unexpected-ask");
const done = document.getElementById("unexpected-done");
const line = document.getElementById("say-unexpected");
const path = location.pathname;

document.getElementById("ask").addEventListener("click", () => dialog.showModal());
document.getElementById("back").addEventListener("click", () => dialog.close());
dialog.addEventListener("close", () => done.hidden || location.reload());

onTap(document.getElementById("not-me"), async () => {
  say("refusing", {}, line);
  const { key_state } = await call(`${path}/refuse`, { reason: "not_me" });
  if (key_state !== "active") return location.reload(); // the second one has paused it already
  hush(line);
  ask.hidden = true;
  done.hidden = false;
  const heading = done.querySelector("h2");
  dialog.setAttribute("aria-labelledby", heading.id);
  heading.focus();
}, failed);

for (const button of done.querySelectorAll("[data-pause]")) {
  onTap(button, async () => {
    say("pausing", {}, line);
    await call("/freeze", { for: button.dataset.pause });
    location.reload();
  }, (refused) => say(refused.code === "unavailable" ? "pause_unconfirmed" : refused.code, {}, line));
}
document.getElementById("not-now").addEventListener("click", () => dialog.close());

function failed(refused) {
  if (refused.code === "ended") location.reload();
  else say(refused.code, refused.answer, line);
}
