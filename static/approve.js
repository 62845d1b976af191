// approve.html: approve with a passkey, or with PIN and one-time password; decline, say that the document is the wrong one, or put it off.

import { call, countDown, hush, onTap, say, showRefusal } from "./page.js";
import { isDifferent, openDocuments } from "./documents.js";
import { follow } from "./follow.js";
import { onOtp } from "./otp-form.js";
import { supported, usePasskey } from "./webauthn.js";

const path = location.pathname;
const code = document.getElementById("code");
const anotherWaits = document.getElementById("another");
let options = JSON.parse(document.getElementById("approval").textContent);

openDocuments(options.challenge);

let leaving = false;
const reload = () => {
  if (!leaving) location.reload(); // a second one would break off the first
  leaving = true;
};
countDown(leave);
follow(`${path}/events`, heard, renew);

onTap(document.getElementById("approve"), async () => {
  if (isDifferent()) return say("document_different");
  hush();
  if (!supported) return say("unsupported");
  const digits = typedCode();
  if (digits === undefined) return refuseCode("code_missing");
  const asked = usePasskey(options);
  say("confirm");
  const credential = await asked;
  say("sending");
  await call(path, { credential, code: digits });
  reload();
}, failed);

onOtp(document.getElementById("approve-otp"), async (given, taken) => {
  if (isDifferent()) return say("document_different");
  hush();
  const digits = typedCode();
  if (digits === undefined) return refuseCode("code_missing");
  taken();
  await call(path, { otp: { token_id: given.token, pin: given.pin, code: given.code }, code: digits });
  reload();
}, (refused) => {
  if (refused.code === "ended") reload();
  else if (refused.code === "wrong_code") refuseCode("wrong_code", refused.answer);
  else return false;
  return true;
});

onTap(document.getElementById("decline"), () => refuse("declined"), failed);
onTap(document.getElementById("wrong-document"), () => refuse("wrong_document"), failed);
onTap(document.getElementById("later"), async () => {
  await call(`${path}/later`, {});
  location.assign("/");
}, failed);

code?.addEventListener("input", () => code.removeAttribute("aria-invalid"));
code?.addEventListener("keydown", (event) => event.key === "Enter" && !event.isComposing && (document.querySelector(".otp[open] .seal") ?? document.querySelector(".acts .seal"))?.click());

/** The number from the application's screen: null where none is asked for, undefined where it is not there yet. */
function typedCode() {
  if (!code) return null;
  const digits = code.value.normalize("NFKC").trim(); // full-width digits are digits too
  return new RegExp(`^\\d{${code.maxLength}}$`).test(digits) ? digits : undefined;
}

async function refuse(reason) {
  say("refusing");
  await call(`${path}/refuse`, { reason });
  reload();
}

async function failed(refused) {
  if (refused.code === "ended") reload();
  else if (refused.code === "wrong_code") refuseCode("wrong_code", refused.answer);
  else showRefusal(refused);
  await renew();
}

function refuseCode(name, values) {
  say(name, values);
  code.value = "";
  code.setAttribute("aria-invalid", "true");
  code.focus();
}

/** Have fresh options in hand before the next tap; where the request has ended meanwhile, show that. */
async function renew() {
  const fresh = await call(path).catch(() => null);
  if (!fresh) return;
  if (fresh.publicKey) options = fresh.publicKey;
  else leave();
}

/** It was answered elsewhere, or another request came: that is said in its place, and covers nothing. */
function heard({ state, another }) {
  if (state !== "pending") leave();
  else if (anotherWaits) anotherWaits.hidden = !another;
}

/** Show how it ended; a question or document that stands open is closed by the signer first. */
function leave() {
  const open = document.querySelector("dialog[open]");
  if (open) open.addEventListener("close", reload, { once: true });
  else reload();
}
