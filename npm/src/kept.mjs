import { ChordError } from "./error.mjs";
import { check, digestOf } from "./digest.mjs";
import { download } from "./download.mjs";
import { nameOf } from "./store.mjs";
import { checked, remove, store } from "./store-files.mjs";

// kept is the file of a source that a page keeps: from the cache, or brought there first.
// chunks(), of a source that is no URL, are its bytes. Without a cache it is undefined.
// Tabs that want the same file wait for each other.
export async function kept({ url, size, cache: { key, sha256 } }, chunks, progress) {
	const where = await store();
	if (!where) return undefined;
	const name = await nameOf(key);
	const bring = async () => {
		const found = await where.find(name);
		if (found && (sha256 === undefined || found.meta.sha256 === sha256)) return checked(found);
		found?.close();
		if (!url && !chunks) throw new ChordError(`chord: ${key}: not in the cache`, "source");
		const w = await where.writer(name, key).catch((err) => {
			throw err.name === "NoModificationAllowedError" ? new ChordError(`chord: ${key}: its entry of the cache is in use`, "busy") : err;
		});
		try {
			await fill(w, url, size, chunks, progress, sha256);
		} catch (err) {
			w.close();
			if (w.size === 0) await remove(name);
			throw err.name === "QuotaExceededError" ? full(err) : err;
		}
		w.close();
		const made = await where.find(name);
		if (!made) throw new ChordError(`chord: ${key}: the cache has lost it`, "failed");
		return checked(made);
	};
	const file = await navigator.locks.request("chord:" + name, bring);
	return Object.assign(file, {
		async drop() {
			file.close();
			await remove(name).catch(() => {}); // another tab may read it
		},
	});
}

// full is the error of a cache without room.
const full = (cause) => new ChordError("chord: the cache has no room: the browser's quota is used up", "quota", { cause });

// fill brings the bytes to a writer, again if what it went on with was wrong.
async function fill(w, url, size, chunks, progress, sha256) {
	const resumed = w.size > 0;
	if (url) await download(url, w, progress);
	else await copy(w, size, chunks(), progress);
	try {
		await w.commit((got) => check(url, got, sha256 ?? digestOf(w.meta.etag)));
	} catch (err) {
		await w.begin({});
		if (!resumed || err.code !== "source") throw err;
		await fill(w, url, size, chunks, progress, sha256);
	}
}

async function copy(w, size, chunks, progress) {
	await w.begin({ size });
	for await (const bytes of chunks) {
		w.write(bytes);
		progress(w.size, size);
	}
}
