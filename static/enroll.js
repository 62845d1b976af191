// enroll.html: register this phone with the code of a letter, typed or after the #, or a one-time link; no server sees either in an address.
// Who has a certificate already signs an application with it, on whatever device it is.

import { LETTERS, groupWhileTyped, grouped, plain, readCode } from "./code.js";
import { Refused, call, date, hush, onTap, say, showRefusal } from "./page.js";
import { hasScreenLock, makePasskey, supported } from "./webauthn.js";

const STEPS = { passkey: "key", key: "certificate" }; // what comes after what is made already
const SIGNED_AT_MOST = 40_000; // bytes
const AGAIN = ["offline", "unavailable", "certificate_unavailable"];
const WITH_BUTTON = ["ready", "enter", "apply", "examined"];
const SENT_AGAIN = [...AGAIN, "nothing_chosen"];
const register = document.getElementById("register");
const acts = document.querySelector(".acts");
const code = document.getElementById("code");
const save = document.getElementById("save");
const signed = document.getElementById("signed");
let link = location.hash.slice(1);
let offer = null; // what the link offers: a passkey to make, or to go on from what is made
let made = null; // the passkey's answer, until all is done: a passkey is made once, and whoever made it is signed in

onTap(register, async () => {
  hush();
  if (!link) return take();
  if (!offer) return prepare();
  if (shown() === "apply") return send();
  if (!offer.made && !made) {
    step("passkey");
    const asked = makePasskey(offer.publicKey);
    say("confirm");
    made = await asked;
  }
  if (offer.made !== "key") {
    step("key");
    say("making_key");
    offer.made = (await call("/enroll/key", { link, credential: made })).made;
  }
  step(offer.application ? "application" : "certificate");
  say("certifying");
  await arrive(await call("/enroll", { link, credential: made }));
}, async (refused) => {
  if (refused.code === "application_refused") return refuseApplication(refused);
  if (shown() === "apply" && SENT_AGAIN.includes(refused.code)) return showRefusal(refused);
  if (made && AGAIN.includes(refused.code)) { // the same answer may be sent again: no second passkey
    register.textContent = register.dataset.resume;
    return showRefusal(refused);
  }
  offer = made = null;
  if (!refuse(refused)) await prepare().catch(refuse);
});

/** Take the code that was typed. Nothing is sent that its check letters do not fit. */
async function take() {
  const letters = readCode(code.value);
  if (!letters) return doubt();
  link = letters;
  history.replaceState(null, "", `#${grouped(letters)}`); // a reload goes on
  await prepare();
}

/** Say at once that the code is not the one on the paper. */
function doubt() {
  const count = plain(code.value).length;
  code.setAttribute("aria-invalid", "true");
  say(count === LETTERS ? "code_mistyped" : "code_incomplete", { count });
  code.focus();
}

function ask() {
  link = "";
  offer = made = null;
  history.replaceState(null, "", location.pathname + location.search);
  hush();
  show("enter");
  code.value = "";
  code.removeAttribute("aria-invalid");
  code.focus();
}

async function prepare() {
  offer = await call("/enroll/options", { link });
  for (const place of document.querySelectorAll("[data-person]")) place.textContent = offer[place.dataset.person];
  document.getElementById("begun").hidden = !offer.made || Boolean(made);
  show("ready");
  register.textContent = register.dataset[offer.made ? "resume" : "register"];
  document.querySelector('[data-step="application"]').hidden = !offer.application;
  step(offer.made === "key" && offer.application ? "application" : offer.made ? STEPS[offer.made] : null);
}

/** Say what went wrong: where nothing can be done here, as the whole page (answers true); otherwise as a sentence beside the button. */
function refuse(refused) {
  const name = refused.code === "link_unknown" && readCode(link) ? "code_unknown" : refused.code;
  if (document.getElementById(name)) {
    show(name);
    return true;
  }
  if (!offer) register.textContent = register.dataset.retry;
  document.getElementById("checks").hidden = true;
  register.hidden = false;
  showRefusal(refused);
}

/** Go where the answer of the certification authority leads: to the end, or to what it still needs. */
async function arrive(answer) {
  hush();
  if (!answer.application) return done(answer);
  offer.application = answer.application;
  if (answer.application === "due") await offerApplication();
  const next = answer.application === "due" ? "apply" : "examined";
  show(next);
  register.textContent = register.dataset[next];
}

/** Have the application at hand, to be saved. */
async function offerApplication() {
  const { content } = await call("/enroll/application", { link });
  URL.revokeObjectURL(save.href);
  save.href = URL.createObjectURL(new Blob([content], { type: "application/json" }));
}

async function send() {
  hush();
  const file = signed.files[0];
  if (!file) throw new Refused("nothing_chosen");
  if (file.size > SIGNED_AT_MOST) throw new Refused("application_refused", { reason: "not_signed" });
  const bytes = new Uint8Array(await file.arrayBuffer());
  say("sending");
  await arrive(await call("/enroll/application/signed", { link, credential: made, signed: btoa(String.fromCharCode(...bytes)) }));
}

/** Say why the application was not taken; the key waits, and another one may be sent. */
async function refuseApplication({ answer }) {
  const known = document.getElementById("sentences").content.querySelector(`[data-name="application_${CSS.escape(answer.reason)}"]`);
  say(`application_${known ? answer.reason : "other"}`, answer);
  signed.value = "";
  if (answer.reason === "application") await offerApplication().catch(() => {}); // the one of this page may be too old by now
}

function done(registered) {
  history.replaceState(null, "", location.pathname + location.search); // it is spent
  for (const place of document.querySelectorAll("[data-not-after]")) place.textContent = date(registered.not_after);
  hush();
  show(registered.here ? "done" : "done_elsewhere");
}

function shown() {
  return document.querySelector("main > section:not([hidden])").id;
}

/** Show one section of the page, and read its heading to those who listen. */
function show(id) {
  const before = document.querySelector("main > section:not([hidden])");
  if (before.id === id) return;
  before.hidden = true;
  acts.hidden = !WITH_BUTTON.includes(id);
  register.hidden = false;
  if (id === "enter") register.textContent = register.dataset.next;
  const section = document.getElementById(id);
  section.hidden = false;
  section.querySelector("h1").focus();
}

/** Mark the step that is under way; those before it are done. */
function step(name) {
  const steps = [...document.querySelectorAll(".steps > li")];
  const current = steps.findIndex((item) => item.dataset.step === name);
  for (const [position, item] of steps.entries()) {
    item.classList.toggle("past", position < current);
    if (position === current) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
  }
}

groupWhileTyped(code, () => {
  hush();
  code.removeAttribute("aria-invalid");
  if (plain(code.value).length >= LETTERS && !readCode(code.value)) doubt();
});
code.addEventListener("keydown", (event) => event.key === "Enter" && !event.isComposing && register.click());
for (const button of document.querySelectorAll("[data-ask]")) onTap(button, async () => ask());
addEventListener("hashchange", () => location.reload()); // another letter or link, opened in this tab

if (!supported) show("unsupported");
else {
  if (link) prepare().catch(refuse);
  else show("enter");
  hasScreenLock().then((locked) => { document.getElementById("no-lock").hidden = locked; });
}
