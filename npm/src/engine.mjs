import "./wasm_exec.js";
import { start } from "./chord.mjs";
import { ChordError, plain } from "./error.mjs";
import { Blocks, fetched } from "./source.mjs";

// serve makes this thread an engine: post sends a message to the thread that uses it,
// platform has assets(shared), the bytes of the program and of the kernels; fileOf(source),
// a file of sources that only it knows; and newThread, as start of chord.mjs calls it.
// It returns what is to be called with the messages that come.
export function serve(post, platform) {
	const flags = new Map(); // of calls, by id
	const streams = [];
	let model;

	const open = async ([sources, options, threads], step) => {
		const files = Promise.all(sources.map((s, i) => fileOf(s, platform, streams, progressOf(sources.length, i, step))));
		const [all] = await Promise.all([files, run(platform, threads, post)]); // a file that is missing is told at once
		const source = all.length === 1 ? all[0] : all;
		model = await globalThis.chord.open(source, options, (loaded, total) => step({ loaded, total, stage: "load" }));
		return model.info;
	};

	const call = async ({ id, method, args, flag }) => {
		const step = (v) => post({ id, step: v });
		flags.set(id, flag ?? new Int32Array(1));
		try {
			if (method === "open") return { id, value: await open(args, step) };
			const stepwise = method === "generate" || method === "chat";
			return { id, value: await model[method](...args, ...(stepwise ? [step, flags.get(id)] : [])) };
		} catch (err) {
			return { id, error: plain(err) };
		} finally {
			flags.delete(id);
		}
	};

	return (message) => {
		if (message.abort !== undefined) {
			const flag = flags.get(message.abort);
			if (flag) Atomics.store(flag, 0, 1);
		} else if (message.chunk !== undefined) {
			streams[message.chunk]?.(message);
		} else {
			call(message).then(post);
		}
	};
}

// progressOf tells step of the bytes of source i of n: of all sources' together.
function progressOf(n, i, step) {
	step.parts ??= Array.from({ length: n }, () => ({ loaded: 0, total: undefined }));
	return (loaded, total) => {
		step.parts[i] = { loaded, total };
		const sum = (name) => step.parts.reduce((sum, part) => sum + part[name], 0);
		step({ loaded: sum("loaded"), total: sum("total") || undefined, stage: "download" });
	};
}

// fileOf is the file {size, read} of a source.
async function fileOf(source, platform, streams, progress) {
	if (source.url !== undefined) return fetched(source.url, progress);
	if (source.bytes !== undefined) return source.bytes;
	if (source.stream === undefined) {
		try {
			return platform.fileOf(source);
		} catch (err) {
			throw new ChordError(`chord: ${err.message}`, "source");
		}
	}
	const blocks = new Blocks();
	return new Promise((resolve, reject) => {
		streams[source.stream] = ({ bytes, end }) => {
			try {
				if (end) return resolve(blocks);
				blocks.push(bytes);
				progress(blocks.size, source.size);
			} catch (err) {
				reject(err);
			}
		};
	});
}

// run starts the engine's program; an end of it is a crash.
async function run(platform, threads, post) {
	const shared = threads > 1;
	const { program, kernels } = await platform.assets(shared);
	const go = new globalThis.Go();
	let said = "";
	const decoder = new TextDecoder();
	globalThis.fs = { ...globalThis.fs, writeSync: (_, bytes) => ((said = (said + decoder.decode(bytes)).slice(-(1 << 16))), bytes.length) };
	go.exit = (code) => {
		const why = /^(fatal error|panic|runtime): .*$/m.exec(said)?.[0] ?? `status ${code}`;
		post({ crash: plain(new ChordError(`chord: the engine has ended: ${why}`, /out of memory|cannot allocate/.test(why) ? "memory" : "crashed")) });
	};
	const modules = [WebAssembly.compile(shared ? program : unshared(program)), WebAssembly.compile(kernels)];
	const { instance } = await start(go, ...(await Promise.all(modules)), threads, platform.newThread);
	go.run(instance).catch((err) => post({ crash: plain(new ChordError(`chord: the engine has ended: ${err.message}`, "crashed")) }));
}

// unshared makes the memory of a program, which chord-wasm/build has linked to share
// it, one that is not: it is the last import, {"chord", "memory", 2, 3, pages, 65536}.
function unshared(program) {
	const b = new Uint8Array(program);
	const name = [5, ...new TextEncoder().encode("chord"), 6, ...new TextEncoder().encode("memory"), 2, 3];
	for (let at = 8; at < b.length; ) {
		const id = b[at++];
		let size = 0;
		for (let shift = 0; ; shift += 7) {
			size += (b[at] & 127) * 2 ** shift;
			if (b[at++] < 128) break;
		}
		const end = at + size;
		for (let i = at; id === 2 && i + name.length <= end; i++) {
			if (!name.every((v, j) => b[i + j] === v)) continue;
			b[i + name.length - 1] = 1;
			return b;
		}
		at = end;
	}
	throw new ChordError("chord: the program has no shared memory", "failed");
}
