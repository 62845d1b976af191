// device.html: give the device another name, or remove it with the passkey of another one.

import { changeOf } from "./change.js";
import { call, hush, onTap, say, showRefusal } from "./page.js";

const device = document.querySelector("main").dataset.of;
const name = document.getElementById("name");
const sure = document.getElementById("sure");

onTap(document.getElementById("rename"), async () => {
  hush();
  const kept = await call(`/account/devices/${device}/rename`, { name: name.value });
  document.querySelector("h1 bdi").textContent = name.value = kept.name;
  say("renamed");
  await change?.prepare();
}, (refused) => {
  showRefusal(refused);
  if (refused.code === "name_refused") name.focus();
});
name.addEventListener("keydown", (event) => event.key === "Enter" && !event.isComposing && document.getElementById("rename").click());

const change = sure ? changeOf("remove_passkey", device) : null;
if (change) {
  document.getElementById("ask").addEventListener("click", () => sure.showModal());
  document.getElementById("back").addEventListener("click", () => sure.close());
  onTap(document.getElementById("remove"), async () => {
    hush();
    await change.approve(() => say("confirm"), () => { sure.close(); say("removing"); });
    location.replace("/account");
  }, async (refused) => {
    sure.close();
    showRefusal(refused);
    if (await change.recover(refused)) location.replace("/account");
  });
  change.prepare().catch(showRefusal);
}
