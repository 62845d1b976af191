// otp_token.html: remove a token, with the passkey.

import { changeOf } from "./change.js";
import { hush, onTap, say, showRefusal } from "./page.js";

const sure = document.getElementById("sure");
const change = changeOf("remove_otp", document.querySelector("main").dataset.of);
const leave = () => location.replace("/account");

document.getElementById("ask").addEventListener("click", () => { hush(); sure.showModal(); });
document.getElementById("back").addEventListener("click", () => sure.close());
onTap(document.getElementById("remove"), async () => {
  await change.approve(() => say("confirm"), () => { sure.close(); say("sending"); });
  leave();
}, async (refused) => {
  sure.close();
  showRefusal(refused);
  if (await change.recover(refused)) leave();
});

change.prepare().catch(showRefusal);
