// new_device.html: makes a passkey with the one-time link after the #, and waits until a registered device approves it.

import { call, hush, onTap, say, showRefusal } from "./page.js";
import { makePasskey, supported } from "./webauthn.js";

const POLL_MS = 2000;
const link = location.hash.slice(1);
const name = document.getElementById("name");
const register = document.getElementById("register");
const acts = document.querySelector(".acts");
let offer = null;
let made = null; // the passkey's answer, until the server has it: a passkey is made once

onTap(register, async () => {
  hush();
  if (!offer) return prepare();
  if (!name.value.trim()) return refuseName();
  if (!made) {
    const asked = makePasskey(offer.publicKey);
    say("confirm");
    made = await asked;
  }
  say("sending");
  show(await call("/new-device", { link, credential: made, name: name.value }));
}, async (refused) => {
  if (refused.code === "name_refused") return refuseName();
  if (["offline", "unavailable"].includes(refused.code)) return showRefusal(refused);
  offer = made = null;
  if (!refuse(refused)) await prepare().catch(refuse);
});

function refuseName() {
  say("name_refused");
  name.focus();
}

async function begin() {
  const standing = await call("/new-device/state", { link });
  if (standing.state === "open") await prepare();
  else show(standing);
}

async function prepare() {
  offer = await call("/new-device/options", { link });
  for (const place of document.querySelectorAll("[data-person]")) place.textContent = offer[place.dataset.person];
  register.textContent = register.dataset.register;
  section("ready");
}

/** Say what went wrong: where nothing can be done here, as the whole page (answers true); otherwise as a sentence beside the button. */
function refuse(refused) {
  if (document.getElementById(refused.code)) {
    section(refused.code);
    return true;
  }
  if (!offer) register.textContent = register.dataset.retry;
  document.getElementById("checks").hidden = true;
  register.hidden = false;
  showRefusal(refused);
}

/** Show how the addition stands, and look again while it waits. */
function show(standing) {
  hush();
  for (const place of document.querySelectorAll("[data-value-of]")) place.textContent = standing[place.dataset.valueOf];
  section(standing.state);
  if (standing.state === "made") setTimeout(look, POLL_MS);
  else history.replaceState(null, "", location.pathname + location.search); // the link is spent
}

async function look() {
  const standing = await call("/new-device/state", { link }).catch(() => null);
  if (standing) show(standing);
  else setTimeout(look, POLL_MS);
}

/** Show one section of the page, and read its heading to those who listen. */
function section(id) {
  const before = document.querySelector("main > section:not([hidden])");
  if (before.id === id) return;
  before.hidden = true;
  acts.hidden = id !== "ready";
  register.hidden = false;
  const shown = document.getElementById(id);
  shown.hidden = false;
  shown.querySelector("h1").focus();
}

addEventListener("hashchange", () => location.reload()); // another link, opened in this tab

if (!supported) section("unsupported");
else if (!link) section("link_unknown");
else begin().catch(refuse);
