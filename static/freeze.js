// freeze.html, and wherever a page offers it: pause the key at once; afterwards the page says so itself.

import { call, onTap, say } from "./page.js";

for (const button of document.querySelectorAll("[data-pause]")) {
  onTap(button, async () => {
    say("pausing");
    await call("/freeze", { for: button.dataset.pause });
    location.reload();
  });
}
