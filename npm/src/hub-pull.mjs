import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { check, digestOf } from "./digest.mjs";
import { download } from "./download.mjs";
import { ChordError } from "./error.mjs";

// partialEnd is in the names of what is not whole.
export const partialEnd = ".incomplete-npm";

// bring fetches the file of a ref to the cache and returns its path.
export async function bring(ref, sha256, progress, signal) {
	const { size, etag, commit: said } = await head(ref, signal);
	const digest = sha256 ?? digestOf(etag);
	const blobName = digestOf(etag) ?? crypto.createHash("sha256").update(`${ref.url}\n${(etag ?? "").replace(/^W\//, "").replaceAll('"', "")}`).digest("hex");
	const commit = ref.hub ? said : blobName.slice(0, 40);
	if (!commit) throw new ChordError(`chord: ${ref.url}: the server names no commit`, "source");
	const blob = path.join(ref.dir, "blobs", blobName);
	fs.mkdirSync(path.dirname(blob), { recursive: true });
	await locked(blob + partialEnd + "-lock", signal, async () => {
		if (fs.statSync(blob, { throwIfNoEntry: false })?.size === size) return;
		await fill(ref, blob, { size, etag, digest }, progress, signal);
	});
	return link(ref, commit, blob);
}

// head is what a server says of a file: that of Hugging Face tells its hash and commit
// where it redirects to another.
async function head(ref, signal) {
	let url = ref.url;
	let etag;
	let commit;
	try {
		for (let i = 0; i < 10; i++) {
			const own = new URL(url).origin === new URL(ref.url).origin;
			const response = await fetch(url, { method: "HEAD", redirect: "manual", signal, headers: { "accept-encoding": "identity", ...(own && auth(ref)) } });
			etag ??= response.headers.get("x-linked-etag") ?? undefined;
			commit ??= /^[0-9a-f]{40}$/.exec(response.headers.get("x-repo-commit") ?? "")?.[0];
			const to = response.headers.get("location");
			if (response.status >= 300 && response.status < 400 && to) {
				url = new URL(to, url).href;
				continue;
			}
			if (!response.ok) throw new ChordError(`chord: ${ref.url}: status ${response.status}`, "source");
			const size = response.headers.get("content-length");
			return { etag: etag ?? response.headers.get("etag") ?? undefined, commit, size: size === null ? undefined : Number(size) };
		}
	} catch (err) {
		throw err instanceof ChordError ? err : new ChordError(`chord: ${ref.url}: ${err.cause?.message ?? err.message}`, "source", { cause: err });
	}
	throw new ChordError(`chord: ${ref.url}: it redirects too often`, "source");
}

// auth is the header with the token that Hugging Face gets.
export const auth = (ref) => (ref.hub && process.env.HF_TOKEN ? { authorization: `Bearer ${process.env.HF_TOKEN}` } : {});

// fill fetches a blob, again if what it went on with was wrong.
async function fill(ref, blob, meta, progress, signal) {
	const w = new Writer(blob + partialEnd, meta);
	const resumed = w.size > 0;
	try {
		await download(ref.url, w, progress, { signal, headers: auth(ref) });
		const sum = w.end();
		check(ref.url, sum, meta.digest);
		if (!digestOf(meta.etag)) fs.writeFileSync(blob + ".json", JSON.stringify({ url: ref.url, sha256: sum }));
		fs.renameSync(blob + partialEnd, blob);
	} catch (err) {
		w.close();
		if (signal?.aborted) throw signal.reason;
		if (!w.ended) throw err.code === "ENOSPC" ? new ChordError(`chord: ${path.dirname(blob)}: no space left`, "quota", { cause: err }) : err;
		fs.rmSync(blob + partialEnd, { force: true }); // wrong
		if (!resumed) throw err;
		await fill(ref, blob, meta, progress, signal);
	}
}

// A Writer writes a file, after what is there of it.
class Writer {
	size = 0;
	ended = false;
	#file;
	#hash = crypto.createHash("sha256");

	constructor(name, meta) {
		this.meta = meta;
		this.#file = fs.openSync(name, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o666);
		const { size } = fs.fstatSync(this.#file);
		if (size >= meta.size || (!meta.digest && !meta.etag)) return void fs.ftruncateSync(this.#file);
		const buffer = new Uint8Array(1 << 20);
		for (let n; (n = fs.readSync(this.#file, buffer, 0, buffer.length, this.size)) > 0; this.size += n) this.#hash.update(buffer.subarray(0, n));
	}

	async begin(meta) {
		fs.ftruncateSync(this.#file);
		this.size = 0;
		this.#hash = crypto.createHash("sha256");
		this.meta = { ...this.meta, size: meta.size ?? this.meta.size };
	}

	write(bytes) {
		for (let done = 0; done < bytes.length; ) done += fs.writeSync(this.#file, bytes, done, bytes.length - done, this.size + done);
		this.#hash.update(bytes);
		this.size += bytes.length;
	}

	// end is the SHA-256 of the file, which is on disk then.
	end() {
		fs.fsyncSync(this.#file);
		this.close();
		this.ended = true;
		return this.#hash.digest("hex");
	}

	close() {
		if (this.#file !== undefined) fs.closeSync(this.#file);
		this.#file = undefined;
	}
}

// link gives a blob its name in a commit. Where the system makes no links, the blob
// itself gets it.
function link(ref, commit, blob) {
	const name = path.join(ref.dir, "snapshots", commit, ...ref.file.split("/"));
	fs.mkdirSync(path.dirname(name), { recursive: true });
	fs.rmSync(name, { force: true });
	try {
		fs.symlinkSync(path.relative(path.dirname(name), blob), name);
	} catch {
		fs.renameSync(blob, name);
	}
	if (ref.revision && ref.revision !== commit) {
		fs.mkdirSync(path.join(ref.dir, "refs"), { recursive: true });
		fs.writeFileSync(path.join(ref.dir, "refs", ref.revision), commit);
	}
	return name;
}

const held = new Set(); // locks of this process

// locked runs f while no other process has the file of a lock.
async function locked(name, signal, f) {
	for (;;) {
		try {
			fs.writeFileSync(name, String(process.pid), { flag: "wx" });
			break;
		} catch (err) {
			if (err.code !== "EEXIST") throw err;
		}
		if (stale(name)) fs.rmSync(name, { force: true });
		else await new Promise((resolve) => setTimeout(resolve, 100));
		signal?.throwIfAborted();
	}
	held.add(name);
	try {
		return await f();
	} finally {
		held.delete(name);
		fs.rmSync(name, { force: true });
	}
}

// stale tells whether the process that made a lock has ended.
function stale(name) {
	try {
		const pid = Number(fs.readFileSync(name, "utf8"));
		if (!Number.isInteger(pid)) return true;
		if (pid === process.pid) return !held.has(name);
		process.kill(pid, 0);
		return false;
	} catch (err) {
		return err.code === "ESRCH";
	}
}
