// otp_resynchronise.html: find a token again by two codes that follow each other, with the passkey.

import { changeOf } from "./change.js";
import { hush, onTap, say, showRefusal } from "./page.js";
import { digits, isCode } from "./pin.js";

const go = document.getElementById("go");
const first = document.getElementById("first");
const second = document.getElementById("second");
const change = changeOf("resynchronise_otp", document.querySelector("main").dataset.of);
const reload = () => location.reload();

onTap(go, async () => {
  hush();
  const typed = { first: digits(first.value), second: digits(second.value) };
  if (!isCode(typed.first)) return doubt(first, "code_length");
  if (!isCode(typed.second)) return doubt(second, "code_length");
  if (typed.first === typed.second) return doubt(second, "same_codes");
  await change.approve(() => say("confirm"), () => say("sending"), typed);
  document.getElementById("type").hidden = document.querySelector(".acts").hidden = true;
  document.getElementById("done").hidden = false;
  document.querySelector("#done h1").focus();
}, async (refused) => {
  if (refused.code === "token_code_refused") {
    hush();
    first.value = second.value = "";
    doubt(first, refused.code);
  } else showRefusal(refused);
  if (await change.recover(refused)) reload();
});

/** Say beside a field what is wrong with it. */
function doubt(field, name) {
  field.setAttribute("aria-invalid", "true");
  say(name, {}, document.getElementById(`${field.id}-says`));
  field.select();
  field.focus();
}

for (const field of [first, second]) {
  field.addEventListener("input", () => {
    field.removeAttribute("aria-invalid");
    hush(document.getElementById(`${field.id}-says`));
  });
  field.addEventListener("keydown", (event) => event.key === "Enter" && !event.isComposing && go.click());
}

change.prepare().catch(showRefusal);
