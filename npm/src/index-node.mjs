// The package in Node.
import os from "node:os";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { keep } from "./hub.mjs";
import { library } from "./library.mjs";

export { ChordError } from "./error.mjs";
export { cache } from "./hub.mjs";

export const { load, probe } = library({
	runtime: globalThis.Deno ? "deno" : globalThis.Bun ? "bun" : "node",
	cores: os.availableParallelism(),
	isolated: true,

	newEngine() {
		const thread = new Worker(new URL("./engine-node.mjs", import.meta.url));
		const engine = {
			postMessage: (message, transfer) => thread.postMessage(message, transfer),
			terminate: () => thread.terminate(),
			ref: (on) => (on ? thread.ref() : thread.unref()),
		};
		thread.on("message", (message) => engine.onmessage(message));
		thread.on("error", (err) => engine.onerror(err));
		thread.on("exit", (code) => engine.onerror(new Error(`exit status ${code}`)));
		return engine;
	},

	keep,

	// A text is "demo", a URL of the web, or a path.
	locate(source) {
		if (typeof source !== "string" && !(source instanceof URL)) return undefined;
		if (source === "demo") return { path: fileURLToPath(new URL("./demo.gguf", import.meta.url)) };
		if (/^(https?|data|blob|hf):/.test(source)) return { url: String(source) };
		return { path: /^file:/.test(source) ? fileURLToPath(source) : String(source) };
	},
});
