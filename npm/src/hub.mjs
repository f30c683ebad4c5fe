import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { ChordError } from "./error.mjs";
import { bring, partialEnd } from "./hub-pull.mjs";
import { cacheFolder, refCommit, refOf, sidecar } from "./hub-name.mjs";

// What Node keeps of models: in the cache of Python's huggingface_hub, where chord pull
// and programs in Go find them, too:
//
//	models--org--name/blobs/<hash>                    contents
//	models--org--name/blobs/<hash>.json               {url, sha256} of one that is not from Hugging Face
//	models--org--name/refs/main                       the commit of a branch
//	models--org--name/snapshots/<commit>/<name>.gguf  a link to a blob

const one = (dir) => {
	try {
		return fs.readdirSync(dir, { withFileTypes: true });
	} catch {
		return []; // it is not there
	}
};

// files are the models below a folder.
const files = (dir) => one(dir).flatMap((d) => {
	const name = path.join(dir, d.name);
	if (d.isDirectory()) return files(name);
	return name.endsWith(".gguf") && fs.statSync(name, { throwIfNoEntry: false })?.isFile() ? [name] : [];
});

// find is the file of a ref, undefined if it is not there.
export function find(ref) {
	const snapshots = path.join(ref.dir, "snapshots");
	const commits = ref.commit() ? [ref.commit()] : ref.revision ? [] : one(snapshots).map((d) => d.name);
	const all = commits.map((commit) => path.join(snapshots, commit, ...ref.file.split("/")));
	const there = all.map((name) => ({ name, stat: fs.statSync(name, { throwIfNoEntry: false }) })).filter(({ stat }) => stat?.isFile());
	return there.sort((a, b) => b.stat.mtimeMs - a.stat.mtimeMs)[0]?.name;
}

// announced is the SHA-256 that a file must have, undefined if nothing says it: blobs of
// Hugging Face are named by it.
function announced(file, hub) {
	const blob = fs.realpathSync(file);
	const name = path.basename(blob);
	return sidecar(blob)?.sha256 ?? (hub && /^[0-9a-f]{64}$/.test(name) ? name : undefined);
}

// hashOf is the SHA-256 of a file.
async function hashOf(name, signal) {
	const hash = crypto.createHash("sha256");
	for await (const bytes of fs.createReadStream(name, { highWaterMark: 1 << 20, signal })) hash.update(bytes);
	return hash.digest("hex");
}

// keep is {path} of a source of the web that is kept; one that is damaged is fetched again.
export async function keep(source, progress, signal) {
	const { url, cache = {} } = source;
	if (!url && cache.key.startsWith("cache:")) throw new ChordError(`chord: ${cache.key}: not in the cache`, "source");
	if (!url || !/^(https?|hf):/.test(url)) return source;
	const ref = refOf(url);
	const name = find(ref);
	if (name) {
		const want = cache.sha256 ?? announced(name, ref.hub);
		if (want === undefined || (await hashOf(name, signal)) === want) return { path: name };
		drop(name);
	}
	return { path: await bring(ref, cache.sha256, progress, signal) };
}

// drop removes a file, and its blob if no other file is a link to it.
function drop(name) {
	const blob = fs.realpathSync(name);
	const dir = path.dirname(path.dirname(blob));
	fs.rmSync(name);
	if (blob === name || path.basename(path.dirname(blob)) !== "blobs") return;
	if (files(path.join(dir, "snapshots")).some((other) => fs.realpathSync(other) === blob)) return;
	fs.rmSync(blob, { force: true });
	fs.rmSync(blob + ".json", { force: true });
}

// list are the models that are kept.
async function list() {
	const root = cacheFolder();
	const repos = one(root).filter((d) => d.isDirectory() && d.name.startsWith("models--"));
	const all = repos.flatMap(({ name }) => one(path.join(root, name, "snapshots")).flatMap((commit) => {
		const dir = path.join(root, name, "snapshots", commit.name);
		return files(dir).map((file) => entryOf(name, commit.name, path.relative(dir, file), file));
	}));
	const partial = repos.flatMap(({ name }) => one(path.join(root, name, "blobs")).filter((d) => d.name.endsWith(partialEnd)).map((d) => {
		const file = path.join(root, name, "blobs", d.name);
		return { key: sidecar(file)?.url ?? file, bytes: fs.statSync(file).size, complete: false, added: fs.statSync(file).mtime };
	}));
	return [...all, ...partial].sort((a, b) => (a.key < b.key ? -1 : 1));
}

// entryOf is the entry of a file of a repository's commit.
function entryOf(repo, commit, name, file) {
	const { size, mtime: added } = fs.statSync(file);
	const said = sidecar(fs.realpathSync(file));
	const [org, model] = repo.slice("models--".length).split("--");
	const revision = one(path.join(cacheFolder(), repo, "refs")).map((d) => d.name).find((r) => refCommit(path.join(cacheFolder(), repo), r) === commit);
	const hub = revision && `https://huggingface.co/${org}/${model}/resolve/${revision}/${name.split(path.sep).map(encodeURIComponent).join("/")}`;
	const sha256 = said?.sha256 ?? announced(file, revision !== undefined);
	return { key: said?.url ?? hub ?? file, bytes: size, size, complete: true, added, ...(sha256 !== undefined && { sha256 }) };
}

// remove deletes the models of a key, whole or not.
async function remove(key) {
	const entries = (await list()).filter((e) => e.key === String(key));
	for (const { complete } of entries) {
		if (/^(https?|hf):/.test(key)) {
			const ref = refOf(key);
			if (complete) drop(find(ref));
			else for (const d of one(path.join(ref.dir, "blobs"))) if (d.name.includes(partialEnd)) fs.rmSync(path.join(ref.dir, "blobs", d.name), { force: true });
		} else if (complete) drop(key);
		else fs.rmSync(key, { force: true });
	}
	return entries.length > 0;
}

// cache is what the package exports in Node.
export const cache = {
	list,
	delete: remove,
	async estimate() {
		const usage = (await list()).reduce((sum, { bytes }) => sum + bytes, 0);
		let dir = cacheFolder();
		while (!fs.existsSync(dir)) dir = path.dirname(dir);
		const { bavail, bsize } = fs.statfsSync(dir);
		return { usage, quota: usage + bavail * bsize };
	},
	persist: async () => true, // nobody but people deletes it
};
