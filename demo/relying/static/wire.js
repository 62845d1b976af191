// What went over the wire: copies a command, and adds calls as they are made, without loading the page anew.
const list = document.getElementById("calls");
const pattern = document.getElementById("call");
const count = document.getElementById("calls-made");
const kept = `open ${location.pathname}`;
let asking = false;

list.addEventListener("click", async ({ target }) => {
  const button = target.closest(".copy");
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.closest("details").querySelector(".curl").textContent);
    button.textContent = list.dataset.copied;
  } catch {
    getSelection().selectAllChildren(button.closest("details").querySelector(".curl")); // where copying is forbidden, it is marked for the person
  }
  setTimeout(() => { button.textContent = list.dataset.copy; }, 2000);
});

/** Add the calls that the page does not show yet. */
export async function addCalls() {
  if (asking) return;
  asking = true;
  try {
    const answer = await fetch(`${list.dataset.calls}?known=${list.children.length}`, { cache: "no-store" });
    for (const call of answer.ok ? await answer.json() : []) {
      const item = pattern.content.cloneNode(true);
      const words = { ".method": call.method, ".path": call.path, ".status": call.status, ".took": call.took, ".curl": call.curl, ".answer": call.answer };
      for (const [selector, text] of Object.entries(words)) item.querySelector(selector).textContent = text;
      item.querySelector(".status").classList.add(call.is_good ? "ok" : "bad");
      list.append(item);
    }
  } finally {
    asking = false;
  }
  count.textContent = list.children.length;
}

// What was opened stays open when the page goes on.
const open = new Set(JSON.parse(sessionStorage.getItem(kept) ?? "[]"));
[...list.querySelectorAll("details")].forEach((call, position) => { call.open = open.has(position); });
addEventListener("pagehide", () => {
  const positions = [...list.querySelectorAll("details")].flatMap((call, position) => (call.open ? [position] : []));
  sessionStorage.setItem(kept, JSON.stringify(positions));
});
for (const button of list.querySelectorAll(".copy")) button.hidden = false;
pattern.content.querySelector(".copy").hidden = false;
