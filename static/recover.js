// recover.html: a printed code and a new passkey; afterwards the page says until when to wait. No server sees the code in an address.

import { LETTERS, groupWhileTyped, grouped, plain, readCode } from "./code.js";
import { call, hush, moment, onTap, say, showRefusal } from "./page.js";
import { makePasskey, supported } from "./webauthn.js";

const AGAIN = ["offline", "unavailable"];
const field = document.getElementById("code");
const name = document.getElementById("name");
const go = document.getElementById("go");
const acts = document.querySelector(".acts");
let code = readCode(decodeURIComponent(location.hash.slice(1)));
let offer = null;
let made = null; // the passkey's answer, until the server has it: a passkey is made once

onTap(go, async () => {
  hush();
  if (!code) return take();
  if (!offer) return prepare();
  if (!name.value.trim()) return refuseName();
  if (!made) {
    const asked = makePasskey(offer.publicKey);
    say("confirm");
    made = await asked;
  }
  say("sending");
  standing(await call("/recover", { code, credential: made, name: name.value }));
}, async (refused) => {
  if (refused.code === "name_refused") return refuseName();
  if (made && AGAIN.includes(refused.code)) return showRefusal(refused); // the same answer may be sent again
  offer = made = null;
  if (!refuse(refused)) await prepare().catch(refuse);
});

/** Take the code that was typed. Nothing is sent that its check letters do not fit. */
async function take() {
  const letters = readCode(field.value);
  if (!letters) return doubt();
  code = letters; // not into the address: this may be somebody else's computer
  await prepare();
}

async function prepare() {
  const answer = await call("/recover/options", { code });
  if (!answer.publicKey) return standing(answer);
  offer = answer;
  for (const place of document.querySelectorAll("[data-person]")) place.textContent = offer[place.dataset.person];
  show("ready");
}

/** Show how it stands with a code that was used. */
function standing(answer) {
  hush();
  for (const place of document.querySelectorAll("[data-until]")) place.textContent = moment(answer.until);
  for (const place of document.querySelectorAll("[data-device]")) place.textContent = answer.name;
  history.replaceState(null, "", `#${grouped(code)}`); // it is used up; a reload tells how it stands
  show(answer.state);
}

/** Say at once that the code is not one from the paper. */
function doubt() {
  const count = plain(field.value).length;
  field.setAttribute("aria-invalid", "true");
  say(count === LETTERS ? "code_mistyped" : "code_incomplete", { count });
  field.focus();
}

function refuseName() {
  say("name_refused");
  name.focus();
}

function ask() {
  code = offer = made = null;
  history.replaceState(null, "", location.pathname + location.search);
  hush();
  show("enter");
  field.value = "";
  field.removeAttribute("aria-invalid");
  field.focus();
}

/** Say what went wrong: where nothing can be done here, as the whole page (answers true); otherwise as a sentence beside the button. */
function refuse(refused) {
  if (document.getElementById(refused.code)) {
    show(refused.code);
    return true;
  }
  go.hidden = false;
  showRefusal(refused);
}

/** Show one section of the page, and read its heading to those who listen. */
function show(id) {
  const before = document.querySelector("main > section:not([hidden])");
  go.hidden = acts.hidden = id !== "ready" && id !== "enter";
  go.textContent = go.dataset[id] ?? go.textContent;
  if (before.id === id) return;
  before.hidden = true;
  const section = document.getElementById(id);
  section.hidden = false;
  section.querySelector("h1").focus();
}

groupWhileTyped(field, () => {
  hush();
  field.removeAttribute("aria-invalid");
  if (plain(field.value).length >= LETTERS && !readCode(field.value)) doubt();
});
field.addEventListener("keydown", (event) => event.key === "Enter" && !event.isComposing && go.click());
for (const button of document.querySelectorAll("[data-ask]")) onTap(button, async () => ask());
addEventListener("hashchange", () => location.reload());

if (!supported) show("unsupported");
else if (code) prepare().catch(refuse);
else show("enter");
