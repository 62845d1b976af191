// approve_device.html: add the new device with the passkey of this one, or refuse it.

import { changeOf } from "./change.js";
import { call, countDown, hush, onTap, say, showRefusal } from "./page.js";

const addition = document.querySelector("main").dataset.of;
const change = changeOf("add_passkey", addition);
const reload = () => location.reload();

countDown(reload);

onTap(document.getElementById("approve"), async () => {
  hush();
  await change.approve(() => say("confirm"), () => say("sending"));
  reload();
}, async (refused) => {
  showRefusal(refused);
  if (await change.recover(refused)) reload();
});

onTap(document.getElementById("refuse"), async () => {
  await call(`/account/add/${addition}/refuse`, {});
  reload();
});

change.prepare().catch((refused) => (refused.code === "change_over" ? reload() : showRefusal(refused)));
