import { ChordError } from "./error.mjs";

// What pages keep of models: in the origin's private file system, folder "chord", for
// each a file NAME.gguf and NAME.json, which says what it is:
//
//	{key, size, etag, modified, sha256, blocks, added}
//
// key is what load takes, NAME the SHA-256 of it. sha256 and blocks, checksums, are there
// once the file is whole. Where pages have no such file system the Cache API has both in a
// response.

// nameOf is NAME of a key.
export async function nameOf(key) {
	const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
	return Array.from(new Uint8Array(hash), (b) => b.toString(16).padStart(2, "0")).join("");
}

// folder is the folder of models, undefined where there is none.
export async function folder() {
	try {
		const root = await navigator.storage.getDirectory();
		return await root.getDirectoryHandle("chord", { create: true });
	} catch {
		return undefined; // a private window, a page that is not secure, an old browser
	}
}

// responses is the cache of responses, undefined where there is none.
export async function responses() {
	try {
		return await caches.open("chord");
	} catch {
		return undefined;
	}
}

// requestOf is the address by which the Cache API has NAME.
export const requestOf = (name) => new Request(`https://chord.invalid/${name}`);

// metaHeader is the header of a response in the Cache API that has the JSON.
export const metaHeader = "x-chord-meta";

// read is the JSON in a file, undefined if it is missing or damaged.
export async function readMeta(dir, name) {
	try {
		const file = await (await dir.getFileHandle(name + ".json")).getFile();
		const meta = JSON.parse(await file.text());
		return typeof meta?.key === "string" ? meta : undefined;
	} catch {
		return undefined;
	}
}

const entryOf = (meta, size, complete) => ({
	key: meta.key, bytes: size, complete, added: new Date(meta.added),
	...(meta.size !== undefined && { size: meta.size }), ...(meta.sha256 !== undefined && { sha256: meta.sha256 }),
});

// list are the models that are kept.
async function list() {
	const all = [];
	const dir = await folder();
	for await (const [file, handle] of dir?.entries() ?? []) {
		const name = /^([0-9a-f]{64})\.json$/.exec(file)?.[1];
		const meta = name && (await readMeta(dir, name));
		if (!meta) continue;
		try {
			const { size } = await (await dir.getFileHandle(name + ".gguf")).getFile();
			all.push(entryOf(meta, size, meta.sha256 !== undefined && meta.size === size));
		} catch {
			// deleted meanwhile
		}
	}
	const kept = await responses();
	for (const request of (await kept?.keys()) ?? []) {
		try {
			const meta = JSON.parse((await kept.match(request)).headers.get(metaHeader));
			all.push(entryOf(meta, meta.size, true));
		} catch {
			// deleted meanwhile, or damaged
		}
	}
	return all.sort((a, b) => (a.key < b.key ? -1 : 1));
}

// remove deletes what is kept by NAME and tells whether there was something.
export async function remove(name) {
	const dir = await folder();
	let was = false;
	for (const file of dir ? [name + ".gguf", name + ".json"] : []) {
		try {
			await dir.removeEntry(file);
			was = true;
		} catch (err) {
			if (err.name === "NoModificationAllowedError") throw new ChordError("chord: the cache's entry is in use", "busy");
			if (err.name !== "NotFoundError") throw new ChordError(`chord: the cache: ${err.message}`, "failed", { cause: err });
		}
	}
	return (await (await responses())?.delete(requestOf(name))) || was;
}

// keyOf is the key that a caller names: what load takes.
export const keyOf = (key) => (String(key).startsWith("cache:") ? key : new URL(key, globalThis.document?.baseURI ?? location.href).href);

// cache is what the package exports in browsers.
export const cache = {
	list,
	delete: async (key) => remove(await nameOf(keyOf(key))),
	async estimate() {
		const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.()) ?? {};
		return { usage, quota };
	},
	persist: async () => (await navigator.storage?.persist?.()) ?? false,
};
