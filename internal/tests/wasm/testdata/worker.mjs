// The engine in a browser's worker: tells a story and posts it to the server.
import "/build/wasm_exec.js";
import { start } from "/build/chord.mjs";
import { newWorker } from "/build/browser.mjs";

async function story({ threads, seed }) {
	const get = async (name) => (await fetch("/build/" + name)).arrayBuffer();
	const module = async (name) => WebAssembly.compile(await get(name));
	const go = new Go();
	const { instance, kernels } = await start(go, await module("chord.wasm"), await module("kernels.wasm"), threads, newWorker);
	go.run(instance);
	const model = await chord.open(new Uint8Array(await get("demo.gguf")));
	let text = "";
	await model.generate("Once upon a time", JSON.stringify({ params: { seed, max_tokens: 60 } }), (t) => (text += JSON.parse(t).Text));
	return { text, taken: (kernels.Taken?.() ?? 0) > 0, isolated: crossOriginIsolated };
}

onmessage = async ({ data }) => {
	const result = await story(data).catch((err) => ({ error: String(err.stack) }));
	await fetch("/result", { method: "POST", body: JSON.stringify(result) });
};
