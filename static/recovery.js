// recovery.html: makes recovery codes, shows them once, and has their hashes approved with the passkey; then they are good.

import { changeOf } from "./change.js";
import { grouped } from "./code.js";
import { date, hush, onTap, say, showRefusal } from "./page.js";
import { hashOf, newCode } from "./recovery-code.js";

const main = document.querySelector("main");
const { enrollment, number } = main.dataset;
const kept = document.getElementById("kept");
const list = document.getElementById("list");
const none = changeOf("set_recovery", enrollment, (_, said) => said.codes.length === 0);
let change = null;

onTap(document.getElementById("make"), async () => {
  hush();
  const codes = Array.from({ length: Number(number) }, newCode);
  const hashes = await Promise.all(codes.map(hashOf));
  change = changeOf("set_recovery", [enrollment, ...hashes].join(" "), (_, said) => said.codes.join() === hashes.join());
  await change.prepare();
  list.replaceChildren(...codes.map(line));
  for (const place of document.querySelectorAll("[data-made]")) place.textContent = date(Date.now() / 1000);
  show("codes");
});

onTap(document.getElementById("print"), async () => print());
onTap(document.getElementById("save"), save);
onTap(document.getElementById("confirm"), async () => {
  hush();
  if (!kept.checked) {
    say("keep_first");
    return kept.focus();
  }
  await change.approve(() => say("confirm"), () => say("sending"));
  list.replaceChildren();
  hush();
  show("done");
}, (refused) => failed(change, refused));

onTap(document.getElementById("take-away"), async () => {
  hush();
  await none.approve(() => say("confirm"), () => say("sending"));
  location.reload();
}, (refused) => failed(none, refused));

async function failed(which, refused) {
  showRefusal(refused);
  if (await which.recover(refused)) location.reload();
}

function line(code) {
  const item = document.createElement("li");
  item.textContent = grouped(code);
  return item;
}

/** Give the paper as a text file, for who has no printer. */
async function save() {
  const file = new Blob([document.getElementById("paper").innerText], { type: "text/plain;charset=utf-8" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = main.dataset.file;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** Show one section of the page, and read its heading to those who listen. */
function show(id) {
  document.querySelector("main > section:not([hidden])").hidden = true;
  const section = document.getElementById(id);
  section.hidden = false;
  section.querySelector("h1").focus();
  scrollTo(0, 0);
}
