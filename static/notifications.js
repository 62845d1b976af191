// notifications.html: turns notifications on and off in this browser, and tries them.

import { call, hush, onTap, say } from "./page.js";
import { standing, sync, turnOff, turnOn } from "./push.js";

const LOOK_MS = 1_000;
const PATIENCE_LOOKS = 20;
let install = null;

addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  install = event;
  document.getElementById("install-offer").hidden = false;
});

onTap(document.getElementById("install"), async () => {
  await install.prompt();
  document.getElementById("install-offer").hidden = true;
});

onTap(document.getElementById("on"), async () => {
  hush();
  await turnOn();
  location.reload();
}, async (refused) => {
  say(refused.code);
  await show();
});

onTap(document.getElementById("off"), async () => {
  await turnOff();
  location.reload();
});

onTap(document.getElementById("try"), async () => {
  say("trying");
  const before = await lastSeen();
  await call("/push/test", {});
  for (let look = 0; look < PATIENCE_LOOKS; look++) {
    await new Promise((resolve) => { setTimeout(resolve, LOOK_MS); });
    if ((await lastSeen()) > before) return say("came");
  }
  return say("did_not_come");
});

async function lastSeen() {
  const { devices } = await call("/notifications");
  return devices.find((device) => device.current)?.last_seen ?? 0;
}

async function show() {
  const state = await standing();
  for (const part of document.querySelectorAll("[data-state]")) part.hidden = part.dataset.state !== state;
}

show();
sync().catch((refused) => say(refused.code));
