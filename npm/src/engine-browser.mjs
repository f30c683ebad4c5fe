// The engine in a browser's worker.
import { newWorker } from "./browser.mjs";
import { serve } from "./engine.mjs";
import { ChordError } from "./error.mjs";
import { kept } from "./kept.mjs";

async function asset(url) {
	const response = await fetch(url);
	if (!response.ok) throw new ChordError(`chord: ${url}: status ${response.status}`, "failed");
	return response.arrayBuffer();
}

const kernels = {
	near: new URL("./kernels.wasm", import.meta.url),
	far: new URL("./kernels-far.wasm", import.meta.url),
};

const take = serve((message) => postMessage(message), {
	program: () => asset(new URL("./chord.wasm", import.meta.url)),
	kernels: (kind) => asset(kernels[kind]),

	// A Blob is read where the engine wants it.
	fileOf({ blob, cache }) {
		if (!blob) throw new Error(`${cache.key}: nothing can be kept here`);
		const reader = new FileReaderSync();
		const read = (to, at) => to.set(new Uint8Array(reader.readAsArrayBuffer(blob.slice(at, at + to.length))));
		return { size: blob.size, read };
	},

	kept,
	chunksOf({ blob, bytes }) {
		if (bytes) return async function* () { yield bytes; };
		if (!blob) return undefined;
		return async function* () {
			for (let at = 0; at < blob.size; at += 4 << 20) yield new Uint8Array(await blob.slice(at, at + (4 << 20)).arrayBuffer());
		};
	},

	newThread: newWorker,
});
onmessage = ({ data }) => take(data);

// The page sees by a lock that this thread has gone.
navigator.locks?.request(name, () => {
	postMessage({ held: true });
	return new Promise(() => {});
});
