// Lighthouse (npm) on pages of the running stack, on its phone profile: one JSON line of standard input is a page, one of standard output what was found.
// Asked: {url, cookie, categories}; `cookie` may be null. Found: {scores: {category: 0…100}, misses: ["audit: title"], paintMs}.
// Where performance is not asked for, nothing is slowed down and nothing waited for: what these categories look at is there when the page is.

import { createInterface } from "node:readline";
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";

const chrome = await launch({ chromePath: process.argv[2], chromeFlags: ["--headless=new", ...process.argv.slice(3)], handleSIGINT: true });

// It loses the trace of a page now and then where the machine is busy, and says "please run Lighthouse again".
const TRIES = 4;

async function looked(url, flags, tries = TRIES) {
  const result = await lighthouse(url, flags);
  if (!result.lhr.runtimeError) return result;
  if (tries > 1) return looked(url, flags, tries - 1);
  throw new Error(`${url}: ${result.lhr.runtimeError.message}`);
}

const AT_ONCE = { throttlingMethod: "provided", pauseAfterFcpMs: 0, pauseAfterLoadMs: 0, networkQuietThresholdMs: 100, cpuQuietThresholdMs: 0 };

async function look({ url, cookie, categories }) {
  const extraHeaders = { "Accept-Language": "ja", ...(cookie && { Cookie: cookie }) };
  const pace = categories.includes("performance") ? {} : AT_ONCE;
  const flags = { port: chrome.port, logLevel: "silent", disableFullPageScreenshot: true, onlyCategories: categories, extraHeaders, ...pace };
  const { lhr } = await looked(url, flags);
  const found = Object.values(lhr.categories);
  const counted = found.flatMap(({ auditRefs }) => auditRefs).filter(({ weight }) => weight > 0).map(({ id }) => lhr.audits[id]);
  const misses = counted.filter(({ score }) => score !== null && score < 1).map(({ id, title, displayValue }) => `${id}: ${title} ${displayValue ?? ""}`.trim());
  const scores = Object.fromEntries(found.map(({ id, score }) => [id, Math.round(score * 100)]));
  return { scores, misses, paintMs: lhr.audits["first-contentful-paint"]?.numericValue ?? null };
}

try {
  for await (const line of createInterface({ input: process.stdin })) console.log(JSON.stringify(await look(JSON.parse(line))));
} finally {
  chrome.kill();
}
