// Measures the package in Chromium, beside @wllama/wllama and chord's native kernels:
//
//	node npm/bench/bench.mjs [--rounds 5] [--models stories-110m,tinyllama-1.1b] [--out FILE]
//
// It needs Go, Node, npm and Chromium, builds chord, makes models of random weights, and takes
// every engine in turn, as often as there are rounds. Rows go to the file, as benchdata has
// them; medians and ratios to the terminal.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { serve } from "./serve.mjs";
import { table } from "./table.mjs";

const { values: flags } = parseArgs({ options: {
	rounds: { type: "string", default: "5" }, models: { type: "string", default: "stories-110m,tinyllama-1.1b" }, out: { type: "string" },
	chromium: { type: "string", default: "chromium" }, folder: { type: "string", default: path.join(os.tmpdir(), "chord-web-bench") },
	prompt: { type: "string", default: "512" }, generate: { type: "string", default: "64" },
} });
const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = path.resolve(flags.folder);
const [rounds, prompt, generate] = [flags.rounds, flags.prompt, flags.generate].map(Number);
const models = flags.models.split(",");

const run = (cwd, command, ...args) => execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

// prepare makes what is measured; models and other packages stay for the next time.
function prepare() {
	fs.mkdirSync(folder, { recursive: true });
	fs.rmSync(path.join(folder, "chord"), { recursive: true, force: true });
	fs.cpSync(path.join(root, "npm", "src"), path.join(folder, "chord", "src"), { recursive: true });
	run(root, "go", "run", "./cmd/chord-wasm/build", "-npm", path.join(folder, "chord"));
	run(root, "go", "build", "-o", path.join(folder, "chord-native"), "./cmd/chord");
	if (!fs.existsSync(path.join(folder, "node_modules"))) {
		run(folder, "npm", "install", "--prefix", folder, "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", "@wllama/wllama", "playwright-core@1.65.1");
	}
	for (const model of models) {
		const file = path.join(folder, `${model}.gguf`);
		if (!fs.existsSync(file)) run(folder, path.join(folder, "chord-native"), "synth", "--shape", model, "--type", "Q4_0", file);
	}
}

// native is the rates of chord's kernels for AVX2, on one core.
function native(model) {
	const args = ["bench", "-m", `${model}.gguf`, "-p", String(prompt), "-n", String(generate), "-t", "1", "-r", "1", "-o", "json"];
	const out = execFileSync("taskset", ["-c", "0", path.join(folder, "chord-native"), ...args], { cwd: folder, encoding: "utf8", env: { ...process.env, CHORD_CPU: "avx2" } });
	const rows = JSON.parse(out);
	return { pp: rows.find((r) => r.n_prompt > 0).avg_ts, tg: rows.find((r) => r.n_gen > 0).avg_ts };
}

prepare();
const { chromium } = await import(pathToFileURL(path.join(folder, "node_modules", "playwright-core", "index.mjs")));
const server = await serve({ "/chord/": path.join(folder, "chord"), "/wllama/": path.join(folder, "node_modules/@wllama/wllama"), "/models/": folder, "/": path.join(root, "npm", "bench") });
const executablePath = run(root, "which", flags.chromium).trim();

// page calls a function of page.mjs in a browser that knows nothing yet.
async function page(name, options = {}) {
	const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"], timeout: 300_000 });
	try {
		const page = await browser.newPage();
		page.setDefaultTimeout(0);
		await page.goto(server.url + "?" + name);
		return await page.evaluate(([name, options]) => import("/page.mjs").then((m) => m[name](options)), [name, options]);
	} finally {
		await browser.close();
	}
}

const rows = [];
const row = (name, value, unit) => {
	rows.push({ name, value, unit });
	console.error(`${name} ${value.toFixed(2)} ${unit}`);
};
const texts = {};
for (const model of models) texts[model] = await page("text", { file: `/models/${model}.gguf`, prompt });
for (let round = 0; round < rounds; round++) {
	for (const model of models) {
		const name = (test, threads, engine) => `BenchmarkWeb/model=${model}/type=Q4_0/test=${test}/threads=${threads}/engine=${engine}`;
		const rates = (threads, engine, { pp, tg }) => (row(name(`pp${prompt}`, threads, engine), pp, "tok/s"), row(name(`tg${generate}`, threads, engine), tg, "tok/s"));
		for (const threads of [1, 2]) {
			rates(threads, "chord", await page("chord", { file: `/models/${model}.gguf`, threads, prompt: texts[model], generate }));
			rates(threads, "wllama", await page("wllama", { file: `/models/${model}.gguf`, threads, prompt: texts[model], generate }));
		}
		rates(1, "native-avx2", native(model));
	}
	row("BenchmarkWeb/test=first-token", (await page("cold")).ms, "ms");
	row("BenchmarkWeb/test=boundary", (await page("boundary")).ms, "ms/token");
	const kept = await page("kept", { file: `/models/${models.at(-1)}.gguf` });
	row(`BenchmarkWeb/model=${models.at(-1)}/test=load-kept`, kept.ms, "ms");
	row(`BenchmarkWeb/model=${models.at(-1)}/test=read-kept`, kept.readMs, "ms");
}
await server.close();

if (flags.out) {
	const wllama = JSON.parse(fs.readFileSync(path.join(folder, "node_modules/@wllama/wllama/package.json"))).version;
	const cpu = /model name\s*: (.*)/.exec(fs.readFileSync("/proc/cpuinfo", "utf8"))?.[1];
	const head = [`machine: ${cpu}, ${os.availableParallelism()} cores`, `commit: ${run(root, "git", "rev-parse", "--short", "HEAD").trim()}; @wllama/wllama ${wllama}; ${run(root, executablePath, "--version").trim()}`,
		`command: node npm/bench/bench.mjs ${process.argv.slice(2).join(" ")}`];
	fs.writeFileSync(flags.out, [...head, ...rows.map(({ name, value, unit }) => `${name} 1 ${value.toFixed(3)} ${unit}`), ""].join("\n"));
}
console.log(table(rows));
