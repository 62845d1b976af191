// inbox.html: keeps the list of what waits up to date while the page is looked at.

import { call, countDown, hush, onTap, say } from "./page.js";
import { follow } from "./follow.js";
import { standing, sync } from "./push.js";

const list = document.getElementById("waiting");
const empty = document.getElementById("empty");
const row = document.getElementById("row").content.firstElementChild;

countDown(refresh);
follow("/inbox/events", heard, refresh);

sync().catch((refused) => say(refused.code));
standing().then((state) => { document.getElementById("notify").hidden = !["off", "home-screen"].includes(state); });

onTap(document.getElementById("sign-out"), async () => {
  await call("/sign-out", {});
  location.replace("/sign-in");
});

let connected = true;

async function refresh() {
  try {
    heard(await call("/inbox"));
  } catch (refused) {
    if (connected) say(refused.code);
    connected = false;
  }
}

function heard({ waiting }) {
  show(waiting);
  if (!connected) hush();
  connected = true;
}

function show(waiting) {
  const ids = new Set(waiting.map((request) => request.id));
  for (const item of [...list.children]) ids.delete(item.dataset.id) || item.remove();
  for (const [position, request] of waiting.entries()) {
    if (ids.has(request.id)) list.insertBefore(build(request), list.children[position] ?? null);
  }
  if (ids.size > 0) say("arrived");
  empty.hidden = waiting.length > 0;
}

function build(request) {
  const item = row.cloneNode(true);
  item.dataset.id = request.id;
  item.querySelector("a").href = `/approve/${encodeURIComponent(request.id)}`;
  item.querySelector(".initial").textContent = [...request.application][0];
  for (const field of ["application", "description", "documents"]) item.querySelector(`[data-field="${field}"]`).textContent = request[field];
  item.querySelector("[data-confidential]").hidden = !request.confidential;
  item.querySelector(".time").dataset.expiresIn = request.expires_in;
  return item;
}
