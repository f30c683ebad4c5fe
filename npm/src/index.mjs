// The package in browsers.
import { library } from "./library.mjs";

export { ChordError } from "./error.mjs";
export { cache } from "./store.mjs";

export const { load, probe } = library({
	runtime: "browser",
	cores: globalThis.navigator?.hardwareConcurrency ?? 1,
	isolated: globalThis.crossOriginIsolated === true,

	newEngine() {
		const name = "chord:" + crypto.getRandomValues(new Uint32Array(4)).join("-");
		const thread = new Worker(new URL("./engine-browser.mjs", import.meta.url), { type: "module", name });
		const engine = {
			postMessage: (message, transfer) => thread.postMessage(message, transfer),
			terminate: () => thread.terminate(),
			ref() {}, // a page ends its workers
		};
		thread.onmessage = ({ data }) => {
			if (!data.held) return engine.onmessage(data);
			navigator.locks.request(name, () => engine.onerror(new Error("it was lost"))); // no event tells it
		};
		thread.onerror = (event) => engine.onerror(new Error(event.message || "it cannot start"));
		return engine;
	},

	// A text is "demo" or a URL, relative to the page, or of Hugging Face by a short name.
	locate(source) {
		if (source === "demo") return { url: new URL("./demo.gguf", import.meta.url).href };
		const hub = /^hf:\/\/([^/]+\/[^/@]+)(?:@([^/]+))?\/(.+)$/.exec(source);
		if (hub) return { url: `https://huggingface.co/${hub[1]}/resolve/${hub[2] ?? "main"}/${hub[3]}` };
		if (typeof source === "string" || source instanceof URL) return { url: new URL(source, globalThis.document?.baseURI ?? location.href).href };
		return source instanceof Blob ? { blob: source } : undefined;
	},
});
