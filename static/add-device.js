// add_device.html: shows a one-time link as QR code and text, and goes on when the new device has made its passkey.

import { call, countDown, hush, onTap, say } from "./page.js";

const POLL_MS = 2000;
const offer = document.getElementById("offer");
const again = document.getElementById("again");
const timer = offer.querySelector("[data-pattern]");
let addition = null;

onTap(again, begin, failed);
onTap(document.getElementById("copy"), async () => {
  await navigator.clipboard.writeText(addition.link).then(() => say("copied"), () => say("not_copied"));
});
onTap(document.getElementById("cancel"), async () => {
  if (addition) await call(`/account/add/${addition.id}/refuse`, {});
  location.assign("/account");
});

async function begin() {
  hush();
  addition = await call("/account/add", {});
  const picture = document.getElementById("qr");
  picture.setAttribute("viewBox", addition.qr.viewBox);
  picture.firstElementChild.setAttribute("d", addition.qr.d);
  document.getElementById("link").textContent = addition.link;
  timer.dataset.expiresIn = addition.expires_in;
  delete timer.dataset.deadline;
  again.hidden = true;
  offer.classList.remove("coming");
  say("waiting");
}

function failed(refused) {
  say(refused.code);
  again.hidden = false;
}

function over() {
  addition = null;
  offer.classList.add("coming");
  again.hidden = false;
  say("expired");
}

async function look() {
  if (!addition || document.hidden) return;
  const looked = addition.id;
  try {
    const { state } = await call(`/account/add/${looked}`);
    if (addition?.id !== looked) return;
    if (state === "made" || state === "done") location.replace(`/account/add/${looked}`);
    else if (state !== "open") over();
  } catch (refused) {
    say(refused.code);
  }
}

begin().catch(failed);
timer.removeAttribute("data-expires-in");
countDown(look);
setInterval(look, POLL_MS);
document.addEventListener("visibilitychange", look);
