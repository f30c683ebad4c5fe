// Drives the web demo: node demo.mjs BROWSER URL PLAIN FOLDER [SHOTS]. URL is chord web, PLAIN
// a host without headers, FOLDER has their files. It prints "ok NAME" or "not ok NAME: WHY"
// for each thing that it tries.

import assert from "node:assert/strict";
import { accessible, answers, begin, ended, ready, saved, say, start } from "./browser.mjs";

const [executablePath, url, plain, folder, shots] = process.argv.slice(2);
const { browser, test, shot } = await start(executablePath, url, shots);

const text = (page, selector) => page.locator(selector).textContent();
const trouble = (page) => page.waitForSelector("#trouble:not([hidden])").then(() => text(page, "#trouble-text"));

// loaded waits until a model is there.
async function loaded(page, name) {
  await page.waitForFunction((name) => document.querySelector("#models-name").textContent === name && document.querySelector("#loading").hidden, name);
}

async function openDemo(page) {
  await page.click("#open-demo");
  await loaded(page, "chord-tales");
}

async function openFile(page, name) {
  await page.setInputFiles("#file", `${folder}/${name}.gguf`);
}

async function openURL(page, address) {
  await page.fill("#address-url", address);
  await page.press("#address-url", "Enter");
}

const writing = (page, length = 20) => page.waitForFunction((n) => document.querySelector(".busy .body")?.textContent.length > n, length);

await test("demo-model", {}, async (page) => {
  await ready(page);
  assert.equal(await page.locator("#picker").isVisible(), true);
  assert.equal(await page.locator("#send").isDisabled(), true);
  assert.equal(await page.evaluate(() => crossOriginIsolated), true);
  await openDemo(page);
  const cores = await page.evaluate(() => navigator.hardwareConcurrency);
  assert.equal(await text(page, "#models-how"), `CPU, ${cores} thread${cores === 1 ? "" : "s"}`);
  assert.equal(await page.evaluate(() => document.activeElement.id), "prompt");
  assert.equal(await page.locator("#ideas button").first().textContent(), "Tell me a story about a cat");
  await page.locator("#ideas button").first().click();
  await page.keyboard.press("Enter");
  await ended(page);
  assert.match(await answers(page).locator(".stats").textContent(), /^\d+ tokens · [\d.]+ tokens\/s/);
  assert.ok((await answers(page).locator(".body").textContent()).length > 100);
});

await test("file", {}, async (page) => {
  await ready(page);
  await openFile(page, "guide");
  await loaded(page, "guide");
  await say(page, "How do I sort a list?");
  assert.equal(await answers(page).locator("table tr").count(), 4);
  assert.match(await text(page, "#status"), /^Answer: Three common ways/);
  // Another one, dropped, in its place.
  const data = await page.evaluateHandle(async () => {
    const data = new DataTransfer();
    data.items.add(new File([await (await fetch("object.gguf")).arrayBuffer()], "object.gguf"));
    return data;
  });
  await page.dispatchEvent("body", "dragover", { dataTransfer: data });
  assert.equal(await page.locator("#drop").isVisible(), true);
  await page.dispatchEvent("body", "drop", { dataTransfer: data });
  await loaded(page, "object");
  assert.equal(await page.locator("#drop").isVisible(), false);
  await say(page, "And now?");
  assert.match(await answers(page).last().locator(".body").textContent(), /^{"city": "Rome"/);
});

await test("stop-regenerate-edit", {}, async (page) => {
  await ready(page);
  await openFile(page, "long");
  await loaded(page, "long");
  await begin(page, "count");
  await writing(page);
  await page.keyboard.press("Escape");
  await ended(page);
  assert.equal(await answers(page).locator(".note").textContent(), "Stopped.");
  assert.ok((await answers(page).locator(".body").textContent()).length < 100_000);
  await answers(page).getByLabel("Answer again").click();
  await writing(page);
  await page.locator("#stop").evaluate((button) => button.click()); // at once: a click waits until it stands still
  await ended(page);
  assert.equal(await answers(page).count(), 1);
  await page.locator(".user").hover();
  await page.locator(".user").getByLabel("Edit").click();
  await page.locator(".edit textarea").fill("count again");
  await page.keyboard.press("Enter");
  await writing(page);
  await page.keyboard.press("Escape");
  await ended(page);
  assert.equal(await text(page, ".user .text"), "count again");
  assert.equal(await text(page, "#title"), "count again");
});

await test("parameters", {}, async (page) => {
  await ready(page);
  await openDemo(page);
  await page.click("#settings-open");
  await page.fill("[name=system]", "The cat sat.");
  for (const [name, value] of Object.entries({ temperature: 0.7, max_tokens: 9, top_p: 0.9, top_k: 20, min_p: 0.02, seed: 7 })) await page.fill(`#settings [name=${name}]`, String(value));
  await page.click("#settings button.primary");
  await say(page, "Then");
  const first = await answers(page).locator(".body").textContent();
  assert.match(await answers(page).locator(".stats").textContent(), /^9 tokens/);
  assert.equal(await answers(page).locator(".note").textContent(), "The answer reached the maximum of tokens.");
  await answers(page).getByLabel("Answer again").click();
  await ended(page);
  assert.equal(await answers(page).locator(".body").textContent(), first); // the same seed
  await page.click("#settings-open");
  await page.fill("[name=system]", "A dog ran fast.");
  await page.click("#settings button.primary");
  await answers(page).getByLabel("Answer again").click();
  await ended(page);
  assert.notEqual(await answers(page).locator(".body").textContent(), first); // another system prompt
});

await test("json", {}, async (page) => {
  await ready(page);
  await openFile(page, "guide");
  await loaded(page, "guide");
  await page.click("#settings-open");
  await page.check("[name=json]");
  await page.fill("#settings [name=max_tokens]", "400");
  await page.click("#settings button.primary");
  await say(page, "The weather, please"); // of a model that says something else
  assert.match(await answers(page).locator(".body").textContent(), /^\s*{/);
  await page.click("#models-open");
  await openFile(page, "object");
  await loaded(page, "object");
  await say(page, "Again");
  assert.deepEqual(JSON.parse(await answers(page).last().locator(".body").textContent()), { city: "Rome", warm: true });
});

await test("address", { allowed: [plain], serviceWorkers: "block" }, async (page) => {
  await ready(page);
  await openURL(page, `${plain}held.gguf`);
  await page.waitForFunction(() => /^Fetching [\d.]+ (kB|MB) of 2\.\d MB · [\d.]+ ([kM]B|bytes)\/s · [\dhmins ]+ left$/.test(document.querySelector("#loading-how").textContent));
  const value = await page.locator("#loading-bar").evaluate((bar) => bar.value);
  assert.ok(value > 0 && value < 1, `the bar is at ${value}`);
  assert.equal(await text(page, "#loading-name"), "held");
  await shot(page, "loading");
  await accessible(page);
  await page.evaluate((url) => fetch(url), `${plain}rest`);
  await loaded(page, "held");
  await say(page, "Once upon a time");
  // And one that the user wants no more.
  await page.click("#models-open");
  await openURL(page, `${plain}held.gguf?again`);
  await page.click("#loading-cancel");
  await page.waitForFunction(() => document.querySelector("#models-name").textContent === "Choose a model" && document.querySelector("#loading").hidden);
  assert.equal(await page.locator("#trouble").isVisible(), false);
});

await test("kept", { allowed: [plain] }, async (page, context) => {
  await ready(page);
  await openURL(page, `${plain}slow.gguf`);
  await loaded(page, "slow");
  await say(page, "Tom had a dog");
  await saved(page);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await context.setOffline(true);
  await page.reload();
  await ready(page);
  await loaded(page, "slow");
  await say(page, "And then");
  assert.equal(await answers(page).count(), 2);
  await context.setOffline(false);
  await page.click("#models-open");
  await page.waitForFunction(() => document.querySelectorAll("#kept-list li").length === 1);
  assert.match(await text(page, "#kept-list li"), /^slow2\.6 MB$/);
  assert.match(await text(page, "#kept-space"), /^[\d.]+ MB of [\d.]+ GB are used\.$/);
  await accessible(page);
  await shot(page, "kept");
  await page.getByLabel("Delete slow").click();
  assert.match(await text(page, "#confirm-text"), /Delete “slow” from this browser/);
  await page.click("#confirm button[value=yes]");
  await page.waitForSelector("#kept", { state: "hidden" });
  assert.equal(await text(page, "#models-name"), "Choose a model"); // it was the one that was loaded
  assert.equal(await page.evaluate(async () => (await (await import("./chord/index.mjs")).cache.list()).length), 0);
});

await test("offline", {}, async (page, context) => {
  await ready(page);
  await openDemo(page);
  await say(page, "Tom had a dog");
  const answer = await answers(page).locator(".body").textContent();
  await saved(page);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await context.setOffline(true);
  await page.reload();
  await ready(page);
  await loaded(page, "chord-tales");
  assert.equal(await answers(page).locator(".body").textContent(), answer);
  await say(page, "And then");
  assert.equal(await answers(page).count(), 2);
});

await test("not-isolated", { at: plain, serviceWorkers: "block" }, async (page) => {
  await ready(page);
  assert.match(await text(page, "#limits"), /^One thread computes, since this page is not isolated/);
  await openFile(page, "large");
  assert.match(await trouble(page), /^large\.gguf is too large: it has 4\.3 GB, and at most 3\.8 GB fit.* Pages that are isolated .* take larger ones\.$/);
  await openDemo(page);
  assert.match(await text(page, "#models-how"), /^CPU, 1 thread$/);
  await say(page, "Once");
  assert.ok((await answers(page).locator(".body").textContent()).length > 20);
});

await test("isolated-by-service-worker", { at: plain }, async (page) => {
  await page.waitForFunction(() => crossOriginIsolated && document.documentElement.dataset.ready === "");
  assert.equal(await text(page, "#limits"), "");
  await openDemo(page);
  await say(page, "Once");
});

await test("no-simd", {}, async (page, context) => {
  await context.addInitScript(() => (WebAssembly.validate = () => false));
  await page.reload();
  await ready(page);
  assert.match(await trouble(page), /^This browser cannot run models: it has no WebAssembly with SIMD/);
  assert.equal(await page.locator("#open-demo").isDisabled(), true);
  await accessible(page);
});

await test("wrong-files", { quiet: /status of 404/ }, async (page) => {
  await ready(page);
  await openFile(page, "damaged");
  assert.match(await trouble(page), /^damaged: This is no GGUF file that can be read: /);
  await openFile(page, "cut");
  await page.waitForFunction(() => document.querySelector("#trouble-text").textContent.startsWith("cut: This is no GGUF file"));
  await openFile(page, "huge");
  await page.waitForFunction(() => document.querySelector("#trouble-text").textContent.startsWith("huge.gguf is too large: it has 18 GB, and at most 17 GB fit"));
  await openURL(page, `${url}none.gguf`);
  await page.waitForFunction(() => /^none: The file cannot be read: .*404/.test(document.querySelector("#trouble-text").textContent));
  await openURL(page, `${url}huge.gguf`);
  await page.waitForFunction(() => document.querySelector("#trouble-text").textContent.startsWith("huge: There is not enough memory"));
  await openURL(page, url);
  await page.waitForFunction(() => /This is no GGUF file/.test(document.querySelector("#trouble-text").textContent));
  await accessible(page);
  await shot(page, "trouble");
  // In a conversation the panel comes as a dialog, and a file that is too large leaves the model.
  await openDemo(page);
  await say(page, "Once");
  await openFile(page, "huge");
  await page.waitForSelector("#models[open]");
  await accessible(page);
  await page.keyboard.press("Escape");
  assert.equal(await text(page, "#models-name"), "chord-tales");
  await say(page, "and then");
});

await test("lost-worker", { quiet: /lost/ }, async (page) => {
  await ready(page);
  await openFile(page, "long");
  await loaded(page, "long");
  await begin(page, "count");
  await writing(page);
  const engine = page.workers().find((w) => w.url().endsWith("engine-browser.mjs"));
  await engine.evaluate(() => setTimeout(() => { throw new Error("lost"); }));
  await ended(page);
  assert.match(await text(page, "#log .note.error"), /^The engine has ended: .*lost.* Load the model again\.$/);
  assert.equal(await text(page, "#models-name"), "Choose a model");
  await accessible(page);
  await shot(page, "lost");
  await page.click("#models-open");
  await page.click("#trouble-again");
  await loaded(page, "long");
  await begin(page, "count");
  await writing(page);
  // One that ends without an event.
  await page.workers().find((w) => w.url().endsWith("engine-browser.mjs")).evaluate(() => self.close()).catch(() => {}); // it may not answer any more
  await page.waitForFunction(() => document.querySelector("#models-name").textContent === "Choose a model");
  await ended(page);
});

await test("words", {}, async (page) => {
  await ready(page);
  const got = await page.evaluate(async () => {
    const { bytes, duration } = await import("./demo/format.js");
    const { textOf } = await import("./demo/loading.js");
    const { nameOf } = await import("./demo/models.js");
    const { explain } = await import("./demo/trouble.js");
    return [
      bytes(999), bytes(2_581_824), bytes(46e6), bytes(4.2e9), duration(0.2), duration(60), duration(3661),
      textOf("Fetching", 1e6, 4e6, 5e5), textOf("Fetching", 1e6, undefined, 0),
      nameOf("https://a.b/x/My%20model-00001-of-00003.gguf?download=true"), nameOf("cache:a.gguf"), nameOf("https://a.b/"), nameOf("%zz"),
      explain({ code: "source", message: "chord: https://a.b/c: Failed to fetch" }), explain({ code: "nonsense", message: "chord: x" }), explain(null),
    ];
  });
  assert.deepEqual(got, [
    "999 bytes", "2.6 MB", "46 MB", "4.2 GB", "1 s", "1 min 0 s", "1 h 1 min",
    "Fetching 1.0 MB of 4.0 MB · 500 kB/s · 6 s left", "Fetching 1.0 MB",
    "My model", "a", "model", "%zz",
    "The file cannot be read: https://a.b/c: Failed to fetch. There is no network, or the server lets no other page read it (CORS).", "x.", "null.",
  ]);
});

await test("keyboard", {}, async (page) => {
  await ready(page);
  for (let i = 0; i < 20 && (await page.evaluate(() => document.activeElement.id)) !== "open-demo"; i++) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await loaded(page, "chord-tales");
  await page.keyboard.type("One day");
  await page.keyboard.press("Enter");
  await ended(page);
  for (let i = 0; i < 20 && (await page.evaluate(() => document.activeElement.id)) !== "models-open"; i++) await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#models[open]");
  await page.keyboard.press("Escape");
  assert.equal(await page.evaluate(() => document.activeElement.id), "models-open");
});

// Every view at three widths, light and dark: axe finds nothing and nothing is cut off.
for (const [width, height] of [[360, 740], [768, 1024], [1280, 800]]) {
  for (const colorScheme of ["light", "dark"]) {
    await test(`look-${width}-${colorScheme}`, { viewport: { width, height }, colorScheme, hasTouch: width < 700, isMobile: width < 700 }, async (page) => {
      const look = async (name) => {
        await page.evaluate(() => document.activeElement?.blur());
        assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, `${name} is wider than the window`);
        await accessible(page);
        await shot(page, `demo-${name}-${width}-${colorScheme}`);
      };
      await ready(page);
      await page.click("#options summary");
      await look("start");
      await openFile(page, "damaged");
      await trouble(page);
      await look("trouble");
      await openFile(page, "guide");
      await loaded(page, "guide");
      await look("questions");
      await say(page, "Compare three ways to sort a list, in a table");
      await look("chat");
      await page.click("#models-open");
      await look("models");
      await page.keyboard.press("Escape");
      await page.click("#settings-open");
      await look("parameters");
    });
  }
}

await browser.close();
