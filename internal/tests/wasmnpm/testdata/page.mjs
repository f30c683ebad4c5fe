// Runs what the page's address names, posts what comes out to the server, and goes where it
// says then.
import { ChordError, load, probe } from "/node_modules/@querent-ai/wasm-chord/dist/index.mjs";
import { caching, unable } from "/caching.mjs";

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

const pages = { texts, caching: () => caching("/models/", false), again: () => caching("/models/", true), unable: () => unable("/models/") };
const values = await pages[location.search.slice(1)]().catch((err) => ({ error: String(err.stack) }));
const next = await (await fetch("/result", { method: "POST", body: JSON.stringify(values) })).text();
if (next) location.href = next;
