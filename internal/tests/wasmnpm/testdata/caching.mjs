// Keeps models in a page: caching(url, again) gives what comes out. again says that the
// browser has been started anew, and that the server has no models any more.
import { cache, ChordError, load } from "/node_modules/@querent-ai/wasm-chord/dist/index.mjs";

const code = (promise) => promise.then(() => "none", (err) => (err instanceof ChordError ? err.code : String(err.stack)));
const options = { threads: 1, cache: true };
let broken = false;
const say = async (model) => {
	const { text } = await model.complete("Once upon a time", { maxTokens: 20, seed: 7 });
	await model.close();
	return text;
};

export async function caching(url, again) {
	const values = {};
	const requests = async (name) => (values[name + ", requests"] = await (await fetch(url + "requests")).json());
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
		values[name] = await say(model);
		await requests(name + ": " + [...stages].join());
	};
	const entries = async () => (await cache.list()).map((e) => [e.key.replace(new URL(url, location).href, ""), e.complete, e.bytes === e.size, e.sha256 !== undefined]);

	if (again) {
		values.entries = await entries();
		await text("kept", url + "demo.gguf");
		await text("file", "cache:mine.gguf");
		values["cannot be fetched"] = await code(load(url + "two.gguf", options));
		return values;
	}
	values.empty = await cache.list();
	await text("first", url + "demo.gguf");
	await text("kept", url + "demo.gguf");
	await damage(url + "demo.gguf", (bytes) => ((bytes[1e6] ^= 1), bytes));
	await text("damaged", url + "demo.gguf");
	await damage(url + "demo.gguf", (bytes) => bytes.slice(0, 1000));
	await text("cut short", url + "demo.gguf");
	await text("breaks off", url + "breaks.gguf");
	const two = await Promise.all([1, 2].map(() => load(url + "two.gguf", options)));
	await requests("two at once");
	values["in use"] = await code(cache.delete(url + "two.gguf"));
	await Promise.all(two.map((model) => model.close()));

	const controller = new AbortController();
	values.aborted = await code(load(url + "slow.gguf", { ...options, signal: controller.signal, onProgress: ({ loaded }) => loaded > 1e6 && controller.abort() }));
	values.partial = (await entries()).filter(([key]) => key === "slow.gguf").map((e) => e[1]);
	await requests("aborted");
	await text("goes on", url + "slow.gguf");

	const bytes = await (await fetch(url + "demo.gguf")).arrayBuffer();
	const sha256 = Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)), (b) => b.toString(16).padStart(2, "0")).join("");
	values.hash = (await cache.list()).every((e) => e.sha256 === sha256);
	await requests("without a cache");
	await text("file", new File([bytes], "mine.gguf"));
	await text("the file again", "cache:mine.gguf");
	await text("stream", new Blob([bytes]).stream(), { cache: { key: "stream", sha256 } });
	await text("bytes", bytes, { cache: { key: "bytes" } });
	values["no key"] = await code(load(bytes, options));
	values["another hash"] = await code(load(url + "other.gguf", { ...options, cache: { sha256: "0".repeat(64) } }));
	values["no model"] = await code(load(url + "page.gguf", options));
	values["no such file"] = await code(load(url + "nothing.gguf", options));
	values["not in the cache"] = await code(load("cache:nothing"));
	const { usage, quota } = await cache.estimate();
	values.estimate = usage > 1e6 && quota > usage && typeof (await cache.persist()) === "boolean";
	values.deleted = [await cache.delete("cache:bytes"), await cache.delete("cache:bytes")];
	await damage(url + "two.gguf", (bytes) => ((bytes[1e6] ^= 1), bytes));
	values.entries = await entries();
	return values;
}

// damage changes what is kept by a key.
async function damage(key, change) {
	const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(new URL(key, location).href));
	const name = Array.from(new Uint8Array(hash), (b) => b.toString(16).padStart(2, "0")).join("");
	const dir = await (await navigator.storage.getDirectory()).getDirectoryHandle("chord");
	const file = await dir.getFileHandle(name + ".gguf");
	const bytes = change(new Uint8Array(await (await file.getFile()).arrayBuffer()));
	const w = await file.createWritable();
	await w.write(bytes);
	await w.close();
}

// unable is caching where there is only the Cache API.
export async function unable(url) {
	const values = {};
	for (const name of ["first", "kept"]) {
		values[name] = await say(await load(url + "demo.gguf", options));
		values[name + ", requests"] = await (await fetch(url + "requests")).json();
	}
	values.entries = (await cache.list()).map((e) => [e.complete, e.bytes === e.size]);
	values.deleted = [await cache.delete(url + "demo.gguf"), await cache.list()];
	return values;
}
