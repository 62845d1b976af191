// The fields for PIN and one-time password (templates/otp_form.html), wherever they stand. Decides nothing: the server has them checked.

import { onTap, say } from "./page.js";

const fields = document.getElementById("otp");
const line = document.getElementById("otp-say");
const pin = document.getElementById("otp-pin");
const code = document.getElementById("otp-code");
const token = document.getElementById("otp-token");

/**
 * Have `send` called with token, PIN and code when the button is tapped or Enter pressed. `failed` may deal with a refusal itself, and says
 * so by answering true. PIN and code are taken out of the fields before they are sent, so that no browser offers to keep them.
 */
export function onOtp(button, send, failed = () => false) {
  if (!fields) return;
  onTap(button, async () => {
    line.replaceChildren();
    const given = { token: token?.value ?? fields.dataset.token, pin: digits(pin), code: digits(code) };
    if (!given.pin || !given.code) return refuse("otp_missing");
    await send(given, () => {
      empty();
      say("otp_sending", {}, line);
    });
  }, async (refused) => {
    line.replaceChildren();
    if (await failed(refused)) return;
    refuse(refused.code === "evidence_refused" || refused.code === "sign_in_refused" ? "otp_unusable" : refused.code, refused.answer);
  });
  for (const field of [pin, code]) {
    field.addEventListener("input", () => [pin, code].forEach((one) => one.removeAttribute("aria-invalid")));
    field.addEventListener("keydown", (event) => event.key === "Enter" && !event.isComposing && button.click());
  }
  token?.addEventListener("change", () => {
    for (const challenge of fields.querySelectorAll("[data-of]")) challenge.hidden = challenge.dataset.of !== token.value;
  });
}

function refuse(name, values) {
  say(name, values, line);
  if (name !== "otp_missing" && name !== "otp_refused") return;
  for (const field of [pin, code]) if (name === "otp_refused" || !digits(field)) field.setAttribute("aria-invalid", "true");
  (digits(pin) ? code : pin).focus();
}

function empty() {
  pin.value = "";
  code.value = "";
}

/** Full-width digits are digits too, and people group them; null where there is anything else. */
function digits(field) {
  const plain = field.value.normalize("NFKC").replace(/[\s-]/g, "");
  return /^\d+$/.test(plain) ? plain : null;
}
