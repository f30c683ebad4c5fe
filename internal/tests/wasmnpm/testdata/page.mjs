// Runs what the page's address names, posts what comes out to the server, and goes where it
// says then.
import { ChordError, load, probe } from "/node_modules/@querent-ai/wasm-chord/dist/index.mjs";
import { offerModels } from "/node_modules/@querent-ai/wasm-chord/dist/service-worker.mjs";
import { caching, unable } from "/caching.mjs";
import { far, tooLarge } from "/far.mjs";
import * as webgpu from "/webgpu.mjs";

async function texts() {
	const values = { isolated: crossOriginIsolated, threads: probe().threads > 1 };
	const options = { maxTokens: 20, seed: 7 };
	const demo = "node_modules/@querent-ai/wasm-chord/dist/demo.gguf";
	const file = new File([await (await fetch(demo)).arrayBuffer()], "demo.gguf");
	for (const [name, source] of Object.entries({ demo: "demo", url: demo, file, stream: file.stream() })) {
		const model = await load(source, { threads: 3 });
		values[name] = (await model.complete("Once upon a time", options)).text;
		values[name + ", threads"] = model.info.threads;
		if (name === "demo") {
			const signal = AbortSignal.timeout(1);
			values.aborted = await model.complete("Once", { ignoreEos: true, signal }).catch((err) => err.code);
		}
		await model.close();
	}
	values.missing = await load("nothing.gguf").catch((err) => err instanceof ChordError && err.code);
	values.format = await load(file.slice(0, 1000)).catch((err) => err instanceof ChordError && err.code);
	return values;
}

// served asks the page's own server for completions, whose service worker answers.
async function served() {
	await navigator.serviceWorker.register("/sw.mjs", { type: "module" });
	await navigator.serviceWorker.ready;
	if (!navigator.serviceWorker.controller) await new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true }));
	const ask = (body, signal) => fetch("/v1/chat/completions", { method: "POST", body: JSON.stringify({ messages: [{ role: "user", content: "?" }], seed: 7, max_tokens: 12, ...body }), signal });
	const values = { nobody: (await ask({})).status };
	const model = await load("demo", { threads: 1, chatTemplate: "chatml" });
	const end = offerModels(model);
	const reply = await (await ask({})).json();
	const text = await (await ask({ stream: true })).text();
	const chunks = text.trim().split("\n\n").map((line) => line.slice("data: ".length));
	values.done = chunks.pop();
	values.streamed = chunks.map((chunk) => JSON.parse(chunk).choices[0].delta.content ?? "").join("") === reply.choices[0].message.content;
	values.length = reply.choices[0].message.content.length > 10;
	values.models = (await (await fetch("/v1/models")).json()).data.map(({ id }) => id);
	values.wrong = (await ask({ top_p: 7 })).status;
	const controller = new AbortController();
	const response = await ask({ stream: true, max_tokens: 100000, ignore_eos: true }, controller.signal);
	const reader = response.body.getReader();
	await reader.read();
	controller.abort();
	values.aborted = await (async () => { for (;;) if ((await reader.read()).done) return "done"; })().catch((err) => err.name);
	end();
	values.ended = (await ask({})).status;
	await model.close();
	return values;
}

// shared has three pages share a model: frames, whose globals are those of tab.mjs.
async function shared() {
	const frames = [];
	for (let i = 0; i < 3; i++) {
		const frame = document.createElement("iframe");
		frame.src = "/tab.html";
		document.body.append(frame);
		await new Promise((resolve) => (frame.onload = resolve));
		frames.push({ frame, page: frame.contentWindow });
	}
	const values = {};
	const models = await Promise.all(frames.map(({ page }) => page.shared()));
	const say = (model) => model.complete("Once upon a time", { maxTokens: 20, seed: 7 }).then(({ text }) => text, (err) => err.code);
	values.texts = await Promise.all(models.map(say));
	const loaded = () => frames.map(({ page }) => page.loads);
	values.loads = loaded().reduce((a, b) => a + b);
	const leader = loaded().indexOf(1);
	const [one, other] = [0, 1, 2].filter((i) => i !== leader);
	const session = models[one].session();
	await session.append("Once upon a time");
	values.session = String(await session.tokens()) === String(await models[other].tokenize("Once upon a time"));
	values.own = (await models[other].session().tokens()).length;
	const controller = new frames[one].page.AbortController();
	const aborted = models[one].complete("Once", { ignoreEos: true, signal: controller.signal }).catch((err) => err.code);
	controller.abort();
	values.aborted = await aborted;
	values.wrong = await models[one].complete("Once", { topP: 7 }).catch((err) => err.code);

	const lost = models[one].complete("Once", { ignoreEos: true }).catch((err) => err.code);
	frames[leader].frame.remove();
	values.lost = await lost;
	values.again = await say(models[one]);
	values["the other"] = await say(models[other]);
	values["loads again"] = loaded().filter((n, i) => i !== leader && n === 1).length;
	await models[one].close();
	await models[other].close();
	values.closed = await say(models[one]);
	return values;
}

// dying loads models whose engine has too little memory, or ends.
async function dying() {
	const code = (promise) => promise.then(() => "none", (err) => (err instanceof ChordError ? err.code : String(err.stack)));
	const values = { memory: await code(load("demo", { threads: 1, context: 1000 })) };
	const model = await load("demo", { threads: 1, context: 999 });
	values.lost = await code(model.complete("die"));
	values["lost for good"] = await code(model.tokenize("a"));
	const again = await load("demo", { threads: 1, context: 999 });
	values.again = (await again.complete("Once upon a time", { maxTokens: 20, seed: 7 })).text;
	await again.close();
	return values;
}

// examples are what the pages of npm/examples show.
async function examples() {
	const values = {};
	for (const [name, page] of Object.entries({ vite: "vite/dist/", esbuild: "esbuild/out/", html: "html/" })) {
		const frame = document.createElement("iframe");
		frame.src = `/examples/${page}index.html`;
		document.body.append(frame);
		await new Promise((resolve) => (frame.onload = resolve));
		const story = frame.contentDocument.getElementById("story");
		while (!story.dataset.done) await new Promise((resolve) => setTimeout(resolve, 50));
		values[name] = story.textContent;
		frame.remove();
	}
	return values;
}

const query = new URLSearchParams(location.search);
const pages = { dying, shared, served, examples, texts, caching: () => caching("/models/", false), again: () => caching("/models/", true), unable: () => unable("/models/"),
	far: () => far(query.getAll("model")), tooLarge, compared: () => webgpu.compared(query.getAll("model")), demo: webgpu.demo, sessions: webgpu.sessions };
const values = await pages[[...query.keys()][0]]().catch((err) => ({ error: String(err.stack) }));
const next = await (await fetch("/result", { method: "POST", body: JSON.stringify(values) })).text();
if (next) location.href = next;
