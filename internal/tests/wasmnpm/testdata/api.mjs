// node api.mjs PARTS...: uses the package in ways that README.md has no example of, and
// prints what comes out, a line of JSON each. PARTS are those of a split model.
import fs from "node:fs";
import http from "node:http";
import { createRequire, syncBuiltinESMExports } from "node:module";

// The package's threads, of which one is ended below.
const threads = createRequire(import.meta.url)("node:worker_threads");
const started = [];
threads.Worker = class extends threads.Worker {
	constructor(...args) {
		super(...args);
		started.push(this);
	}
};
syncBuiltinESMExports();
const { ChordError, load, probe } = await import("@querent-ai/wasm-chord");

const print = (name, value) => console.log(JSON.stringify({ name, value }));
const code = async (name, promise) => print(name, await promise.then(() => "none", (err) => (err instanceof ChordError ? err.code : String(err))));
const path = new URL("./dist/demo.gguf", import.meta.resolve("@querent-ai/wasm-chord/package.json"));
const demo = fs.readFileSync(path);
const options = { maxTokens: 20, seed: 7 };
const prompt = "Once upon a time";
const one = { threads: 1 };

// What load takes.
const server = http.createServer((request, response) => {
	if (request.url !== "/demo.gguf") response.statusCode = 404;
	response.end(demo);
}).listen(0, "127.0.0.1");
await new Promise((resolve) => server.on("listening", resolve));
const url = `http://127.0.0.1:${server.address().port}/`;
const sources = {
	path: path.pathname, "file URL": path, "web URL": url + "demo.gguf", bytes: demo, buffer: new Uint8Array(demo).buffer,
	blob: new Blob([demo]), stream: new Blob([demo]).stream(), array: [demo], split: process.argv.slice(2), "split blobs": process.argv.slice(2).map((name) => new Blob([fs.readFileSync(name)])),
};
for (const [name, source] of Object.entries(sources)) {
	const stages = new Set();
	let complete;
	const model = await load(source, { ...one, onProgress: ({ loaded, total, stage }) => (stages.add(stage), (complete = loaded <= (total ?? Infinity))) });
	print(name, (await model.complete(prompt, options)).text);
	print(name + ", stages", [...stages].join());
	print(name + ", complete", complete);
	await model.close();
}

// What it refuses.
await code("truncated", load(demo.subarray(0, 1e6), one));
await code("damaged", load(demo.map((b, i) => (i > 20 && i < 400 ? b ^ 255 : b)), one));
await code("empty", load(new ArrayBuffer(0), one));
await code("no file", load("nothing.gguf", one));
await code("a folder", load(".", one));
await code("no page", load(url + "nothing", one));
await code("no server", load("http://127.0.0.1:1/", one));
await code("a number", load(7, one));
await code("unknown option", load("demo", { nonsense: 1 }));
await code("no threads", load("demo", { threads: 0 }));
await code("too many threads", load("demo", { threads: 65 }));
await code("no context", load("demo", { ...one, context: -1 }));
await code("not split", load([demo, demo], one));
await code("a part", load(process.argv[2], one));
await code("no parts", load([], one));
await code("broken stream", load(new ReadableStream({ pull() { throw new Error("gone"); } }), one));
await code("no bytes", load(new ReadableStream({ pull(c) { c.enqueue("text"); } }), one));
await code("aborted before", load("demo", { signal: AbortSignal.abort() }));
const loading = new AbortController();
let cancelled = false;
await code("aborted", load(new ReadableStream({ pull() { loading.abort(); return new Promise(() => {}); }, cancel() { cancelled = true; } }), { ...one, signal: loading.signal }));
print("cancelled", cancelled);
await code("progress", load("demo", { ...one, onProgress() { throw new ChordError("mine", "busy"); } }));
server.close();
server.closeAllConnections();

// Calls, with one thread and with several.
for (const n of [1, 3]) {
	const name = (what) => `${what}, threads=${n}`;
	const model = await load("demo", { threads: n, chatTemplate: "chatml", context: 20000 }); // so long that no text ends by it
	print(name("info"), [model.info.name, model.info.threads, model.info.chat]);
	const both = await Promise.all([model.complete(prompt, options), model.complete(prompt, options)]);
	print(name("together"), both[0].text);
	print(name("the same"), both[0].text === both[1].text && both[0].seed === 7);
	for await (const token of model.generate(prompt, { seed: 7, maxTokens: 1, logprobs: 2 })) {
		print(name("logprobs"), token.top.length === 2 && token.top.some((t) => t.id === token.id && t.logprob === token.logprob));
	}
	print(name("choice"), (await model.complete("Tim is", { grammar: 'root ::= "good" | "bad"', seed: 7 })).text.length < 5);
	print(name("a seed repeats"), await model.complete(prompt, { maxTokens: 20 }).then(async ({ text, seed }) => (await model.complete(prompt, { maxTokens: 20, seed })).text === text));
	const json = { messages: [{ role: "user", content: "?" }], seed: 7, max_completion_tokens: 20, stop: "x", temperature: null };
	const reply = await model.chatCompletions(json);
	let streamed = "";
	let usage;
	for await (const chunk of await model.chatCompletions({ ...json, stream: true, stream_options: { include_usage: true } })) {
		streamed += chunk.choices[0]?.delta.content ?? "";
		usage = chunk.usage;
	}
	print(name("streamed"), streamed === reply.choices[0].message.content && usage.total_tokens === reply.usage.total_tokens);

	const left = model.generate("Once", { ignoreEos: true });
	for await (const _ of left) break;
	await code(name("left"), left.result);
	const controller = new AbortController();
	const aborting = model.complete("Once", { ignoreEos: true, signal: controller.signal });
	controller.abort("mine");
	print(name("cause"), await aborting.catch((err) => [err.code, err.cause]));
	await code(name("a schema"), model.complete("Once", { jsonSchema: { type: "nonsense" } }));
	await code(name("a grammar"), model.complete("Once", { grammar: "root" }));
	await code(name("two"), model.complete("Once", { grammar: 'root ::= "a"', jsonSchema: {} }));
	await code(name("a value"), model.complete("Once", { topP: 7 }));
	await code(name("an option"), model.complete("Once", { nonsense: 7 }));
	await code(name("a prompt"), model.complete(7));
	await code(name("a long prompt"), model.complete("Once ".repeat(20000)));
	await code(name("messages"), model.chatCompletions({ messages: 7 }));
	await code(name("choices"), model.chatCompletions({ ...json, n: 2 }));

	const going = model.complete("Once", { ignoreEos: true });
	await Promise.all([code(name("closing"), going), model.close(), model.close()]);
	await code(name("closed"), model.complete("Once"));
}

// A thread that ends.
const model = await load("demo", one);
const lost = model.complete("Once", { ignoreEos: true });
started.at(-1).terminate();
await code("lost", lost);
await code("lost for good", model.tokenize("a"));
const again = await load("demo", one);
print("again", (await again.complete(prompt, options)).text);

const { wasm, maxBytes, fits } = probe({ bytes: 1e9 });
print("probe", wasm && fits && !probe({ bytes: maxBytes + 1 }).fits);
// The process ends although a model is open.
