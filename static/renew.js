// renew.html: have a new key made in the place of one whose certificate ends, with the passkey; then wait until it is there.

import { changeOf } from "./change.js";
import { call, hush, onTap, say, showRefusal } from "./page.js";

const LOOK_AGAIN_MS = 2_000;
const main = document.querySelector("main");
const reload = () => location.reload();

if (main.dataset.renewal === "can") offer();
else lookAgain();

function offer() {
  const change = changeOf("renew", main.dataset.of);

  onTap(document.getElementById("approve"), async () => {
    hush();
    await change.approve(() => say("confirm"), () => say("sending"));
    reload();
  }, async (refused) => {
    showRefusal(refused);
    if (await change.recover(refused)) reload();
  });

  change.prepare().catch((refused) => (refused.code === "change_over" ? reload() : showRefusal(refused)));
}

async function lookAgain() {
  const now = await call(location.pathname).catch(() => main.dataset);
  if (now.renewal !== main.dataset.renewal) return reload();
  setTimeout(lookAgain, LOOK_AGAIN_MS);
}
