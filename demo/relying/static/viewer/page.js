// page.html, in a sandbox: draws one page of a PDF that the page outside hands over, and says how large it is. pdf.js draws; no script, form or link of it is looked at.

import * as pdfjs from "./pdfjs/pdf.min.mjs";

const outside = new URL(import.meta.url).origin;
const at = (path) => new URL(`./pdfjs/${path}`, import.meta.url).href;
const SHARPEST = 2; // device pixels for one of CSS
const MOST_PIXELS = 8_000_000; // of a canvas
const canvas = document.getElementById("canvas");
let pdf, drawing;

const tell = (message) => parent.postMessage(message, outside);

addEventListener("message", async ({ source, origin, data }) => {
  if (source !== parent || origin !== outside) return;
  try {
    if (data.bytes) pdf = await open(data.bytes);
    await draw(data.page < 0 ? pdf.numPages : Math.min(data.page, pdf.numPages));
  } catch (problem) {
    if (problem.name === "RenderingCancelledException") return; // another page was asked for
    console.info(problem.name);
    tell({ state: "broken" });
  }
});
tell({ state: "ready" });

async function open(data) {
  // What has no origin can start no worker in Chromium: the parser runs here, where pdf.js looks for it.
  globalThis.pdfjsWorker ??= await import("./pdfjs/pdf.worker.min.mjs");
  await pdf?.destroy();
  return pdfjs.getDocument({
    data,
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
}

async function draw(number) {
  drawing?.cancel();
  const page = await pdf.getPage(number);
  const { width, height } = page.getViewport({ scale: 1 });
  const sharp = (innerWidth * Math.min(devicePixelRatio, SHARPEST)) / width;
  const viewport = page.getViewport({ scale: Math.min(sharp, Math.sqrt(MOST_PIXELS / (width * height))) });
  canvas.width = Math.max(1, Math.floor(viewport.width));
  canvas.height = Math.max(1, Math.floor(viewport.height));
  tell({ state: "measured", width, height });
  drawing = page.render({ canvas, viewport, intent: "display", annotationMode: pdfjs.AnnotationMode.ENABLE });
  await drawing.promise;
  tell({ state: "shown", page: number, pages: pdf.numPages });
}
