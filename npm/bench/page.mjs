// What bench.mjs measures, in the page. Times are of the page's own clock, the same way for
// every engine.

// spread is a text of about n tokens, of words of the model's vocabulary.
function spread(model, n) {
	const ids = Array.from({ length: n - 1 }, (_, i) => 300 + ((i * 7919) % 29000));
	return model.detokenize(ids);
}

// rates are tokens a second of a prompt and of what follows it; next() is a promise of the
// next token.
async function rates(promptTokens, tokens) {
	const begun = performance.now();
	let first, last, n = 0;
	for await (const _ of tokens) {
		last = performance.now();
		first ??= last;
		n++;
	}
	return { prompt: (promptTokens * 1000) / (first - begun), decode: ((n - 1) * 1000) / (last - first), tokens: n };
}

// chord measures a file.
export async function chord({ file, threads, prompt, generate }) {
	const { load } = await import("/chord/dist/index.mjs");
	const model = await load(new URL(file, location.href), { threads, context: 1024 });
	const run = async ({ text, tokens }, maxTokens) => rates(tokens, model.generate(text, { maxTokens, temperature: 0, ignoreEos: true }));
	await run({ text: "warm up", tokens: 2 }, 4); // what engines compile late
	const long = await run(prompt, 2);
	const short = await run({ text: "a", tokens: 1 }, generate);
	await model.close();
	return { pp: long.prompt, tg: short.decode };
}

// text is a prompt of about so many tokens, {text, tokens}.
export async function text({ file, prompt }) {
	const { load } = await import("/chord/dist/index.mjs");
	const model = await load(new URL(file, location.href), { threads: 1, context: 1024 });
	const text = await spread(model, prompt);
	const tokens = (await model.tokenize(text)).length;
	await model.close();
	return { text, tokens };
}

// wllama measures a file with @wllama/wllama.
export async function wllama({ file, threads, prompt, generate }) {
	const { Wllama } = await import("/wllama/esm/index.js");
	const engine = new Wllama({ default: "/wllama/esm/wasm/wllama.wasm" }, { suppressNativeLog: true });
	const blob = await (await fetch(file)).blob();
	await engine.loadModel([blob], { n_ctx: 1024, n_threads: threads, n_gpu_layers: 0 });
	const run = async ({ text, tokens }, max_tokens) => {
		return rates(tokens, await engine.createCompletion({ prompt: text, max_tokens, temperature: 0, ignore_eos: true, cache_prompt: false, stream: true }));
	};
	await run({ text: "warm up", tokens: 2 }, 4);
	const long = await run(prompt, 2);
	const short = await run({ text: "a", tokens: 1 }, generate);
	await engine.exit();
	return { pp: long.prompt, tg: short.decode };
}

// cold is how many ms after it began to load the page has the first token of the model in
// the package.
export async function cold() {
	const { load } = await import("/chord/dist/index.mjs");
	const model = await load("demo");
	for await (const _ of model.generate("Once upon a time", { temperature: 0 })) break;
	return { ms: performance.now() };
}

// kept is how long it takes to load a file from the cache, and to read it as the engine
// does; both once before.
export async function kept({ file }) {
	const { cache, load } = await import("/chord/dist/index.mjs");
	const open = async () => {
		const begun = performance.now();
		const model = await load(new URL(file, location.href), { cache: true, context: 1024 });
		const ms = performance.now() - begun;
		await model.close();
		return ms;
	};
	await open();
	await open();
	const ms = await open();
	const worker = new Worker("/read.mjs", { type: "module" });
	const read = () => new Promise((resolve) => ((worker.onmessage = ({ data }) => resolve(data)), worker.postMessage(0)));
	await read();
	const readMs = await read();
	worker.terminate();
	for (const { key } of await cache.list()) await cache.delete(key);
	return { ms, ...readMs };
}

// boundary is how many ms a token takes longer in the page than in the engine's thread.
export async function boundary() {
	const { load } = await import("/chord/dist/index.mjs");
	const model = await load("demo", { threads: 1 });
	const over = [];
	for (let i = 0; i < 6; i++) {
		const begun = performance.now();
		const stream = model.generate("Once upon a time", { temperature: 0, maxTokens: 200, ignoreEos: true });
		let n = 0;
		for await (const _ of stream) n++;
		const { timings } = await stream.result;
		over.push((performance.now() - begun - timings.queueMs - timings.promptMs - timings.tokensMs) / n);
	}
	await model.close();
	return { ms: over.slice(1).sort((a, b) => a - b)[2] };
}
