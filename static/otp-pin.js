// otp_pin.html: another PIN, with the passkey.

import { LOST, changeOf } from "./change.js";
import { hush, onTap, say, showRefusal } from "./page.js";
import { digits, pinProblem } from "./pin.js";

const go = document.getElementById("go");
const pin = document.getElementById("pin");
const line = document.getElementById("pin-says");
const change = changeOf("change_pin", "");

onTap(go, async () => {
  hush();
  const typed = digits(pin.value);
  const problem = pinProblem(typed);
  if (problem) return doubt(problem);
  await change.approve(() => say("confirm"), () => say("sending"), { new_pin: typed });
  pin.value = "";
  document.getElementById("type").hidden = document.querySelector(".acts").hidden = true;
  document.getElementById("done").hidden = false;
  document.querySelector("#done h1").focus();
}, async (refused) => {
  pin.readOnly = LOST.includes(refused.code); // where it is not known whether it was done, the same again will tell
  if (refused.code === "pin_unacceptable") doubt(refused.code);
  else showRefusal(refused);
  if (await change.recover(refused)) location.reload();
});

/** Say beside the field what is wrong with it. */
function doubt(name) {
  hush();
  pin.setAttribute("aria-invalid", "true");
  say(name, {}, line);
  pin.select();
  pin.focus();
}

pin.addEventListener("input", () => {
  pin.removeAttribute("aria-invalid");
  hush(line);
});
pin.addEventListener("keydown", (event) => event.key === "Enter" && !event.isComposing && go.click());

change.prepare().catch(showRefusal);
