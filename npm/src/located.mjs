import { ChordError, invalid } from "./error.mjs";

// located is what the engine's thread gets for a source, with what cacheRequest has made of
// the option cache, and the number of a part of several; streams gets sources that are read
// here, transfer what moves there.
export function located(source, platform, cache, part, streams, transfer) {
	if (typeof source === "string" && source.startsWith("cache:")) return { cache: { ...cache, key: source } };
	const there = found(source, platform, streams, transfer);
	return cache ? { ...there, cache: { ...cache, key: keyOf(source, there, cache.key, part) } } : there;
}

// keyOf is the key by which a source is kept.
function keyOf(source, { url, path }, key, part) {
	if (key !== undefined) return `cache:${key}${part === undefined ? "" : "/" + part}`;
	if (url !== undefined || path !== undefined) return url ?? path;
	if (typeof source.name === "string" && source.name !== "") return "cache:" + source.name;
	throw invalid("load: cache: what is no URL and no File needs a key");
}

// found is what the engine's thread gets for a source.
function found(source, platform, streams, transfer) {
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

// pump sends the chunks of stream number i to the engine's thread.
export async function pump(calls, s, i) {
	s.reader = s.stream.getReader();
	try {
		for (;;) {
			const { done, value } = await s.reader.read();
			if (done) return calls.send({ chunk: i, end: true });
			if (!(value instanceof Uint8Array)) throw invalid("load: a stream of something else than bytes");
			const bytes = value.slice(); // its memory may be somebody's
			calls.send({ chunk: i, bytes }, [bytes.buffer]);
		}
	} catch (err) {
		if (err instanceof ChordError) throw err;
		throw new ChordError(`chord: a source: ${err?.message ?? err}`, "source", { cause: err });
	}
}
