// The page of a job: it shows the time left, and loads itself anew as soon as the job is further than what it shows.
import { addCalls } from "./wire.js";

const job = document.getElementById("job");
const left = document.getElementById("left");

if (left) {
  const ends = performance.now() + Number(left.dataset.left) * 1000;
  setInterval(() => {
    const seconds = Math.max(0, Math.round((ends - performance.now()) / 1000));
    left.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }, 1000);
}

// The code changes every second; each picture is loaded before it takes the place of the last one, so that nothing flickers.
const qr = document.getElementById("qr");
if (qr) {
  setInterval(async () => {
    if (document.hidden) return;
    const next = new Image();
    next.src = `${new URL(qr.src).pathname}?${Date.now()}`;
    await next.decode().then(() => { qr.src = next.src; }, () => {}); // no network: the next second tries again
  }, 1000);
}

async function follow() {
  let calls = Number(job.dataset.calls);
  for (;;) {
    try {
      const answer = await fetch(`${job.dataset.state}?seen=${job.dataset.version}&calls=${calls}`, { cache: "no-store" });
      const state = answer.ok ? await answer.json() : {};
      if (String(state.version) !== job.dataset.version) {
        location.replace(location.pathname);
        return;
      }
      calls = state.calls;
      await addCalls();
    } catch {
      await new Promise((wake) => setTimeout(wake, 2000)); // no network, or the page sleeps
    }
  }
}

if ("follow" in job.dataset) follow();
