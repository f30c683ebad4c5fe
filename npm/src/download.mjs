import { ChordError } from "./error.mjs";
import { tooLarge } from "./source.mjs";
import { maxBytes } from "./limits.mjs";

// tries is how often in a row a download may come to nothing.
const tries = 5;

// download writes what url has to w, after what w has of it. w has size, the bytes that
// are there; meta, what is known of them; begin(meta), which drops them; and write(bytes).
// Of meta it uses etag, modified, size and digest, which says that the bytes are compared
// with a hash later. request is what fetch gets, too.
export async function download(url, w, progress, request = {}) {
	for (let failed = 0; ; failed++) {
		const before = w.size;
		try {
			return await attempt(url, w, progress, request);
		} catch (err) {
			if (!(err instanceof TypeError) || request.signal?.aborted) throw err; // not of the network
			if (w.size > before) failed = 0;
			if (failed + 1 >= tries || (w.size === 0 && w.meta.size === undefined)) throw new ChordError(`chord: ${url}: ${err.cause?.message ?? err.message}`, "source", { cause: err });
			await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** failed));
		}
	}
}

// attempt is one request of download.
async function attempt(url, w, progress, request) {
	const response = await ask(url, w, request);
	const refused = (err) => {
		response.body?.cancel().catch(() => {});
		throw err;
	};
	if (response.status === 416 && w.size > 0) { // another file, or it is there already
		await w.begin({});
		return attempt(url, w, progress, request);
	}
	if (!response.ok) refused(new ChordError(`chord: ${url}: status ${response.status}`, "source"));
	const meta = metaOf(response);
	if (response.status !== 206 || !continues(response, w, meta)) {
		if (response.status === 206) {
			response.body.cancel().catch(() => {});
			await w.begin({});
			return attempt(url, w, progress, request);
		}
		if (meta.size > maxBytes) refused(tooLarge(meta.size));
		await w.begin(meta).catch(refused);
	}
	progress(w.size, w.meta.size);
	for (let reader = response.body.getReader(); ; ) {
		const { done, value } = await reader.read();
		if (done) break;
		if (w.size + value.length > maxBytes) throw tooLarge(w.size + value.length);
		w.write(value);
		progress(w.size, w.meta.size);
	}
	if (w.meta.size !== undefined && w.size !== w.meta.size) throw new TypeError(`${w.size} bytes of ${w.meta.size}`);
}

// ask asks for what w has not.
async function ask(url, w, request) {
	const { etag, modified, size, digest } = w.meta;
	const validator = etag?.startsWith('"') ? etag : modified;
	if (w.size > 0 && ((validator ?? digest) === undefined || w.size >= size)) await w.begin({});
	if (w.size === 0) return fetch(url, request);
	const headers = { ...request.headers, range: `bytes=${w.size}-` };
	// Other origins would be asked first whether they want If-Range, and few do.
	const own = globalThis.location === undefined || new URL(url).origin === globalThis.location.origin;
	if (own && digest === undefined) headers["if-range"] = validator;
	return fetch(url, { ...request, headers });
}

// metaOf is what a response says of the file.
function metaOf({ headers, status }) {
	const meta = { etag: headers.get("etag") ?? undefined, modified: headers.get("last-modified") ?? undefined };
	const length = headers.has("content-encoding") ? null : headers.get("content-length");
	if (length !== null && status === 200) meta.size = Number(length);
	return meta;
}

// continues tells whether a response of a part begins where w ends, in the same file.
function continues({ headers }, w, meta) {
	const [, from, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get("content-range") ?? "") ?? [];
	if (from !== undefined && (Number(from) !== w.size || (total !== "*" && Number(total) !== w.meta.size))) return false;
	const length = headers.get("content-length");
	if (from === undefined && Number(length) !== w.meta.size - w.size) return false; // another origin, which hides it
	if (w.meta.digest !== undefined) return true;
	return meta.etag !== undefined ? meta.etag === w.meta.etag : meta.modified !== undefined && meta.modified === w.meta.modified;
}
