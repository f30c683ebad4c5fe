// node node.mjs PROGRAM KERNELS THREADS [ARGUMENT]... runs a program in Node.
import crypto from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createRequire } from "node:module";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { start, work } from "./chord.mjs";

if (isMainThread) {
	await main();
} else {
	parentPort.postMessage("begun");
	work(workerData.i, workerData.kernels, workerData.memory);
}

// newWorker starts worker i in a thread of its own.
function newWorker(i, kernels, memory) {
	return new Promise((resolve, reject) => {
		const worker = new Worker(new URL(import.meta.url), { workerData: { i, kernels, memory } });
		worker.once("message", () => {
			worker.unref(); // it never ends by itself
			resolve();
		});
		worker.once("error", reject);
	});
}

async function main() {
	const [program, kernels, threads, ...args] = process.argv.slice(2);
	const require = createRequire(import.meta.url);
	Object.assign(globalThis, { require, fs, path });
	globalThis.crypto ??= crypto.webcrypto;
	require("./wasm_exec.js");
	const go = new Go();
	go.argv = [program, ...args];
	go.env = { TMPDIR: os.tmpdir(), ...process.env };
	go.exit = process.exit;
	const module = (name) => WebAssembly.compile(fs.readFileSync(name));
	const { instance, kernels: functions } = await start(go, await module(program), await module(kernels), Number(threads), newWorker);
	process.on("exit", (code) => {
		if (process.env.CHORD_WASM_TAKEN) console.log("tiles computed by workers:", functions.Taken?.() ?? 0);
		if (code === 0 && !go.exited) { // nothing is pending: Go says where its goroutines wait
			go._pendingEvent = { id: 0 };
			go._resume();
		}
	});
	await go.run(instance);
}
