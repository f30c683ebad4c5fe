import { Sums, verified } from "./hash.mjs";
import { folder, readMeta, remove, requestOf, responses, metaHeader } from "./store.mjs";
import { Blocks } from "./source.mjs";

// Where a worker keeps models: a store has find(name), the whole file {size, read, close,
// meta} if it is there; and writer(name, key), which begins or goes on with one.

// store is the best one that there is here, undefined if there is none.
export async function store() {
	const dir = globalThis.FileSystemFileHandle?.prototype.createSyncAccessHandle ? await folder() : undefined;
	if (dir) return new Files(dir);
	const kept = await responses();
	return kept && new Responses(kept);
}

// Files are models in the origin's private file system.
class Files {
	#dir;

	constructor(dir) {
		this.#dir = dir;
	}

	async find(name) {
		const meta = await readMeta(this.#dir, name);
		if (meta?.sha256 === undefined || !Array.isArray(meta.blocks)) return undefined;
		const handle = await this.#dir.getFileHandle(name + ".gguf").catch(() => undefined);
		const file = handle && (await opened(handle));
		if (file?.size === meta.size) return Object.assign(file, { meta });
		file?.close();
		return undefined;
	}

	async writer(name, key) {
		const meta = await readMeta(this.#dir, name);
		const data = await (await this.#dir.getFileHandle(name + ".gguf", { create: true })).createSyncAccessHandle();
		try {
			const json = await (await this.#dir.getFileHandle(name + ".json", { create: true })).createSyncAccessHandle();
			return new Writer(data, json, meta?.key === key ? meta : undefined, key);
		} catch (err) {
			data.close();
			throw err;
		}
	}
}

// opened is a file that is read: others may read it, too, where the browser lets them.
async function opened(handle) {
	try {
		const sync = await handle.createSyncAccessHandle({ mode: "read-only" });
		const read = (to, at) => {
			if (sync.read(to, { at }) !== to.length) throw new Error("the cache's file has become shorter");
		};
		return { size: sync.getSize(), read, close: () => sync.close() };
	} catch (err) {
		if (err.name !== "NoModificationAllowedError") throw err;
	}
	const blob = await handle.getFile();
	const reader = new FileReaderSync();
	return { size: blob.size, read: (to, at) => to.set(new Uint8Array(reader.readAsArrayBuffer(blob.slice(at, at + to.length)))), close() {} };
}

// A Writer writes a file of Files.
class Writer {
	size = 0;
	#data;
	#json;
	#key;
	#sums = new Sums();

	// meta is what is known of an earlier writer's bytes, which this one goes on with.
	constructor(data, json, meta, key) {
		this.#data = data;
		this.#json = json;
		this.#key = key;
		this.meta = meta ?? {};
		const there = data.getSize();
		if (meta === undefined || meta.sha256 !== undefined || there > meta.size) return void data.truncate(0);
		const buffer = new Uint8Array(4 << 20);
		while (this.size < there) {
			const n = data.read(buffer.subarray(0, there - this.size), { at: this.size });
			this.#sums.update(buffer.subarray(0, n));
			this.size += n;
		}
	}

	async begin(meta) {
		this.#data.truncate(0);
		this.size = 0;
		this.#sums = new Sums();
		this.#save(meta);
	}

	write(bytes) {
		const n = this.#data.write(bytes, { at: this.size });
		if (n !== bytes.length) throw new DOMException("the file cannot grow", "QuotaExceededError");
		this.#sums.update(bytes);
		this.size += n;
	}

	// commit makes the file whole; check gets its SHA-256 before.
	async commit(check) {
		const sums = this.#sums.end();
		check(sums.sha256);
		this.#data.flush();
		this.#save({ ...this.meta, size: this.size, ...sums });
	}

	close() {
		this.#data.close();
		this.#json.close();
	}

	#save(meta) {
		this.meta = { ...meta, key: this.#key, added: Date.now() };
		const bytes = new TextEncoder().encode(JSON.stringify(this.meta));
		this.#json.truncate(0);
		this.#json.write(bytes, { at: 0 });
		this.#json.flush();
	}
}

// Responses are models in the Cache API. They are in memory while they are used.
class Responses {
	#cache;

	constructor(cache) {
		this.#cache = cache;
	}

	async find(name) {
		const response = await this.#cache.match(requestOf(name));
		if (!response) return undefined;
		try {
			const meta = JSON.parse(response.headers.get(metaHeader));
			const blocks = new Blocks();
			for (const reader = response.body.getReader(); ; ) {
				const { done, value } = await reader.read();
				if (done) break;
				blocks.push(value);
			}
			return blocks.size === meta.size && Array.isArray(meta.blocks) ? Object.assign(blocks, { meta, close() {} }) : undefined;
		} catch {
			return undefined;
		}
	}

	async writer(name, key) {
		let sums = new Sums();
		let blocks = new Blocks();
		const cache = this.#cache;
		return {
			get size() {
				return blocks.size;
			},
			meta: {},
			async begin(meta) {
				sums = new Sums();
				blocks = new Blocks();
				this.meta = meta;
			},
			write(bytes) {
				blocks.push(bytes);
				sums.update(bytes);
			},
			async commit(check) {
				const { sha256, blocks: list } = sums.end();
				check(sha256);
				const meta = { ...this.meta, key, added: Date.now(), size: blocks.size, sha256, blocks: list };
				await cache.put(requestOf(name), new Response(blocks.stream(), { headers: { [metaHeader]: JSON.stringify(meta) } }));
			},
			close() {},
		};
	}
}

// checked is a file that is found, as the engine reads it; damage of it is told by its
// property damaged.
export function checked(found) {
	const file = verified(found, found.meta.blocks, () => (file.damaged = true));
	return Object.assign(file, { close: () => found.close() });
}
export { remove };
