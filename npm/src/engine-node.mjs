// The engine in a thread of Node.
import fs from "node:fs";
import { parentPort, Worker } from "node:worker_threads";
import { serve } from "./engine.mjs";

const asset = (name) => fs.readFileSync(new URL(name, import.meta.url));

const take = serve((message) => parentPort.postMessage(message), {
	program: () => asset("./chord.wasm"),
	kernels: (kind) => asset({ near: "./kernels.wasm", far: "./kernels-far.wasm" }[kind]),

	// A file is read where the engine wants it.
	fileOf({ path }) {
		const file = fs.openSync(path);
		const stat = fs.fstatSync(file);
		if (!stat.isFile()) throw new Error(`${path}: no file`);
		const read = (to, at) => {
			for (let done = 0; done < to.length; ) {
				const n = fs.readSync(file, to, done, to.length - done, at + done);
				if (n === 0) throw new Error(`${path} has become shorter`);
				done += n;
			}
		};
		return { size: stat.size, read };
	},

	newThread: (i, kernels, memory, weights) => new Promise((resolve, reject) => {
		const thread = new Worker(new URL("./thread-node.mjs", import.meta.url), { workerData: { i, kernels, memory, weights } });
		thread.once("message", () => (thread.unref(), resolve()));
		thread.once("error", reject);
	}),
});
parentPort.on("message", take);
