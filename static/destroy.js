// destroy.html: two questions and a passkey before a key is gone for ever.

import { changeOf } from "./change.js";
import { hush, onTap, say, showRefusal } from "./page.js";

const understood = document.getElementById("understood");
const sure = document.getElementById("sure");
const change = changeOf("destroy", document.querySelector("main").dataset.of);
const reload = () => location.reload();

document.getElementById("ask").addEventListener("click", () => {
  hush();
  if (understood.checked) return sure.showModal();
  say("understand");
  understood.focus();
});
document.getElementById("back").addEventListener("click", () => sure.close());

onTap(document.getElementById("destroy"), async () => {
  await change.approve(() => say("confirm"), () => { sure.close(); say("sending"); });
  reload();
}, async (refused) => {
  sure.close();
  showRefusal(refused);
  if (await change.recover(refused)) reload();
});

change.prepare().catch((refused) => (refused.code === "change_over" ? reload() : showRefusal(refused)));
