// index.html, in a sandbox: shows the pages of one PDF that the page outside hands over. pdf.js draws; no script, form or link of the document is looked at.

import * as pdfjs from "./pdfjs/pdf.min.mjs";

const outside = new URL(import.meta.url).origin;
const at = (path) => new URL(`./pdfjs/${path}`, import.meta.url).href;
const ZOOMS = [1, 1.5, 2, 3, 4];
const SHARPEST = 3; // device pixels for one of CSS
const MOST_PIXELS = 12_000_000; // of a canvas; phones give up above 16 million
const MOST_PAGES = 2_000;
const pages = document.getElementById("pages");
const smaller = document.getElementById("smaller");
const larger = document.getElementById("larger");
let zoom = 0;

const tell = (state) => parent.postMessage({ state }, outside);

addEventListener("message", async function once(event) {
  if (event.source !== parent || event.origin !== outside) return;
  removeEventListener("message", once);
  const { bytes, words } = event.data;
  document.documentElement.lang = words.lang;
  smaller.ariaLabel = words.smaller;
  larger.ariaLabel = words.larger;
  pages.ariaLabel = words.title;
  try {
    await show(bytes, words);
    tell("shown");
  } catch (problem) {
    console.info(problem.name);
    tell("broken");
  }
});
tell("ready");

async function show(bytes, words) {
  // What has no origin can start no worker in Chromium: the parser runs here, in the sandbox's own frame, where pdf.js looks for it.
  globalThis.pdfjsWorker = await import("./pdfjs/pdf.worker.min.mjs");
  const pdf = await pdfjs.getDocument({
    data: bytes,
    verbosity: pdfjs.VerbosityLevel.ERRORS,
    isEvalSupported: false,
    enableXfa: false,
    cMapUrl: at("cmaps/"),
    cMapPacked: true,
    standardFontDataUrl: at("standard_fonts/"),
    wasmUrl: at("wasm/"),
    maxImageSize: 50_000_000,
    canvasMaxAreaInBytes: MOST_PIXELS * 4,
    useSystemFonts: false,
  }).promise;
  if (pdf.numPages > MOST_PAGES) throw new RangeError("pages");
  const first = (await pdf.getPage(1)).getViewport({ scale: 1 });
  const seen = new IntersectionObserver((entries) => entries.forEach(({ target, isIntersecting }) => isIntersecting ? draw(target) : wipe(target)), { root: pages, rootMargin: "100%" });
  const places = Array.from({ length: pdf.numPages }, (_, index) => {
    const place = document.createElement("div");
    place.className = "page";
    place.style.aspectRatio = `${first.width} / ${first.height}`;
    place.dataset.number = index + 1;
    return place;
  });
  pages.replaceChildren(...places);
  await draw(places[0]);
  places.forEach((place) => seen.observe(place));
  const count = () => {
    const middle = pages.scrollTop + pages.clientHeight / 2;
    const number = 1 + places.findLastIndex((place, index) => !index || place.offsetTop - pages.offsetTop <= middle);
    document.getElementById("page").textContent = words.page.replace("{number}", number).replace("{count}", places.length);
  };
  pages.addEventListener("scroll", count, { passive: true });
  count();
  const turn = (by) => {
    zoom = Math.min(ZOOMS.length - 1, Math.max(0, zoom + by));
    smaller.disabled = !zoom;
    larger.disabled = zoom === ZOOMS.length - 1;
    const part = pages.scrollTop / pages.scrollHeight;
    for (const place of places) {
      place.style.width = `${100 * ZOOMS[zoom]}%`;
      if (place.firstChild) draw(place);
    }
    pages.scrollTop = part * pages.scrollHeight;
  };
  smaller.addEventListener("click", () => turn(-1));
  larger.addEventListener("click", () => turn(1));
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") tell("close");
    else if (event.key === "+" || event.key === "=") turn(1);
    else if (event.key === "-") turn(-1);
  });
  turn(0);
  pages.focus();

  async function draw(place) {
    const wanted = `${zoom}`;
    if (place.dataset.drawn === wanted) return;
    place.dataset.drawn = wanted;
    const page = await pdf.getPage(Number(place.dataset.number));
    const plain = page.getViewport({ scale: 1 });
    place.style.aspectRatio = `${plain.width} / ${plain.height}`;
    const sharp = (place.clientWidth * Math.min(devicePixelRatio, SHARPEST)) / plain.width;
    const viewport = page.getViewport({ scale: Math.min(sharp, Math.sqrt(MOST_PIXELS / (plain.width * plain.height))) });
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.floor(viewport.width));
    canvas.height = Math.max(1, Math.floor(viewport.height));
    canvas.ariaHidden = "true";
    await page.render({ canvas, viewport, intent: "display", annotationMode: pdfjs.AnnotationMode.ENABLE }).promise;
    const read = document.createElement("p"); // the same for who listens
    read.textContent = (await page.getTextContent()).items.map((item) => item.str + (item.hasEOL ? "\n" : "")).join("");
    if (place.dataset.drawn === wanted) place.replaceChildren(canvas, read);
  }

  function wipe(place) {
    delete place.dataset.drawn;
    place.replaceChildren();
  }
}
