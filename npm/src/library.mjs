import { aborted, Calls } from "./calls.mjs";
import { ChordError, invalid } from "./error.mjs";
import { maxBytes } from "./limits.mjs";
import { Model } from "./model.mjs";
import { openRequest } from "./options.mjs";

// library is load and probe of a platform, which has runtime, its name; cores, how many
// there are; isolated, whether threads can share memory; newEngine(), the thread of an
// engine with onmessage and onerror to set and ref(on); and locate(source), what the
// engine's thread gets for a source, undefined for one that it cannot have.
export function library(platform) {
	const threadsOf = ({ threads }) => {
		if (threads === undefined) return platform.isolated ? platform.cores : 1;
		if (!Number.isInteger(threads) || threads < 1 || threads > 256) throw invalid(`threads: ${threads}, want 1 to 256`);
		return platform.isolated ? threads : 1;
	};

	const load = async (source, options = {}) => {
		const request = openRequest(options);
		const threads = threadsOf(options);
		const { signal, onProgress } = options;
		if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalid("signal: no AbortSignal");
		if (signal?.aborted) throw aborted(signal);
		const list = Array.isArray(source) ? source : [source];
		if (list.length === 0) throw invalid("load: an empty array");
		const streams = []; // {stream, reader}, those that are read here
		const transfer = [];
		const sources = list.map((s) => located(s, platform, streams, transfer));

		const thread = platform.newEngine();
		const calls = new Calls(thread, (on) => thread.ref(on));
		thread.onmessage = (message) => calls.take(message);
		thread.onerror = (err) => calls.end(new ChordError(`chord: the engine's thread has ended: ${err.message}`, "crashed"));
		const abort = () => calls.end(aborted(signal));
		signal?.addEventListener("abort", abort, { once: true });
		const step = (progress) => {
			try {
				onProgress?.(progress);
			} catch (err) {
				calls.end(err);
			}
		};
		try {
			const open = calls.call("open", [sources, request, threads], { step, transfer });
			const pumps = streams.map((s, i) => pump(thread, s, i));
			open.catch(() => {}); // told below, or a stream's error before it
			await Promise.race([open, Promise.all(pumps).then(() => open)]);
			return new Model(calls, JSON.parse(await open), threads);
		} catch (err) {
			for (const { reader } of streams) reader?.cancel(err).catch(() => {});
			calls.end(err);
			throw err;
		} finally {
			signal?.removeEventListener("abort", abort);
		}
	};

	const probe = ({ bytes } = {}) => {
		const wasm = typeof WebAssembly === "object" && WebAssembly.validate(simd);
		const { runtime, isolated, cores } = platform;
		return { runtime, wasm, threads: wasm && isolated ? cores : 1, isolated, maxBytes, ...(bytes !== undefined && { fits: wasm && bytes <= maxBytes }) };
	};
	return { load, probe };
}

// located is what the engine's thread gets for a source; streams gets those that are
// read here, transfer what moves there.
function located(source, platform, streams, transfer) {
	let there;
	try {
		there = platform.locate(source);
	} catch (err) {
		throw invalid(`load: ${err.message}`);
	}
	if (there) return there;
	if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) {
		const view = ArrayBuffer.isView(source) ? source : new Uint8Array(source);
		const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice(); // the caller keeps its own
		transfer.push(bytes.buffer);
		return { bytes };
	}
	const stream = source instanceof Blob ? source.stream() : source;
	if (!(stream instanceof ReadableStream)) throw invalid("load: a source is none of string, URL, Blob, ArrayBuffer, ReadableStream");
	if (stream.locked) throw invalid("load: a stream that somebody reads already");
	streams.push({ stream });
	return { stream: streams.length - 1, size: source.size };
}

// pump sends the chunks of stream i to the engine's thread.
async function pump(thread, s, i) {
	s.reader = s.stream.getReader();
	try {
		for (;;) {
			const { done, value } = await s.reader.read();
			if (done) return thread.postMessage({ chunk: i, end: true });
			if (!(value instanceof Uint8Array)) throw invalid("load: a stream of something else than bytes");
			const bytes = value.slice(); // its memory may be somebody's
			thread.postMessage({ chunk: i, bytes }, [bytes.buffer]);
		}
	} catch (err) {
		if (err instanceof ChordError) throw err;
		throw new ChordError(`chord: a source: ${err?.message ?? err}`, "source", { cause: err });
	}
}

// simd is a module with an instruction of SIMD128: (func (drop (v128.const i64x2 0 0))).
const simd = new Uint8Array([
	0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 23, 1, 21, 0, 0xfd, 12,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x1a, 0x0b,
]);
