// node cache.mjs URL: loads models that are kept, prints what comes out, a line of JSON
// each. URL is a server of cache_test.go; CHORD_MODELS names an empty folder.
import fs from "node:fs";
import path from "node:path";
import { cache, ChordError, load } from "@querent-ai/wasm-chord";

const url = process.argv[2];
const print = (name, value) => console.log(JSON.stringify({ name, value }));
const code = async (name, promise) => print(name, await promise.then(() => "none", (err) => (err instanceof ChordError ? err.code : String(err))));
const requests = async (name) => print(name + ", requests", await (await fetch(url + "requests")).json());
const options = { threads: 1, cache: true };
let broken = false;
const text = async (name, source, more) => {
	const stages = new Set();
	const onProgress = ({ stage, loaded }) => {
		stages.add(stage);
		if (name === "breaks off" && loaded > 1e6 && !broken) {
			broken = true;
			fetch(url + "break");
		}
	};
	const model = await load(source, { ...options, ...more, onProgress });
	print(name, (await model.complete("Once upon a time", { maxTokens: 20, seed: 7 })).text);
	await requests(name + ": " + [...stages].join());
	await model.close();
};
const files = (dir) => fs.readdirSync(dir, { withFileTypes: true }).flatMap((d) => (d.isDirectory() ? files(path.join(dir, d.name)) : [path.join(dir, d.name)]));
const blobs = () => files(process.env.CHORD_MODELS).filter((name) => /blobs.[0-9a-f]+$/.test(name));
const entries = async () => (await cache.list()).map((e) => [e.key.replace(url, ""), e.complete, e.bytes === e.size, e.sha256 !== undefined]);

print("empty", await cache.list());
await text("first", url + "demo.gguf");
await text("kept", url + "demo.gguf");
print("entries", await entries());
const [blob] = blobs();
const bytes = fs.readFileSync(blob);
bytes[1e6] ^= 1;
fs.writeFileSync(blob, bytes);
await text("damaged", url + "demo.gguf");
fs.truncateSync(blobs()[0], 1000);
await text("cut short", url + "demo.gguf");
await text("breaks off", url + "breaks.gguf");
const two = await Promise.all([1, 2].map(() => load(url + "two.gguf", options)));
print("two at once", (await (await fetch(url + "requests")).json()).filter((method) => method === "GET").length === 1);
await Promise.all(two.map((model) => model.close()));

// What an abort leaves is gone on with.
const controller = new AbortController();
const onProgress = ({ loaded }) => loaded > 1e6 && controller.abort();
await code("aborted", load(url + "slow.gguf", { ...options, signal: controller.signal, onProgress }));
print("partial", (await entries()).filter(([key]) => key.includes("slow") || !key.includes(".gguf")).map((e) => e[1]));
await requests("aborted");
await text("goes on", url + "slow.gguf");

await text("of Hugging Face", "hf://org/name/folder/demo.gguf");
await text("of Hugging Face, kept", "https://huggingface.co/org/name/resolve/main/folder/demo.gguf");
await code("another hash", load(url + "other.gguf", { ...options, cache: { sha256: "0".repeat(64) } }));
await code("no such file", load(url + "nothing.gguf", options));
await code("no server", load("http://127.0.0.1:1/x.gguf", options));
await code("a wrong name", load("hf://org/../x.gguf", options));
await code("not in the cache", load("cache:nothing"));
await code("an option", load("demo", { cache: { nonsense: 1 } }));
await code("a hash", load("demo", { cache: { sha256: "7" } }));
await code("no key", load(new Blob([bytes]), options));
const { usage, quota } = await cache.estimate();
print("estimate", usage > 1e6 && quota > usage);
print("deleted", [await cache.delete(url + "demo.gguf"), await cache.delete(url + "demo.gguf")]);
print("left", await entries());
