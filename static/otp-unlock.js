// otp_unlock.html: let PIN and codes be tried again, with the passkey.

import { changeOf } from "./change.js";
import { hush, onTap, say, showRefusal } from "./page.js";

const change = changeOf("unlock_otp", "");
const reload = () => location.reload();

onTap(document.getElementById("approve"), async () => {
  hush();
  await change.approve(() => say("confirm"), () => say("sending"));
  reload();
}, async (refused) => {
  showRefusal(refused);
  if (await change.recover(refused)) reload();
});

change.prepare().catch((refused) => (refused.code === "change_over" ? reload() : showRefusal(refused)));
