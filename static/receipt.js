// receipt.html: ask for the receipt of a key, and go on to its approval; where it was signed meanwhile, show that.

import { call, onTap, say, showRefusal } from "./page.js";

for (const button of document.querySelectorAll("[data-sign]")) {
  onTap(button, async () => {
    say("asking");
    const { approval } = await call("/receipt", { credential_id: button.dataset.sign });
    location.assign(approval);
  }, (refused) => refused.code === "ended" ? location.reload() : showRefusal(refused));
}
