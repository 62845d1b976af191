// approve.html: learns while it lies open that the request was answered elsewhere, or that another one waits; that is said in its place, and covers nothing.

import { call } from "./page.js";

const LOOK_MS = 4000;
const here = decodeURIComponent(location.pathname.split("/").pop());
const another = document.getElementById("another");
const decline = document.getElementById("decline");

if (another) {
  setInterval(look, LOOK_MS);
  look();
}

async function look() {
  if (document.hidden || inUse()) return;
  const waiting = (await call("/inbox").catch(() => null))?.waiting;
  if (!waiting || inUse()) return;
  another.hidden = !waiting.some((request) => request.id !== here && !request.lasting);
  if (waiting.some((request) => request.id === here)) return;
  const now = await call(location.pathname).catch(() => null);
  if (now?.state && now.state !== "pending" && !inUse()) location.reload();
}

/** Whether a tap is being worked on, or a question stands open. */
function inUse() {
  return decline.getAttribute("aria-disabled") === "true" || document.querySelector("dialog[open]") !== null;
}
