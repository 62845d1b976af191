// enroll.html: register this phone with the code of a letter, typed or after the #, or a one-time link; no server sees either in an address.

import { LETTERS, groupWhileTyped, grouped, plain, readCode } from "./code.js";
import { call, date, hush, onTap, say, showRefusal } from "./page.js";
import { hasScreenLock, makePasskey, supported } from "./webauthn.js";

const STEPS = { passkey: "key", key: "certificate" }; // what comes after what is made already
const AGAIN = ["offline", "unavailable", "certificate_unavailable"];
const register = document.getElementById("register");
const acts = document.querySelector(".acts");
const code = document.getElementById("code");
let link = location.hash.slice(1);
let offer = null; // what the link offers: a passkey to make, or to go on from what is made
let made = null; // the passkey's answer, until all is done: a passkey is made once, and whoever made it is signed in

onTap(register, async () => {
  hush();
  if (!link) return take();
  if (!offer) return prepare();
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
  step("certificate");
  say("certifying");
  done(await call("/enroll", { link, credential: made }));
}, async (refused) => {
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
  step(offer.made ? STEPS[offer.made] : null);
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

function done(registered) {
  history.replaceState(null, "", location.pathname + location.search); // it is spent
  for (const place of document.querySelectorAll("[data-not-after]")) place.textContent = date(registered.not_after);
  hush();
  show(registered.here ? "done" : "done_elsewhere");
}

/** Show one section of the page, and read its heading to those who listen. */
function show(id) {
  const before = document.querySelector("main > section:not([hidden])");
  if (before.id === id) return;
  before.hidden = true;
  acts.hidden = id !== "ready" && id !== "enter";
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
