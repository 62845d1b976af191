// before_opening.html: opens a confidential request by signing in anew, says no to a request that this browser may not read, hears of its end.

import { call, countDown, onTap, say, showRefusal } from "./page.js";
import { follow } from "./follow.js";
import { supported, usePasskey } from "./webauthn.js";

const path = location.pathname;
const open = document.getElementById("open");
const unexpected = document.getElementById("unexpected");
const reload = () => location.reload();
let ceremony = null; // fetched before the tap: Safari opens the passkey prompt only inside it

countDown(reload);
follow(`${path}/events`, ({ state }) => state === "pending" || reload());
if (open) prepare().catch(showRefusal);

onTap(open, async () => {
  if (!supported) return say("unsupported");
  if (!ceremony) return prepare();
  const asked = usePasskey(ceremony.publicKey);
  say("confirm");
  const credential = await asked;
  say("opening");
  await call("/sign-in", { ceremony: ceremony.ceremony, credential });
  reload();
}, async (refused) => {
  showRefusal(refused);
  ceremony = null;
  await prepare().catch(() => {}); // where this fails too, the next tap asks again
});
onTap(document.getElementById("decline"), () => refuse("declined"), failed);
onTap(document.getElementById("not-me"), () => refuse("not_me"), failed);
document.getElementById("ask").addEventListener("click", () => unexpected.showModal());
document.getElementById("back").addEventListener("click", () => unexpected.close());

async function prepare() {
  ceremony = await call("/sign-in/options", {});
}

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
