// sign_in.html: sign in with a passkey, or from a request's link with PIN and one-time password. The passkey's options are fetched before the tap, and again after a failure.

import { call, hush, moment, onTap, say, showRefusal } from "./page.js";
import { onOtp } from "./otp-form.js";
import { supported, usePasskey } from "./webauthn.js";

const FRESH_MS = 120_000; // well within the life of a sign-in ceremony
const next = document.querySelector("main").dataset.next;
let ceremony = null;
let fetched = 0;

onTap(document.getElementById("sign-in"), async () => {
  hush();
  if (!supported) return say("unsupported");
  if (!ceremony) {
    await prepare();
    return say("again");
  }
  const asked = usePasskey(ceremony.publicKey);
  say("confirm");
  const credential = await asked;
  say("sending");
  await call("/sign-in", { ceremony: ceremony.ceremony, credential });
  location.replace(next);
}, async (refused) => {
  say(refused.code, { until: moment(refused.answer.until ?? 0) }); // a device that waits is told until when
  ceremony = null;
  await prepare().catch(() => {}); // where this fails too, the next tap asks again
});

onOtp(document.getElementById("sign-in-otp"), async ({ token, pin, code }, taken) => {
  const { authorization, asked } = document.getElementById("otp-sign-in").dataset;
  taken();
  await call("/sign-in/otp", { authorization, asked, token: Number(token), pin, code });
  location.replace(next);
});

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && Date.now() - fetched > FRESH_MS) prepare().catch(showRefusal);
});

async function prepare() {
  ceremony = await call("/sign-in/options", {});
  fetched = Date.now();
}

if (supported) prepare().catch(showRefusal);
else say("unsupported");
