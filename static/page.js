// What the pages share: sentences, calls to the server, one tap at a time, time left, the links to other languages.

const ANSWER_WITHIN_MS = 60_000; // enrolment makes a key and waits for a certificate
const lang = document.documentElement.lang;
const sentences = document.getElementById("sentences").content;
const line = document.getElementById("say");

/** Something did not work; `code` names the sentence that says what to do. */
export class Refused extends Error {
  constructor(code, answer = {}) {
    super(code);
    this.code = code;
    this.answer = answer;
  }
}

/** Show one of the page's sentences in its live region, or in another; `values` fill the sentence's [data-value] places. */
export function say(name, values = {}, place = line) {
  const found = sentences.querySelector(`[data-name="${name}"]`) ?? sentences.querySelector('[data-name="failed"]');
  const sentence = found.cloneNode(true);
  for (const gap of sentence.querySelectorAll("[data-value]")) gap.textContent = values[gap.dataset.value];
  place.replaceChildren(sentence);
}

export function hush(place = line) {
  place.replaceChildren();
}

/** GET, or POST where there is a body. Answers the JSON, or throws Refused with the server's error code. */
export async function call(path, body) {
  const headers = { Accept: "application/json", "Content-Type": "application/json" };
  const request = body === undefined ? { headers } : { method: "POST", headers, body: JSON.stringify(body) };
  const limits = { cache: "no-store", signal: AbortSignal.timeout(ANSWER_WITHIN_MS) };
  const response = await fetch(path, { ...request, ...limits }).catch(() => { throw new Refused("offline"); });
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  if (response.status === 401) location.assign(`/sign-in?next=${encodeURIComponent(location.pathname)}`);
  throw new Refused(answer.error ?? (response.status >= 500 ? "unavailable" : "failed"), answer);
}

/**
 * Run `work` on a tap. It starts inside the tap, because Safari opens the passkey prompt only there; further taps wait until it ends,
 * and when `failed` is through, the buttons work again. A button that this state of the page does not have is null.
 */
export function onTap(button, work, failed = showRefusal) {
  button?.addEventListener("click", async () => {
    if (busy) return;
    setBusy(true);
    try {
      await work();
    } catch (problem) {
      if (!(problem instanceof Refused)) console.error(problem);
      await failed(problem instanceof Refused ? problem : new Refused("failed"));
    } finally {
      setBusy(false);
    }
  });
}

export function showRefusal(refused) {
  say(refused.code, refused.answer);
}

let busy = false;

function setBusy(value) {
  busy = value;
  for (const button of document.querySelectorAll("button")) button.setAttribute("aria-disabled", value);
}

/** Show the time left in every [data-expires-in], once a second; `ended` is called once for each that has run out. */
export function countDown(ended) {
  const tick = () => {
    for (const place of document.querySelectorAll("[data-expires-in]")) {
      place.dataset.deadline ??= Date.now() + place.dataset.expiresIn * 1000;
      const left_s = Math.max(Math.ceil((place.dataset.deadline - Date.now()) / 1000), 0);
      place.textContent = place.dataset.pattern.replace("{}", duration(left_s));
      place.classList.toggle("soon", left_s <= 30);
      if (left_s > 0) continue;
      place.removeAttribute("data-expires-in");
      setTimeout(ended, 1500, place); // the server's clock decides, and may be a little behind
    }
  };
  tick();
  setInterval(tick, 1000);
}

function duration(left_s) {
  const unit = (count, name) => new Intl.NumberFormat(lang, { style: "unit", unit: name, unitDisplay: "long" }).format(Math.floor(count));
  if (left_s < 3600) return `${Math.floor(left_s / 60)}:${String(left_s % 60).padStart(2, "0")}`;
  return left_s < 48 * 3600 ? unit(left_s / 3600, "hour") : unit(left_s / 86400, "day");
}

export function date(unix_s) {
  return new Intl.DateTimeFormat(lang, { dateStyle: "long", timeZone: "Asia/Tokyo" }).format(unix_s * 1000);
}

export function moment(unix_s) {
  return new Intl.DateTimeFormat(lang, { dateStyle: "long", timeStyle: "short", timeZone: "Asia/Tokyo" }).format(unix_s * 1000);
}

// Another language keeps the whole address: `next` of the sign-in page, the enrolment link after the #.
for (const language of document.querySelectorAll(".language")) {
  language.addEventListener("click", () => {
    const address = new URL(location.href);
    address.searchParams.set("lang", language.hreflang);
    language.href = address.href;
  });
}

// A tap before the scripts are there would be lost: buttons come disabled, and work once the page's own script has run, which is before this.
queueMicrotask(() => {
  document.body.dataset.ready = "";
  setBusy(busy);
});

// A page taken from the browser's memory shows a past state.
addEventListener("pageshow", (event) => event.persisted && location.reload());
