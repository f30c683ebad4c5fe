// A browser for scripts that print "ok NAME" or "not ok NAME: WHY" for each thing that they
// try.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// How long anything may take: so long that only what never comes fails, on a machine whose
// cores other tests have too.
const patience = 180_000;

// start starts a browser; url is where tests begin, shots a folder for screenshots, or none.
export async function start(executablePath, url, shots) {
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"], timeout: patience });
  if (shots) mkdirSync(shots, { recursive: true });

  // test opens a page in a browser that knows nothing yet and calls f with it. The page may
  // ask nobody but its server, and those that it is allowed to, and may not throw. Messages
  // of the console that quiet matches are as they should be.
  async function test(name, options, f) {
    const { at = url, allowed = [], quiet = /^$/, ...rest } = options;
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, permissions: ["clipboard-read", "clipboard-write"], ...rest });
    const page = await context.newPage();
    page.setDefaultTimeout(patience);
    const wrong = [];
    context.on("request", (q) => [at, "blob:", ...allowed].some((from) => q.url().startsWith(from)) || wrong.push(`asks ${q.url()}`));
    page.on("pageerror", (e) => wrong.push(String(e)));
    page.on("console", (m) => m.type() === "error" && !quiet.test(m.text()) && wrong.push(m.text()));
    try {
      await page.goto(at);
      await f(page, context);
      assert.deepEqual(wrong, []);
      console.log(`ok ${name}`);
    } catch (err) {
      process.exitCode = 1;
      console.log(`not ok ${name}: ${[String(err.message ?? err), ...wrong].join("\n").split("\n").slice(0, 24).join(" | ")}`);
      if (shots) await page.screenshot({ path: `${shots}/failed-${name}.png` }).catch(() => {});
    }
    await context.close();
  }

  const shot = (page, name) => shots && page.screenshot({ path: `${shots}/${name}.png` });
  return { browser, test, shot };
}

export const ready = (page) => page.waitForSelector("html[data-ready]");
export const answers = (page) => page.locator(".answer");

// say writes a message, sends it, and waits until the answer has ended.
export async function say(page, text) {
  await begin(page, text);
  await ended(page);
}

export async function begin(page, text) {
  await page.fill("#prompt", text);
  await page.press("#prompt", "Enter");
}

export async function ended(page) {
  await page.waitForSelector("#stop", { state: "hidden" });
  await page.waitForFunction(() => document.querySelector(".answer:last-child") && !document.querySelector(".busy"));
}

// saved waits until the browser keeps the conversation with its last answer, which it writes
// after the page has shown it.
export async function saved(page) {
  await page.waitForFunction(async () => {
    const db = await new Promise((resolve, reject) => {
      const open = indexedDB.open("chord");
      open.onsuccess = () => resolve(open.result);
      open.onerror = () => reject(open.error);
    });
    const get = db.transaction("conversations").objectStore("conversations").get(location.hash.slice(1));
    const kept = await new Promise((resolve) => (get.onsuccess = () => resolve(get.result)));
    db.close();
    return kept?.messages.at(-1).finish && kept.messages.length === document.querySelectorAll(".user, .answer").length;
  });
}

// accessible wants axe to find nothing.
export async function accessible(page) {
  await page.evaluate(axe);
  const result = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  assert.deepEqual(result.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).join(" ")}`), []);
}
