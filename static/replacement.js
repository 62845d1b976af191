// replacement.html: let a letter that replaces everything open nothing.

import { call, onTap, say, showRefusal } from "./page.js";

onTap(document.getElementById("stop"), async () => {
  say("sending");
  await call("/account/replacement/stop", {});
  location.reload();
}, (refused) => (refused.code === "not_found" ? location.reload() : showRefusal(refused)));
