// approve.html: approve with a passkey, decline, or say that this was not expected.

import { call, countDown, hush, onTap, say, showRefusal } from "./page.js";
import { supported, usePasskey } from "./webauthn.js";

const path = location.pathname;
const code = document.getElementById("code");
const unexpected = document.getElementById("unexpected");
let options = JSON.parse(document.getElementById("approval").textContent);

const reload = () => location.reload();
countDown(reload);

onTap(document.getElementById("approve"), async () => {
  hush();
  if (!supported) return say("unsupported");
  const digits = code?.value.normalize("NFKC").trim() ?? null; // full-width digits are digits too
  if (code && !new RegExp(`^\\d{${code.maxLength}}$`).test(digits)) return refuseCode("code_missing");
  const asked = usePasskey(options);
  say("confirm");
  const credential = await asked;
  say("sending");
  await call(path, { credential, code: digits });
  reload();
}, failed);

onTap(document.getElementById("decline"), () => refuse("declined"), failed);
onTap(document.getElementById("not-me"), () => refuse("not_me"), failed);
document.getElementById("ask").addEventListener("click", () => unexpected.showModal());
document.getElementById("back").addEventListener("click", () => unexpected.close());

code?.addEventListener("input", () => code.removeAttribute("aria-invalid"));
code?.addEventListener("keydown", (event) => event.key === "Enter" && !event.isComposing && document.getElementById("approve").click());

async function refuse(reason) {
  unexpected.close();
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
  else reload();
}
