// code_needed.html: no, for a request that this browser may not open; and what becomes of it elsewhere.

import { call, onTap, say, showRefusal } from "./page.js";
import { follow } from "./follow.js";

const path = location.pathname;
const unexpected = document.getElementById("unexpected");
const reload = () => location.reload();

onTap(document.getElementById("decline"), () => refuse("declined"), failed);
onTap(document.getElementById("not-me"), () => refuse("not_me"), failed);
document.getElementById("ask").addEventListener("click", () => unexpected.showModal());
document.getElementById("back").addEventListener("click", () => unexpected.close());
follow(`${path}/events`, ({ state }) => state === "pending" || reload());

async function refuse(reason) {
  unexpected.close();
  say("refusing");
  await call(`${path}/refuse`, { reason });
  reload();
}

function failed(refused) {
  if (refused.code === "ended") reload();
  else showRefusal(refused);
}
