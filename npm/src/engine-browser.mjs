// The engine in a browser's worker.
import { newWorker } from "./browser.mjs";
import { serve } from "./engine.mjs";
import { ChordError } from "./error.mjs";

async function asset(url) {
	const response = await fetch(url);
	if (!response.ok) throw new ChordError(`chord: ${url}: status ${response.status}`, "failed");
	return response.arrayBuffer();
}

const take = serve((message) => postMessage(message), {
	async assets(shared) {
		const program = asset(new URL("./chord.wasm", import.meta.url));
		const kernels = asset(shared ? new URL("./kernels-shared.wasm", import.meta.url) : new URL("./kernels.wasm", import.meta.url));
		return { program: await program, kernels: await kernels };
	},

	// A Blob is read where the engine wants it.
	fileOf({ blob }) {
		const reader = new FileReaderSync();
		const read = (to, at) => to.set(new Uint8Array(reader.readAsArrayBuffer(blob.slice(at, at + to.length))));
		return { size: blob.size, read };
	},

	newThread: newWorker,
});
onmessage = ({ data }) => take(data);
