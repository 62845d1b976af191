// approve.html: opens a document, compares it here with what will be signed, shows it, and only then says so. A difference ends approving. What compares is loaded with the first tap.

import { call, onTap, say } from "./page.js";

const path = location.pathname;
const dialog = document.getElementById("document");
const frame = document.getElementById("pdf");
const text = document.getElementById("text");
const line = document.getElementById("document-say");
// Signs that show nothing, or turn the order of others: named, so that a text is what it looks like.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\u2028\u2029\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0]/gu;

let different = false;

/** Whether a document that was opened here is another than the one that would be signed. */
export const isDifferent = () => different;

export function openDocuments(challenge) {
  for (const button of document.querySelectorAll("[data-document]")) {
    onTap(button, () => open(button, challenge), (refused) => {
      dialog.close();
      say(refused.code);
    });
  }
}

async function open(button, challenge) {
  const position = Number(button.dataset.document);
  document.getElementById("document-title").textContent = button.dataset.label;
  frame.hidden = text.hidden = true;
  say("document_loading", {}, line);
  const { Different, readTransaction, requireSame } = await import("./document-check.js");
  dialog.showModal();
  let file, kind;
  try {
    const { transaction } = await call(path);
    const { documents, hash_algorithm } = await readTransaction(transaction, challenge);
    file = await fetchFile(position);
    await requireSame(file, documents[position], hash_algorithm);
    kind = documents[position].content.media_type;
  } catch (problem) {
    if (!(problem instanceof Different)) throw problem;
    return refuse(button);
  }
  const shown = kind === "text/plain" ? showText(file) : await showPdf(file);
  if (shown === null) return;
  mark(button, shown ? "document_same" : "document_unseen");
  say(shown ? "document_same" : "document_unseen", {}, line);
}

async function fetchFile(position) {
  const response = await fetch(`${path}/documents/${position}`, { cache: "no-store", signal: AbortSignal.timeout(60_000) });
  if (!response.ok) throw new Error(`document: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Nothing is approved on this page any more: what the server showed is not what would be signed. What approves asks `isDifferent` first. */
function refuse(button) {
  different = true;
  mark(button, "document_different");
  for (const way of document.querySelectorAll("#approve, #approve-otp, .code, .otp-card, details.otp")) way.remove();
  dialog.close();
  say("document_different");
}

function mark(button, name) {
  const chip = document.getElementById(`seen-${button.dataset.document}`);
  say(name, {}, chip);
  chip.className = `chip ${{ document_same: "ok", document_unseen: "warn", document_different: "bad" }[name]}`;
}

function showText(file) {
  const decoded = new TextDecoder("utf-8").decode(file);
  text.textContent = decoded.replaceAll("\r\n", "\n").replace(UNSEEN, (sign) => sign === "\n" || sign === "\t" ? sign : `[U+${sign.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}]`);
  text.hidden = false;
  text.focus();
  return true;
}

/** Have the sandbox show it; it has no origin, no cookie and no way out, and says only how far it is. Null where it was closed before. */
function showPdf(file) {
  const { page, larger, smaller } = frame.dataset;
  const words = { page, larger, smaller, title: document.getElementById("document-title").textContent, lang: document.documentElement.lang };
  return new Promise((resolve) => {
    const over = new AbortController();
    const end = (shown) => {
      over.abort();
      frame.hidden = !shown;
      resolve(shown);
    };
    dialog.addEventListener("close", () => end(null), over);
    setTimeout(() => over.signal.aborted || end(false), 60_000);
    addEventListener("message", ({ source, data }) => {
      if (source !== frame.contentWindow) return;
      if (data.state === "ready") frame.contentWindow.postMessage({ bytes: file, words }, "*", [file.buffer]); // it has no origin to name
      else if (data.state === "shown" || data.state === "broken") end(data.state === "shown");
    }, over);
    frame.hidden = false;
    frame.src = frame.dataset.viewer;
  });
}

addEventListener("message", ({ source, data }) => source === frame?.contentWindow && data.state === "close" && dialog.close());
dialog?.addEventListener("close", () => {
  frame.removeAttribute("src");
  text.textContent = "";
});
document.getElementById("document-close")?.addEventListener("click", () => dialog.close());
