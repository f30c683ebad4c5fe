import { aborted, Calls } from "./calls.mjs";
import { ChordError, invalid } from "./error.mjs";
import { hasFar, maxBytes, maxThreads } from "./limits.mjs";
import { Model } from "./model.mjs";
import { backendOf, cacheRequest, memory64Of, openRequest } from "./options.mjs";
import { located, pump } from "./located.mjs";
import { infoOf } from "./results.mjs";
import { progressOf, tooLarge } from "./source.mjs";

// library is load and probe of a platform, which has runtime, its name; cores, how many
// there are; isolated, whether threads can share memory; newEngine(), the thread of an
// engine with onmessage and onerror to set and ref(on); locate(source), what the engine's
// thread gets for a source, undefined for one that it cannot have; and, where files are
// kept before the engine gets them, keep(source, progress, signal), what it gets then.
export function library(platform) {
	const most = platform.isolated ? Math.min(platform.cores, maxThreads) : 1;
	const threadsOf = ({ threads }) => {
		if (threads === undefined) return most;
		if (!Number.isInteger(threads) || threads < 1 || threads > maxThreads) throw invalid(`threads: ${threads}, want 1 to ${maxThreads}`);
		return platform.isolated ? threads : 1;
	};

	const compiled = new Map(); // modules of the engine, by whether memory is shared

	const load = async (source, options = {}) => {
		const request = openRequest(options);
		const threads = threadsOf(options);
		const backend = backendOf(options);
		const memory64 = memory64Of(options);
		const { signal, onProgress } = options;
		if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalid("signal: no AbortSignal");
		if (signal?.aborted) throw aborted(signal);
		const list = Array.isArray(source) ? source : [source];
		if (list.length === 0) throw invalid("load: an empty array");
		const size = list.reduce((sum, { size }) => sum + (size ?? 0), 0); // of files
		if (size > maxBytes) throw tooLarge(size);
		const cache = cacheRequest(options.cache, list.length);
		const streams = []; // {stream, reader}, those that are read here
		const transfer = [];
		const sources = list.map((s, i) => located(s, platform, cache, list.length > 1 ? i : undefined, streams, transfer));
		const stop = new AbortController(); // ends what goes on here
		const end = (err) => stop.abort(err);
		const abort = () => end(aborted(signal));
		signal?.addEventListener("abort", abort, { once: true });
		const step = (progress) => {
			try {
				onProgress?.(progress);
			} catch (err) {
				end(err);
			}
		};
		try {
			const keep = (s, i) => (platform.keep && (s.cache || /^hf:/.test(s.url)) ? platform.keep(s, progressOf(list.length, i, step), stop.signal) : s);
			const files = await Promise.all(sources.map(keep));
			const calls = engine(platform, stop.signal);
			calls.compiled = (modules) => compiled.set(threads > 1, modules);
			const open = calls.call("open", [files, request, threads, compiled.get(threads > 1), backend, memory64], { step, transfer });
			open.catch(() => {}); // told below, or a stream's error before it
			const pumps = streams.map((s, i) => pump(calls, s, i));
			await Promise.race([open, Promise.all(pumps).then(() => open)]);
			return new Model(calls, infoOf(await open, threads));
		} catch (err) {
			end(err);
			throw stop.signal.reason; // the first one
		} finally {
			signal?.removeEventListener("abort", abort);
			for (const { stream, reader } of streams) (reader ?? stream).cancel().catch(() => {});
		}
	};

	const probe = ({ bytes } = {}) => {
		const wasm = typeof WebAssembly === "object" && WebAssembly.validate(simd);
		const { runtime, isolated } = platform;
		return { runtime, wasm, threads: wasm ? most : 1, isolated, memory64: hasFar, maxBytes, ...(bytes !== undefined && { fits: wasm && bytes <= maxBytes }) };
	};
	return { load, probe };
}

// engine is a new engine, which ends by signal.
function engine(platform, signal) {
	signal.throwIfAborted();
	const thread = platform.newEngine();
	const calls = new Calls(thread, (on) => thread.ref(on));
	thread.onmessage = (message) => calls.take(message);
	thread.onerror = (err) => calls.end(new ChordError(`chord: the engine's thread has ended: ${err.message}`, "crashed"));
	signal.addEventListener("abort", () => calls.end(signal.reason), { once: true });
	return calls;
}

// simd is a module with an instruction of SIMD128: (func (drop (v128.const i64x2 0 0))).
const simd = new Uint8Array([
	0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 23, 1, 21, 0, 0xfd, 12,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x1a, 0x0b,
]);
