// The page on which the seal is placed: it shows a page of the document, and the seal on it, which follows pointer, arrow keys and the fields. The fields are what is sent.
const form = document.getElementById("placing");
const frame = document.getElementById("pdf");
const paper = document.getElementById("paper");
const layer = document.getElementById("layer");
const seal = document.getElementById("seal");
const said = document.getElementById("said");
const { left, top: above, size, page, document: shown } = form.elements;
const MM_PER_POINT = 25.4 / 72;
const [SMALLEST, LARGEST] = [Number(size.min), Number(size.max)];
let sheet = null; // millimetres
let spoken = 0;

const clamp = (value, low, high) => Math.min(Math.max(value, low), Math.max(low, high));
const number = (field, otherwise) => (Number.isFinite(field.valueAsNumber) ? field.valueAsNumber : otherwise);
const place = () => ({ x: number(left, 0), y: number(above, 0), mm: clamp(number(size, 18), SMALLEST, LARGEST) });

function put({ x, y, mm }, { speaks = false } = {}) {
  mm = clamp(mm, SMALLEST, Math.min(LARGEST, sheet.width, sheet.height));
  left.value = clamp(x, 0, sheet.width - mm).toFixed(1);
  above.value = clamp(y, 0, sheet.height - mm).toFixed(1);
  size.value = mm.toFixed(1);
  draw();
  if (!speaks) return;
  clearTimeout(spoken);
  spoken = setTimeout(() => { said.textContent = said.dataset.words.replace("{left}", left.value).replace("{top}", above.value).replace("{size}", size.value); }, 400);
}

function draw() {
  const { x, y, mm } = place();
  seal.style.left = `${(100 * x) / sheet.width}%`;
  seal.style.top = `${(100 * y) / sheet.height}%`;
  seal.style.width = `${(100 * mm) / sheet.width}%`;
}

const scale = () => sheet.width / layer.clientWidth; // millimetres of one pixel

layer.addEventListener("click", ({ target, clientX, clientY }) => {
  if (target !== layer) return;
  const { left: x, top: y } = layer.getBoundingClientRect();
  const { mm } = place();
  put({ x: (clientX - x) * scale() - mm / 2, y: (clientY - y) * scale() - mm / 2, mm }, { speaks: true });
});

seal.addEventListener("pointerdown", (down) => {
  if (down.button) return;
  down.preventDefault();
  seal.focus();
  seal.setPointerCapture(down.pointerId);
  const from = place();
  const resizes = down.target.id === "handle";
  const move = ({ clientX, clientY }) => {
    const [right, lower] = [(clientX - down.clientX) * scale(), (clientY - down.clientY) * scale()];
    put(resizes ? { ...from, mm: from.mm + Math.max(right, lower) } : { ...from, x: from.x + right, y: from.y + lower });
  };
  const end = (event) => {
    move(event);
    for (const [name, act] of [["pointermove", move], ["pointerup", end], ["pointercancel", end]]) seal.removeEventListener(name, act);
    put(place(), { speaks: true });
  };
  for (const [name, act] of [["pointermove", move], ["pointerup", end], ["pointercancel", end]]) seal.addEventListener(name, act);
});

seal.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const step = event.shiftKey ? 10 : 1;
  const { x, y, mm } = place();
  const moved = {
    ArrowLeft: { x: x - step, y, mm },
    ArrowRight: { x: x + step, y, mm },
    ArrowUp: { x, y: y - step, mm },
    ArrowDown: { x, y: y + step, mm },
    "+": { x, y, mm: mm + 1 },
    "-": { x, y, mm: mm - 1 },
  }[event.key];
  if (!moved) return;
  event.preventDefault();
  put(moved, { speaks: true });
});

for (const field of [left, above, size]) field.addEventListener("input", () => sheet && draw());

addEventListener("message", async ({ source, data }) => {
  if (source !== frame.contentWindow) return;
  if (data.state === "ready") await load();
  if (data.state === "broken") form.classList.add("unseen");
  if (data.state === "measured") {
    sheet = { width: data.width * MM_PER_POINT, height: data.height * MM_PER_POINT };
    paper.style.aspectRatio = `${data.width} / ${data.height}`;
    layer.hidden = false;
    put(place());
  }
  if (data.state === "shown") paper.dataset.shown = data.page;
});

async function load() {
  let bytes;
  try {
    const answer = await fetch(`${form.dataset.documents}${shown ? shown.value : 1}`, { cache: "no-store" });
    if (!answer.ok) throw new Error(answer.status);
    bytes = new Uint8Array(await answer.arrayBuffer());
  } catch {
    form.classList.add("unseen"); // no network, or its hour is over: the fields can be sent all the same
    return;
  }
  frame.contentWindow.postMessage({ bytes, page: Number(page.value) }, "*"); // it has no origin that could be named; the bytes are this person's own
}

page.addEventListener("change", () => page.validity.valid && frame.contentWindow.postMessage({ page: Number(page.value) }, "*"));
shown?.addEventListener("change", load);
paper.hidden = false;
frame.src = frame.dataset.viewer;
