// stop_recovery.html, and the start page: stop what was begun with a recovery code; afterwards the page says so itself.

import { call, onTap, say } from "./page.js";

for (const button of document.querySelectorAll("[data-stop]")) {
  onTap(button, async () => {
    say("stopping");
    await call(`/account/recovery/${encodeURIComponent(button.dataset.stop)}/stop`, {});
    location.reload();
  }, (refused) => say(refused.code === "unavailable" ? "stop_unconfirmed" : refused.code));
}
