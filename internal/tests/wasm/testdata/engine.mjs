// node engine.mjs FOLDER THREADS SEED: uses chord as a program in JavaScript does, and
// prints what comes out, a line of JSON each.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";

const [folder, threads, seed] = process.argv.slice(2);
const { start } = await import(pathToFileURL(path.join(folder, "chord.mjs")));
createRequire(import.meta.url)(path.join(folder, "wasm_exec.js"));

const workers = [];
function newWorker(i, kernels, memory) {
	return new Promise((resolve, reject) => {
		const worker = new Worker(path.join(folder, "node.mjs"), { workerData: { i, kernels, memory } });
		worker.once("message", resolve);
		worker.once("error", reject);
		workers.push(worker);
	});
}

const module = (name) => WebAssembly.compile(fs.readFileSync(path.join(folder, name)));
const go = new Go();
const { instance, kernels } = await start(go, await module("chord.wasm"), await module("kernels.wasm"), Number(threads), newWorker);
go.run(instance);

const print = (name, value) => console.log(JSON.stringify({ name, value }));
const code = (promise) => promise.then(() => "none", (err) => err.code);

const demo = fs.readFileSync(path.join(folder, "demo.gguf"));
let loaded = 0;
const model = await chord.open(demo, null, (done, total) => (loaded = done / total));
print("loaded", loaded > 0.9);
const params = (p) => JSON.stringify({ params: { seed: Number(seed), max_tokens: 60, ...p } });

let tokens = 0;
let text = "";
const result = JSON.parse(await model.generate("Once upon a time", params({}), (t) => {
	tokens++;
	text += JSON.parse(t).Text;
}, null));
print("text", text);
print("generated", result.Generated);
print("tokens", tokens);
print("ids", JSON.parse(await model.tokenize("Once upon a time")));

print("detokenized", await model.detokenize(await model.tokenize("Once upon a time")));
print("vectors", JSON.parse(await model.embed('["a", "b"]')).length);

// What makes a call end.
const flag = new Int32Array(1);
let seen = 0;
print("abort", await code(model.generate("Once", params({}), () => {
	if (++seen === 3) setTimeout(() => (flag[0] = 1)); // a task of this thread
}, flag)));
print("aborted early", seen < 60);
print("deadline", await code(model.generate("Once", JSON.stringify({ params: { ignore_eos: true }, deadline: 1 }), null, null)));

// What is refused.
const bytes = fs.readFileSync(path.join(folder, "chord.wasm"));
print("not a model", await code(chord.open(bytes.subarray(0, 1000))));
print("no source", await code(chord.open(7)));
print("throws", await code(chord.open({ size: 1000, read() { throw new Error("gone"); } })));
print("unknown", await code(chord.open(demo, '{"nonsense": 1}')));
print("callback", await code(model.generate("Once", params({}), () => { throw new Error("mine"); })));
print("no abort", await code(model.generate("Once", params({}), null, 7)));
print("wrong", await code(model.generate("Once", '{"params": {"top_p": 7}}')));
await model.close();
print("closed", await code(model.generate("Once", params({}))));
print("taken", (kernels.Taken?.() ?? 0) > 0);
for (const worker of workers) await worker.terminate();
process.exit(0);
