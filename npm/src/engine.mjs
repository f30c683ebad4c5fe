import "./wasm_exec.js";
import { start } from "./chord.mjs";
import { ChordError, plain } from "./error.mjs";
import { hasFar, maxBytes, nearBytes } from "./limits.mjs";
import { Blocks, chunksOf, fetched, progressOf, tooLarge } from "./source.mjs";
import { Sessions } from "./engine-sessions.mjs";
import { onBackend } from "./backend.mjs";

// serve makes this thread an engine: post sends a message to the thread that uses it,
// platform has program() and kernels(kind), the bytes of both; fileOf(source),
// a file of sources that only it knows; newThread, as start of chord.mjs calls it; and, if
// the engine is to keep files, kept as kept.mjs has it and chunksOf(source).
// It returns what is to be called with the messages that come.
export function serve(post, platform) {
	const flags = new Map(); // of calls, by id
	const streams = [];
	const sessions = new Sessions();
	let model;

	const open = async ([sources, options, threads, compiled, backend, memory64], step) => {
		const bring = sources.map((s, i) => bringer(s, platform, streams, progressOf(sources.length, i, step)));
		const files = Promise.all(bring.map((f) => f()));
		const [all, modules] = await Promise.all([files, compile(platform, threads > 1, compiled, post)]); // a file that is missing is told at once
		const size = all.reduce((sum, file) => sum + (file.size ?? file.length), 0);
		if (size > maxBytes) throw tooLarge(size);
		const far = memory64 || size > nearBytes;
		await run(platform, threads, far ? await farModules(platform, threads > 1, modules) : modules, far || threads > 1, post);
		const told = (loaded, total) => step({ loaded, total, stage: "load" });
		const opened = () => onBackend(backend, post, (device) => globalThis.chord.open(all.length === 1 ? all[0] : all, options, told, device));
		try {
			model = await opened();
		} catch (err) {
			const damaged = all.map((file, i) => (file.damaged ? i : -1)).filter((i) => i >= 0);
			if (err.code === "format" || damaged.length > 0) await Promise.all(all.map((file) => file.drop?.()));
			if (damaged.length === 0) throw err;
			for (let i = 0; i < all.length; i++) if (all[i].drop) all[i] = await bring[i](); // once more
			model = await opened();
		}
		return { info: model.info, memory64: far };
	};

	const call = async ({ id, method, args, flag, session }) => {
		const step = (v) => post({ id, step: v });
		flags.set(id, flag ?? new Int32Array(1));
		try {
			if (method === "open") return { id, value: await open(args, step) };
			if (session !== undefined) return { id, value: await sessions.call(model, session, method, args, step, flags.get(id)) };
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

// bringer is a function that brings the file {size, read} of a source. One that is kept
// has drop(), too, which deletes it from the cache, and damaged once it is found to be.
function bringer(source, platform, streams, progress) {
	const chunks = source.stream === undefined ? platform.chunksOf?.(source) : chunksOf((take) => (streams[source.stream] = take));
	return async () => {
		const file = source.cache && (await platform.kept?.(source, chunks, progress));
		if (file) return file;
		if (source.url !== undefined) return fetched(source.url, progress);
		if (source.bytes !== undefined) return source.bytes;
		try {
			if (source.stream === undefined) return platform.fileOf(source);
		} catch (err) {
			throw new ChordError(`chord: ${err.message}`, "source");
		}
		const blocks = new Blocks();
		for await (const bytes of chunks()) {
			blocks.push(bytes);
			progress(blocks.size, source.size);
		}
		return blocks;
	};
}

// run starts the engine's program in memory that is shared or not; an end of it is a crash.
async function run(platform, threads, modules, shared, post) {
	const go = new globalThis.Go();
	let said = "";
	const decoder = new TextDecoder();
	globalThis.fs = { ...globalThis.fs, writeSync: (_, bytes) => ((said = (said + decoder.decode(bytes)).slice(-(1 << 16))), bytes.length) };
	go.exit = (code) => {
		const why = /^(fatal error|panic|runtime): .*$/m.exec(said)?.[0] ?? `status ${code}`;
		post({ crash: plain(new ChordError(`chord: the engine has ended: ${why}`, /out of memory|cannot allocate/.test(why) ? "memory" : "crashed")) });
	};
	const { instance } = await start(go, ...modules, threads, platform.newThread, shared);
	go.run(instance).catch((err) => post({ crash: plain(new ChordError(`chord: the engine has ended: ${err.message}`, "crashed")) }));
}

// compile is the modules of the program and of the kernels, whose memory is shared or not:
// compiled, which an engine before has posted, or new ones.
async function compile(platform, shared, compiled, post) {
	if (compiled) return compiled;
	const module = async (bytes) => WebAssembly.compile(shared ? await bytes : unshared(await bytes));
	const modules = await Promise.all([module(platform.program()), module(platform.kernels("near"))]);
	post({ compiled: modules });
	return modules;
}

// farModules is modules with kernels whose weights are in a memory with addresses of 64 bits.
async function farModules(platform, shared, [program]) {
	if (!hasFar) throw new ChordError("chord: memory64: this runtime has no memory with addresses of 64 bits that threads share", "unsupported");
	return [shared ? program : await WebAssembly.compile(await platform.program()), await WebAssembly.compile(await platform.kernels("far"))];
}

// unshared makes the memory of a program, which chord-wasm/build has linked to share it, or
// of kernels for several threads one that is not: an import {"chord", "memory", 2, 3, pages,
// 65536}. Atomic instructions are those of one thread there.
function unshared(module) {
	const b = new Uint8Array(module);
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
	throw new ChordError("chord: a module has no shared memory", "failed");
}
