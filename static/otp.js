// otp.html: a token for an authenticator app, or one that was delivered; then PIN, first code and the passkey.

import { changeOf, LOST } from "./change.js";
import { call, hush, onTap, say, showRefusal } from "./page.js";
import { digits, isCode, pinProblem } from "./pin.js";

const acts = document.querySelector(".acts");
const go = document.getElementById("go");
const pin = document.getElementById("pin");
const code = document.getElementById("code");
const serial = document.getElementById("serial");
const fields = [pin, code, serial];
let change = null;

onTap(document.getElementById("with-app"), async () => {
  hush();
  const offered = await call("/account/otp/offer", {});
  draw(document.getElementById("qr"), offered.qr);
  document.getElementById("secret").replaceChildren(...offered.secret.flatMap((group) => [span(group), " "]));
  document.getElementById("open").href = offered.link;
  begin(offered.id);
  show("app");
}, refused);

document.getElementById("with-token").addEventListener("click", () => show("token"));
document.getElementById("go-on")?.addEventListener("click", (event) => {
  begin(event.currentTarget.dataset.of);
  show("type");
  change.prepare().catch(refused);
});
for (const button of document.querySelectorAll("[data-back]")) button.addEventListener("click", () => show("choose"));

onTap(go, async () => {
  hush();
  switch (shown().id) {
    case "app":
      show("type");
      return change.prepare();
    case "token":
      if (!serial.value.trim()) return doubt(serial, "serial_missing");
      begin((await call("/account/otp/serial", { serial: serial.value.trim() })).id);
      show("type");
      return change.prepare();
    default:
      return setUp();
  }
}, refused);

async function setUp() {
  const typed = { pin: digits(pin.value), code: digits(code.value) };
  const problem = pinProblem(typed.pin);
  if (problem) return doubt(pin, problem);
  if (!isCode(typed.code)) return doubt(code, "code_length");
  await change.approve(() => say("confirm"), () => say("sending"), typed);
  pin.value = code.value = "";
  show("done");
}

/** Say what is wrong. Where it is not known whether it was done, what was typed stays as it is: the same again will tell. */
async function refused(problem) {
  pin.readOnly = code.readOnly = LOST.includes(problem.code) && shown().id === "type";
  const field = { pin_unacceptable: pin, token_code_refused: code }[problem.code];
  if (field) doubt(field, problem.code);
  else showRefusal(problem);
  if (change && shown().id === "type" && await change.recover(problem)) location.reload();
}

/** Say beside a field what is wrong with it. */
function doubt(field, name) {
  field.setAttribute("aria-invalid", "true");
  say(name, {}, document.getElementById(`${field.id}-says`));
  field.select();
  field.focus();
}

function begin(token) {
  change = changeOf("set_otp", token, ({ ocra }) => {
    document.getElementById("typed").textContent = `${ocra.typed.slice(0, 4)} ${ocra.typed.slice(4)}`;
    draw(document.getElementById("challenge"), ocra.qr);
  });
}

function draw(picture, qr) {
  picture.setAttribute("viewBox", qr.viewBox);
  picture.firstElementChild.setAttribute("d", qr.d);
}

function span(text) {
  const made = document.createElement("span");
  made.textContent = text;
  return made;
}

function shown() {
  return document.querySelector("main > section:not([hidden])");
}

/** Show one section of the page, and read its heading to those who listen. */
function show(id) {
  const from = shown();
  from.hidden = true;
  const section = document.getElementById(id);
  section.hidden = false;
  acts.hidden = id === "done";
  go.hidden = id === "choose";
  go.textContent = go.dataset[id === "type" ? "set" : "next"];
  go.classList.toggle("seal", id === "type");
  if (id === "type") document.getElementById("asks-first").hidden = from.id !== "token";
  hush();
  section.querySelector("h1").focus();
  scrollTo(0, 0);
}

for (const field of fields) {
  field.addEventListener("input", () => {
    field.removeAttribute("aria-invalid");
    hush(document.getElementById(`${field.id}-says`));
  });
  field.addEventListener("keydown", (event) => event.key === "Enter" && !event.isComposing && go.click());
}
