// Drives the page: node drive.mjs BROWSER URL LOCKED [SHOTS]. It prints "ok NAME" or
// "not ok NAME: WHY" for each thing that it tries.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { accessible, answers, begin, ended, ready, saved, say, start } from "./browser.mjs";

const [executablePath, url, locked, shots] = process.argv.slice(2);
const { browser, test, shot } = await start(executablePath, url, shots);

await test("chat", {}, async (page) => {
  await ready(page);
  assert.equal(await page.locator("#send").isDisabled(), true);
  assert.deepEqual(await page.locator("#model option").allTextContents(), ["guide", "thinker", "hostile"]);
  await say(page, "How do I sort a list?");
  const a = answers(page);
  assert.equal(await a.locator("table tr").count(), 4);
  assert.equal(await a.locator("td.right").first().textContent(), "O(n²)");
  assert.match(await a.locator("pre").textContent(), /^people := .*\n.*\n\treturn cmp/);
  assert.equal(await a.locator("ol > li > ul > li").count(), 2);
  assert.equal(await a.locator("blockquote a").getAttribute("href"), "https://pkg.go.dev/slices");
  assert.match(await a.locator(".stats").textContent(), /^\d+ tokens( · [\d.]+ tokens\/s)?/);
  assert.match(await page.locator("#status").textContent(), /^Answer: Three common ways/);
  await a.locator(".copy-code").click();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^people := /);
  assert.match(await page.title(), /^How do I sort a list\? · chord$/);
});

await test("stop", {}, async (page) => {
  await ready(page);
  await begin(page, "[hold] one");
  await page.waitForFunction(() => document.querySelector(".answer .body")?.textContent.length > 20);
  assert.equal(await page.locator("#send").isVisible(), false);
  await page.keyboard.press("Escape");
  await ended(page);
  assert.equal(await answers(page).locator(".note").textContent(), "Stopped.");
  const text = await answers(page).locator(".body").textContent();
  assert.ok(text.length > 20 && text.length < 200, text);
  await begin(page, "[hold] two");
  await page.click("#stop");
  await ended(page);
  assert.equal(await page.evaluate(() => document.activeElement.id), "prompt");
});

await test("regenerate", {}, async (page) => {
  await ready(page);
  await say(page, "one");
  await say(page, "two");
  await page.selectOption("#model", "thinker");
  const [request] = await Promise.all([page.waitForRequest(/completions/), answers(page).last().getByLabel("Answer again").click()]);
  await ended(page);
  assert.deepEqual(request.postDataJSON().messages.map((m) => m.role), ["user", "assistant", "user"]);
  assert.equal(await answers(page).count(), 2);
  assert.match(await answers(page).last().locator(".body").textContent(), /^Good evening!/);
});

await test("edit", {}, async (page) => {
  await ready(page);
  await say(page, "first");
  await say(page, "second");
  const user = page.locator(".user").first();
  await user.hover();
  await user.getByLabel("Edit").click();
  await page.keyboard.press("Escape");
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), "Edit");
  assert.equal(await user.locator(".text").textContent(), "first");
  await page.keyboard.press("Enter");
  await page.locator(".edit textarea").fill("changed");
  const [request] = await Promise.all([page.waitForRequest(/completions/), page.keyboard.press("Enter")]);
  await ended(page);
  assert.deepEqual(request.postDataJSON().messages, [{ role: "user", content: "changed" }]);
  assert.equal(await answers(page).count(), 1);
  assert.equal(await page.locator("#title").textContent(), "changed");
});

await test("history", {}, async (page, context) => {
  await ready(page);
  await say(page, "remember me");
  const text = await answers(page).locator(".body").innerHTML();
  await saved(page);
  await page.reload();
  await ready(page);
  assert.equal(await answers(page).locator(".body").innerHTML(), text);
  await page.click("#new");
  assert.equal(await page.locator("#empty").isVisible(), true);
  await say(page, "another");
  await page.waitForFunction(() => [...document.querySelectorAll("#history a")].map((a) => a.textContent).join() === "another,remember me");
  await page.goBack();
  await page.waitForFunction(() => location.hash === "");
  await page.click("#history a >> text=remember me");
  await page.waitForFunction(() => document.querySelector(".user .text")?.textContent === "remember me");
  await page.click("#settings-open");
  const [file] = await Promise.all([page.waitForEvent("download"), page.click("#export-all")]);
  assert.deepEqual(JSON.parse(readFileSync(await file.path(), "utf8")).map((c) => c.messages.length), [2, 2]);
  const [md] = await Promise.all([page.waitForEvent("download"), page.click("#export-one")]);
  assert.match(readFileSync(await md.path(), "utf8"), /^# remember me\n\n## You\n\nremember me\n\n## Answer\n\nThree/);
  await page.keyboard.press("Escape");
  const row = page.locator("#history li").last();
  await row.hover();
  await row.getByRole("button").click();
  await page.click("#confirm button[value=yes]");
  await page.waitForFunction(() => document.querySelectorAll("#history li").length === 1);
  const second = await context.newPage(); // has the same conversations
  await second.goto(url);
  await ready(second);
  assert.deepEqual(await second.locator("#history a").allTextContents(), ["another"]);
});

await test("parameters", {}, async (page) => {
  await ready(page);
  await page.click("#settings-open");
  await page.fill("[name=system]", "Be brief.");
  for (const [name, value] of Object.entries({ temperature: 0.5, max_tokens: 7, top_p: 0.9, top_k: 20, min_p: 0.05, seed: 42 })) await page.fill(`[name=${name}]`, String(value));
  await page.press("[name=seed]", "Enter");
  await page.reload();
  await ready(page);
  const [request] = await Promise.all([page.waitForRequest(/completions/), say(page, "short")]);
  const { messages, temperature, max_tokens, top_p, top_k, min_p, seed } = request.postDataJSON();
  assert.deepEqual({ messages, temperature, max_tokens, top_p, top_k, min_p, seed }, {
    messages: [{ role: "system", content: "Be brief." }, { role: "user", content: "short" }],
    temperature: 0.5, max_tokens: 7, top_p: 0.9, top_k: 20, min_p: 0.05, seed: 42 });
  assert.match(await answers(page).locator(".stats").textContent(), /^7 tokens/);
  assert.equal(await answers(page).locator(".note").textContent(), "The answer reached the maximum of tokens.");
  await page.click("#settings-open");
  await page.fill("[name=top_p]", "9");
  await page.check("[name=json]");
  await page.click("#settings button.primary");
  assert.equal(await page.locator("#settings").isVisible(), true); // a wrong number is not accepted
  await page.fill("[name=top_p]", "");
  await page.click("#settings button.primary");
  const [next] = await Promise.all([page.waitForRequest(/completions/), begin(page, "json")]);
  assert.deepEqual(next.postDataJSON().response_format, { type: "json_object" });
  assert.equal("top_p" in next.postDataJSON(), false);
  await page.click("#settings-open");
  await page.click("#settings-reset");
  assert.equal(await page.inputValue("[name=temperature]"), "");
});

await test("reasoning", {}, async (page) => {
  await ready(page);
  await page.selectOption("#model", "thinker");
  await say(page, "hello");
  assert.equal(await page.locator(".thoughts").isVisible(), false);
  await page.click(".reasoning summary");
  assert.match(await page.locator(".thoughts").textContent(), /^\s*The user greets me/);
  assert.equal(await answers(page).locator(".body").textContent(), "Good evening! What would you like to talk about?");
});

await test("hostile-text", {}, async (page) => {
  await ready(page);
  await page.selectOption("#model", "hostile");
  await say(page, "<img src=http://evil.example/c.png onerror=window.broken=7>");
  assert.equal(await page.locator("#log :is(img, script, iframe, style, b, i)").count(), 0);
  assert.deepEqual(await page.locator("#log a").evaluateAll((list) => list.map((a) => a.getAttribute("href"))), ["a.png", "b.png", ""].map((name) => `http://evil.example/${name}`));
  assert.equal(await page.evaluate(() => window.broken), undefined);
  assert.match(await answers(page).locator("p").first().textContent(), /^<script>window.broken = 1<\/script> <img/);
});

await test("cut-stream", { quiet: /ERR_INCOMPLETE_CHUNKED/ }, async (page) => {
  await ready(page);
  await say(page, "[cut]");
  await page.waitForFunction(() => document.querySelectorAll(".answer blockquote").length === 1);
  assert.equal(await answers(page).locator("h3, h4").count(), 1);
  assert.equal(await answers(page).locator(".note").isVisible(), false);
});

await test("errors", { quiet: /status of (400|503)/ }, async (page) => {
  await ready(page);
  await page.route("**/v1/chat/completions", (r) => r.fulfill({ status: 503, headers: { "Retry-After": "3" }, json: { error: { message: "256 requests wait", code: "busy" } } }));
  await say(page, "now");
  assert.equal(await page.locator(".note.error").textContent(), "256 requests wait (try again in 3 s)");
  await accessible(page);
  await shot(page, "error");
  await page.unroute("**/v1/chat/completions");
  const [request] = await Promise.all([page.waitForRequest(/completions/), say(page, "again")]);
  assert.deepEqual(request.postDataJSON().messages, [{ role: "user", content: "now\n\nagain" }]);
});

await test("key", { at: locked, quiet: /status of 401/ }, async (page) => {
  await page.waitForSelector("#key[open]");
  await accessible(page);
  await shot(page, "key");
  await page.fill("#key-value", "wrong");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelector("#key-note").textContent.startsWith("That is not"));
  await page.waitForSelector("#key[open]");
  await page.fill("#key-value", "sesame");
  await page.keyboard.press("Enter");
  await ready(page);
  await say(page, "hello");
  assert.equal(await page.evaluate(() => localStorage.getItem("chord.key")), null);
  await page.reload(); // the tab knows the key
  await ready(page);
  assert.equal(await page.locator("#key").isVisible(), false);
});

await test("keyboard", {}, async (page) => {
  await ready(page);
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement.id), "prompt");
  await page.keyboard.type("a/b");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("c");
  assert.equal(await page.inputValue("#prompt"), "a/b\nc");
  const high = await page.locator("#prompt").evaluate((e) => e.clientHeight);
  await page.keyboard.press("Enter");
  await ended(page);
  assert.equal(await page.locator(".user .text").textContent(), "a/b\nc");
  assert.ok((await page.locator("#prompt").evaluate((e) => e.clientHeight)) < high);
});

await test("theme", { colorScheme: "light" }, async (page) => {
  await ready(page);
  const color = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await color();
  await page.click("#theme");
  assert.equal(await color(), light);
  await page.click("#theme");
  const dark = await color();
  assert.notEqual(dark, light);
  await page.reload();
  assert.equal(await color(), dark);
  await page.click("#theme");
  assert.equal(await color(), light);
  await page.emulateMedia({ colorScheme: "dark" });
  assert.equal(await color(), dark);
});

await test("markdown", {}, async (page) => {
  await ready(page);
  const got = await page.evaluate(async (base) => {
    const { Document } = await import(`${base}/page/markdown.js`);
    const html = (text, step) => {
      const root = document.createElement("div");
      const d = new Document(root);
      for (let i = step; step && i < text.length; i += step) d.update(text.slice(0, i));
      d.update(text);
      return root.innerHTML.replaceAll(' target="_blank" rel="noopener noreferrer"', "");
    };
    const cases = [
      ["a *b* **c** ***d*** _e_ ~~f~~", "<p>a <em>b</em> <strong>c</strong> <em><strong>d</strong></em> <em>e</em> <del>f</del></p>"],
      ["snake_case_name 2 * 3 * 4 **", "<p>snake_case_name 2 * 3 * 4 **</p>"],
      ["**bold *it*** \\*no\\*", "<p><strong>bold <em>it</em></strong> *no*</p>"],
      ["`a` ``b`c`` `open", "<p><code>a</code> <code>b`c</code> `open</p>"],
      ["one\ntwo\n\nthree", "<p>one<br>two</p><p>three</p>"],
      ["# a\n### b #\n#c", "<h3>a</h3><h5>b</h5><p>#c</p>"],
      ["- a\n- b\n  1. c\n\n     d\n- [x] e", '<ul><li>a</li><li>b<ol><li>c<p>d</p></li></ol></li><li class="task"><span class="box" role="img" aria-label="done">✓</span>e</li></ul>'],
      ["3. a\n4. b\n\ntext", '<ol start="3"><li>a</li><li>b</li></ol><p>text</p>'],
      ["> a\n> - b\n\n---", "<blockquote><p>a</p><ul><li>b</li></ul></blockquote><hr>"],
      ["see https://a.b/c_(d). (http://e.f) [g](https://h.i/j \"t\") <https://k.l>", '<p>see <a href="https://a.b/c_(d)">https://a.b/c_(d)</a>. (<a href="http://e.f">http://e.f</a>) <a href="https://h.i/j">g</a> <a href="https://k.l">https://k.l</a></p>'],
      ["[x](javascript:y) [z](/w)", "<p>[x](javascript:y) [z](/w)</p>"],
      ["a | b\n-|-\n1 | `x|y` \\| z\n", '<div class="table" tabindex="0" role="group" aria-label="Table"><table><thead><tr><th scope="col">a</th><th scope="col">b</th></tr></thead><tbody><tr><td>1</td><td><code>x|y</code> | z</td></tr></tbody></table></div>'],
      ["~~~\n```\n~~~", '<figure class="code"><figcaption><span>text</span><button type="button" class="copy-code">Copy</button></figcaption><pre tabindex="0" aria-label="Code, text" role="group"><code>```</code></pre></figure>'],
      ["```js\na\n\nb", '<figure class="code"><figcaption><span>js</span><button type="button" class="copy-code">Copy</button></figcaption><pre tabindex="0" aria-label="Code, js" role="group"><code>a\n\nb</code></pre></figure>'],
      ["\\(x\\) <b>&amp;</b>", "<p>\\(x\\) &lt;b&gt;&amp;amp;&lt;/b&gt;</p>"],
    ];
    const wrong = [];
    for (const [text, want] of cases) {
      for (const step of [0, 1, 3]) { // a text that grows ends as it is
        const out = html(text, step);
        if (out !== want) wrong.push({ text, step, out, want });
      }
    }
    // What takes an engine of regular expressions a square of time elsewhere ends here.
    for (const unit of ["*", "**a ", "_a ", "[", "[a](", "`", "``` ", "> ", "- ", "#", "# #", "|", "~~", "<", "![", "\n", "- a\n\n\n", "| a\n|-\n", "*a **b ", " ", "h", "http://", "`a` ``", "\\", "1. ", "((", "$$"]) {
      for (const text of [unit.repeat(1e5 / unit.length), `- x\n${unit.repeat(1e5 / unit.length)}`, `# ${unit.repeat(1e5 / unit.length)}x`, `\`\`\`${unit.repeat(1e5 / unit.length)}\``]) html(text, 0);
    }
    return wrong;
  }, url);
  assert.deepEqual(got, []);
});

// Every view at three widths, light and dark: axe finds nothing and nothing is cut off.
for (const [width, height] of [[360, 740], [768, 1024], [1280, 800]]) {
  for (const colorScheme of ["light", "dark"]) {
    await test(`look-${width}-${colorScheme}`, { viewport: { width, height }, colorScheme, hasTouch: width < 700, isMobile: width < 700 }, async (page) => {
      const look = async (name) => {
        await page.evaluate(() => document.activeElement?.blur());
        assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, `${name} is wider than the window`);
        await accessible(page);
        await shot(page, `${name}-${width}-${colorScheme}`);
      };
      await ready(page);
      await look("empty");
      await page.selectOption("#model", "thinker");
      await say(page, "Good evening");
      await page.selectOption("#model", "guide");
      await say(page, "Compare three ways to sort a list, in a table");
      await look("end");
      await page.evaluate(() => (document.querySelector("#scroll").scrollTop = 0));
      await page.waitForFunction(() => !document.querySelector("#to-end").hidden || document.querySelector("#scroll").scrollHeight <= innerHeight);
      await look("chat");
      if (width < 900) {
        await page.click("#side-open");
        await page.waitForFunction(() => document.querySelector("#side").getAnimations().length === 0);
        await look("list");
        await page.keyboard.press("Escape");
        await page.waitForSelector("#side", { state: "hidden" });
      }
      await page.locator(".user").first().hover();
      await page.locator(".user").first().getByLabel("Edit").click();
      await look("edit");
      await page.click("#settings-open");
      await look("parameters");
      await page.keyboard.press("Escape");
      await begin(page, "[hold]");
      await page.waitForFunction(() => document.querySelector(".busy .body")?.textContent.length > 20);
      await look("busy");
    });
  }
}

await browser.close();
