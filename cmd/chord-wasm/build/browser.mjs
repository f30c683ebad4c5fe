// newWorker, as start of chord.mjs calls it, for browsers: worker i in a thread of its
// own. The caller is a worker, too: it may wait, which pages may not.
export function newWorker(i, kernels, memory, weights) {
	return new Promise((resolve, reject) => {
		const worker = new Worker(new URL("./thread.mjs", import.meta.url), { type: "module" });
		worker.onmessage = resolve;
		worker.onerror = (event) => reject(new Error("chord: a worker cannot start: " + event.message));
		worker.postMessage({ i, kernels, memory, weights });
	});
}
