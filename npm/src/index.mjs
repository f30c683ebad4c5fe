// The package in browsers.
import { library } from "./library.mjs";

export { ChordError } from "./error.mjs";

export const { load, probe } = library({
	runtime: "browser",
	cores: globalThis.navigator?.hardwareConcurrency ?? 1,
	isolated: globalThis.crossOriginIsolated === true,

	newEngine() {
		const thread = new Worker(new URL("./engine-browser.mjs", import.meta.url), { type: "module" });
		const engine = {
			postMessage: (message, transfer) => thread.postMessage(message, transfer),
			terminate: () => thread.terminate(),
			ref() {}, // a page ends its workers
		};
		thread.onmessage = ({ data }) => engine.onmessage(data);
		thread.onerror = (event) => engine.onerror(new Error(event.message || "it cannot start"));
		return engine;
	},

	// A text is "demo" or a URL, relative to the page.
	locate(source) {
		if (source === "demo") return { url: new URL("./demo.gguf", import.meta.url).href };
		if (typeof source === "string" || source instanceof URL) return { url: new URL(source, globalThis.document?.baseURI ?? location.href).href };
		return source instanceof Blob ? { blob: source } : undefined;
	},
});
