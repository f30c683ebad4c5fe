import crypto from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { invalid } from "./error.mjs";

// cacheFolder is the folder that chord pull uses.
export function cacheFolder() {
	const { CHORD_MODELS, HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME } = process.env;
	if (CHORD_MODELS || HF_HUB_CACHE) return expand(CHORD_MODELS || HF_HUB_CACHE);
	if (HF_HOME) return path.join(expand(HF_HOME), "hub");
	return path.join(expand(XDG_CACHE_HOME || "~/.cache"), "huggingface", "hub");
}

const expand = (name) => (/^~(?=$|[/\\])/.test(name) ? os.homedir() + name.slice(1) : name);

// A name is one of a repository's parts.
const namePattern = "[A-Za-z0-9][A-Za-z0-9._-]{0,95}";
const address = new RegExp(`^/(${namePattern}/${namePattern})/(?:resolve|blob)/([A-Za-z0-9][A-Za-z0-9._-]{0,127})/(.+)$`);
const short = new RegExp(`^hf://(${namePattern}/${namePattern}?)(?:@([A-Za-z0-9][A-Za-z0-9._-]{0,127}))?/(.+)$`);

// refOf is where the cache has what url names: {url, repo, dir, file, hub, revision,
// commit()}, hub if it is of Hugging Face, at a revision.
export function refOf(url) {
	const u = new URL(url);
	u.hash = "";
	let match = short.exec(String(url));
	if (!match && /^https:\/\/(huggingface\.co|hf\.co)$/.test(u.origin)) match = address.exec(decoded(u.pathname));
	if (match) {
		const [, repo, revision = "main", file] = match;
		const end = (process.env.HF_ENDPOINT || "https://huggingface.co").replace(/\/+$/, "");
		return refTo(`${end}/${repo}/resolve/${revision}/${file.split("/").map(encodeURIComponent).join("/")}`, repo, file, revision);
	}
	if (u.protocol === "hf:") throw invalid(`load: ${url}: want hf://org/name/file.gguf`);
	const base = path.posix.basename(decoded(u.pathname));
	const sum = crypto.createHash("sha256").update(u.href).digest("hex").slice(0, 8);
	const repo = `${plain(u.host)}/${plain(base.replace(/\.gguf$/, ""))}-${sum}`;
	return refTo(u.href, repo, /\.gguf$/i.test(base) ? base : path.posix.join(base, "model.gguf"));
}

function refTo(url, repo, file, revision) {
	if (/\.\.|--/.test(repo) || !local(file)) throw invalid(`load: ${url}: no name of a file to keep`);
	const dir = path.join(cacheFolder(), "models--" + repo.replace("/", "--"));
	const commit = () => revision && (refCommit(dir, revision) ?? (/^[0-9a-f]{40}$/.test(revision) ? revision : undefined));
	return { url, repo, dir, file, revision, hub: revision !== undefined, commit };
}

// refCommit is the commit of a branch or tag.
export function refCommit(dir, revision) {
	try {
		const commit = fs.readFileSync(path.join(dir, "refs", revision), "utf8").trim();
		return /^[0-9a-f]{7,64}$/.test(commit) ? commit : undefined;
	} catch {
		return undefined;
	}
}

// sidecar is what is known of a blob beside it.
export function sidecar(blob) {
	try {
		return JSON.parse(fs.readFileSync(blob + ".json", "utf8"));
	} catch {
		return undefined;
	}
}

const decoded = (text) => {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
};

// plain is a text with only the characters of a repository's name.
const plain = (text) => text.replace(/[^A-Za-z0-9.]/gu, "_").replaceAll("..", ".").replace(/^[._]+|[._]+$/g, "");

// local tells whether name, with slashes, stays below the folder it starts in.
const local = (name) => name.length <= 512 && !/[\x00-\x1f\\:*?"<>|]/.test(name) && name.split("/").every((part) => part !== "" && part !== "." && part !== "..");
