// enroll.html: register this phone with the one-time link after the #, which no server sees in an address.

import { call, date, hush, onTap, say, showRefusal } from "./page.js";
import { hasScreenLock, makePasskey, supported } from "./webauthn.js";

const link = location.hash.slice(1);
const register = document.getElementById("register");
const acts = document.querySelector(".acts");
let offer = null; // what the link offers: a passkey to make, or only the certificate that is missing

onTap(register, async () => {
  hush();
  if (!offer) return prepare();
  let credential = null;
  if (!offer.resume) {
    const made = makePasskey(offer.publicKey);
    step("passkey");
    say("confirm");
    credential = await made;
  }
  step(offer.resume ? "certificate" : "key");
  say("making");
  done(await call("/enroll", { link, credential }));
}, async (refused) => {
  offer = null;
  if (!refuse(refused)) await prepare().catch(refuse);
});

async function prepare() {
  offer = await call("/enroll/options", { link });
  for (const place of document.querySelectorAll("[data-person]")) place.textContent = offer[place.dataset.person];
  register.textContent = register.dataset[offer.resume ? "resume" : "register"];
  step(offer.resume ? "certificate" : null);
  show("ready");
}

/** Say what went wrong: where nothing can be done here, as the whole page (answers true); otherwise as a sentence beside the button. */
function refuse(refused) {
  const final = document.getElementById(refused.code);
  if (final) {
    show(refused.code);
    return true;
  }
  if (!offer) register.textContent = register.dataset.retry;
  document.getElementById("checks").hidden = true;
  acts.hidden = false;
  showRefusal(refused);
}

function done(registered) {
  history.replaceState(null, "", location.pathname + location.search); // the link is spent
  document.querySelector("[data-not-after]").textContent = date(registered.not_after);
  hush();
  show("done");
}

/** Show one section of the page, and read its heading to those who listen. */
function show(id) {
  const before = document.querySelector("main > section:not([hidden])");
  if (before.id === id) return;
  before.hidden = true;
  acts.hidden = id !== "ready";
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

addEventListener("hashchange", () => location.reload()); // another link, opened in this tab

if (!supported) show("unsupported");
else if (!link) show("link_unknown");
else {
  prepare().catch(refuse);
  hasScreenLock().then((locked) => { document.getElementById("no-lock").hidden = locked; });
}
